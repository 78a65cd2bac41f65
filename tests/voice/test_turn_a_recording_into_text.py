"""A recording becomes text at the transcription server, within limits, and is kept nowhere."""

import json
import time
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.protocol import body_limit
from conversations import conf, dictation, recordings
from conversations.models import Attachment, Quota, StoredFile, UsageEntry
from tests.api.conftest import Program, anonymous, program  # noqa: F401
from tests.fake_model import spawn
from tests.fake_model.speech import SAID
from tests.usage.conftest import spend

from .recorded import KINDS, wav, webm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with spawn() as url:
        yield url


@pytest.fixture(autouse=True)
def server(fake: str, settings) -> None:
    """Recordings go to the fake model server."""
    set_up(settings, base_url=f"{fake}/v1")


def set_up(settings, **changes) -> None:
    settings.TRANSCRIPTION = settings.TRANSCRIPTION | changes
    dictation.transcriber.cache_clear()


def send(program: Program, content: bytes, **fields: str):  # noqa: F811
    """Return the answer to a recording and other fields of a form."""
    line = "a-line-between"
    parts = [
        f"--{line}\r\nContent-Disposition: form-data; name={json.dumps(k)}\r\n\r\n{v}\r\n" for k, v in fields.items()
    ]
    head = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="speech"\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + content + f"\r\n--{line}--\r\n".encode()
    return program.send("post", "transcriptions/", body, content_type=f"multipart/form-data; boundary={line}")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_is_told_with_how_long_it_took(program, fake, kind):  # noqa: F811
    answer = send(program, KINDS[kind](3.0), language="de-AT")
    assert (answer.status_code, answer.json()) == (200, {"text": SAID, "seconds": 3.0})
    seen = httpx.get(f"{fake}/_seen").json()[-1]["body"]
    assert (seen["model"], seen["language"]) == ("whisper-1", "de")
    assert seen["file"] == {
        "name": f"speech.{kind}",
        "type": recordings.MEDIA_TYPES[kind],
        "size": len(KINDS[kind](3.0)),
    }


def test_nothing_is_kept_but_a_row_in_the_ledger(program, settings, tmp_path):  # noqa: F811
    set_up(settings, price="0.6")
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    assert send(program, wav(30)).status_code == 200
    entry = UsageEntry.objects.get()
    assert (entry.purpose, entry.provider, entry.model, entry.outcome) == (
        "dictation",
        "transcription",
        "whisper-1",
        "completed",
    )
    assert (entry.cost, entry.currency) == (Decimal("0.3"), settings.CURRENCY)
    assert not Attachment.objects.exists()
    assert not StoredFile.objects.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty"),
        (b"no recording at all", 415, "unsupported_file"),
        (b"\x1a\x45\xdf\xa3", 422, "corrupt"),
        (webm(3)[:40], 422, "corrupt"),
        (b"OggS", 422, "corrupt"),
        (b"RIFF0000WAVE", 422, "corrupt"),
        (wav(9), 413, "recording_too_long"),
        (webm(9), 413, "recording_too_long"),
        (wav(4), 413, "file_too_large"),
    ],
)
def test_what_is_no_short_recording_is_refused(program, settings, content, status, code):  # noqa: F811
    set_up(settings, longest_seconds=5, most_bytes=60_000 if code == "file_too_large" else 10_000_000)
    answer = send(program, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not UsageEntry.objects.exists()


CLUSTER = b"\x1a\x45\xdf\xa3\x1f\x43\xb6\x75\x01" + b"\xff" * 7
MEGABYTES = 9 * 2**20


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CLUSTER + b"\xe7\x43\x00" + b"\xff" * 0x300, "webm"),
        (CLUSTER + b"\xe7\x18\x00\x00\x00" + b"\xff" * MEGABYTES, "webm"),
        (CLUSTER + b"\xa3\x84\x81\x80\x00\x80", "webm"),
        (CLUSTER + b"\xec\x80" * (MEGABYTES // 2), "webm"),
        (CLUSTER + b"\xa0\x80" * (MEGABYTES // 2), "webm"),
        (b"RIFF0000WAVE" + b"LIST\0\0\0\0" * (MEGABYTES // 8), "wav"),
        (b"RIFF0000WAVEdata\0\0\0\0", "wav"),
        (b"\0\0\0\x18ftypmdhd" + bytes(40), "mp4"),
        (b"OggS\0\4" + b"\xff" * 8, "ogg"),
    ],
)
def test_what_is_made_to_be_read_for_long_or_to_last_less_than_nothing_is_broken(content, kind):
    begun = time.process_time()
    assert recordings.kind_of(content) == kind
    assert recordings.seconds(content, kind) is None
    assert time.process_time() - begun < 0.7


def test_sound_that_does_not_know_its_size_is_as_long_as_it_is():
    sound = wav(3)
    assert recordings.seconds(sound[:40] + b"\xff" * 4 + sound[44:], "wav") == 3


def test_the_server_lets_as_much_in_as_a_recording_may_have(settings):
    assert body_limit(b"/api/transcriptions/") > settings.TRANSCRIPTION["most_bytes"]


@pytest.mark.parametrize("price", ["cheap", "-1", "NaN", "1e9", "0,6", "٣"])
def test_a_price_that_is_none_stops_the_server_from_starting(price):
    with pytest.raises(ImproperlyConfigured, match="TRANSCRIPTION_PRICE is an amount such as 0.006"):
        conf.amount("TRANSCRIPTION_PRICE", price)


@pytest.mark.parametrize("language", ["klingon", "../de", "d", "äö"])
def test_a_language_that_is_none_is_refused(program, language):  # noqa: F811
    assert send(program, wav(1), language=language).json()["code"] == "invalid"


def test_other_fields_are_refused(program):  # noqa: F811
    assert send(program, wav(1), model="whisper-9").status_code == 400


def test_a_server_that_breaks_says_so_and_is_in_the_ledger(program, settings):  # noqa: F811
    set_up(settings, model="broken")
    answer = send(program, wav(1))
    assert (answer.status_code, answer.json()["code"]) == (502, "model_error")
    assert "out of breath" in answer.json()["detail"]
    entry = UsageEntry.objects.get()
    assert (entry.outcome, entry.cost) == ("failed", None)


def test_a_server_that_is_away_says_so(program, settings):  # noqa: F811
    set_up(settings, base_url="http://127.0.0.1:9/v1")
    answer = send(program, wav(1))
    assert (answer.status_code, answer.json()["code"]) == (502, "model_unreachable")


def test_without_a_server_there_is_nothing_here(program, settings):  # noqa: F811
    set_up(settings, base_url="")
    answer = send(program, wav(1))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_offered")


def test_whoever_has_used_up_their_budget_is_told(program, alice):  # noqa: F811
    Quota.objects.create(user=alice, cost_per_month=Decimal("0.01"))
    spend(alice)
    answer = send(program, wav(1))
    assert (answer.status_code, answer.json()["code"]) == (429, "budget_exceeded")


def test_one_recording_of_a_person_at_a_time(program, alice, monkeypatch):  # noqa: F811
    monkeypatch.setattr(dictation, "_under_way", {alice.pk})
    answer = send(program, wav(1))
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_generations")


def test_nobody_who_is_not_signed_in(anonymous):  # noqa: F811
    assert send(anonymous, wav(1)).status_code == 401
