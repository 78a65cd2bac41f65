"""What a client may send on an open socket, and what happens to everything else."""

import asyncio
import json
import uuid

import pytest

from tests.fake_model import answer_text
from tests.hostile.conftest import Person
from tests.hostile.wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, Wire, frame, text

pytestmark = pytest.mark.process

FRAME_MAX_BYTES = 1024 * 1024
MESSAGE_MAX_BYTES = 128 * 1024
FRAMES_AT_ONCE, FRAMES_TOO_MANY = 20, 100
FAST, PACED = "ollama/fast", "ollama/paced-50"
# Fixed, because it is part of the name of a test.
NOBODYS_ID = "0d6b1a3e-5d0c-4a53-9f0e-1f3f4be2f7c1"


def question(words: str = "What is a tide?", **fields) -> dict:
    return {"type": "turn.start", "text": words, "client_id": str(uuid.uuid4()), "model": FAST, **fields}


async def still_answers(wire: Wire) -> bool:
    """Whether the socket is as good as before."""
    await wire.send(text(type="ping"))
    return (await wire.until("pong"))["type"] == "pong"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"{'type': 'ping'}", "bad_json"),
        (b'{"type": "ping"} {}', "bad_json"),
        (b'{"type": "ping",}', "bad_json"),
        (b"\xef\xbb\xbf{}", "bad_json"),
        (b'{"type": "sync", "seq": ' + b"9" * 5000 + b"}", "bad_json"),
        (b'{"type": "sync", "seq": NaN}', "bad_json"),
        (b'{"type": "sync", "seq": -Infinity}', "bad_json"),
        (b'{"type": "sync", "seq": 1e999}', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "bad_json"),
        (b'{"type": "turn.start", "text": "\x00"}', "bad_json"),
        (b'{"type": "turn.start", "text": "\\ud800"}', "invalid_unicode"),
        (b'{"\\udfff": 1}', "invalid_unicode"),
    ],
)
async def test_what_is_not_json_is_told_and_the_socket_stays(person: Person, new_id: str, sent: bytes, code: str):
    wire = await person.sit_down(new_id)
    await wire.send(frame(TEXT, sent))
    assert (await wire.news())["code"] == code
    assert await still_answers(wire)
    await wire.close()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([], "bad_request"),
        (None, "bad_request"),
        (7, "bad_request"),
        ("ping", "bad_request"),
        ({}, "unknown_type"),
        ({"type": None}, "unknown_type"),
        ({"type": ["ping"]}, "unknown_type"),
        ({"type": {"type": "ping"}}, "unknown_type"),
        ({"type": "PING"}, "unknown_type"),
        ({"type": "websocket.disconnect"}, "unknown_type"),
        ({"type": "turn_out"}, "unknown_type"),
        ({"type": "__class__"}, "unknown_type"),
        ({"type": "x" * 100_000}, "unknown_type"),
        ({"type": "ping", "x": 1}, "bad_request"),
        ({"type": "conversation.end", "conversation": str(uuid.uuid4())}, "bad_request"),
    ],
)
async def test_json_that_is_no_frame_is_told_and_is_no_strike(person, new_id, sent, code):
    wire = await person.sit_down(new_id)
    for _ in range(6):
        await wire.send(frame(TEXT, json.dumps(sent).encode()))
        assert (await wire.news())["code"] == code
    assert await still_answers(wire)
    await wire.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "system"},
        {"status": "complete"},
        {"temperature": 1e308},
        {"max_tokens": -1},
        {"owner": "somebody"},
        {"id": NOBODYS_ID},
        {"conversation": NOBODYS_ID},
        {"author": 1},
        {"__proto__": {"text": "x"}},
        {"text": 5},
        {"text": None},
        {"text": ["x"]},
        {"text": {"text": "x"}},
        {"client_id": 7},
        {"client_id": None},
        {"client_id": "x"},
        {"client_id": "x" * 10_000},
        {"client_id": "{00000000-0000-4000-8000-000000000000}"},
        {"client_id": "00000000-0000-4000-8000-00000000000A"},
        {"model": 5},
        {"model": ["ollama/fast"]},
        {"parent": 1},
        {"parent": "../../x"},
        {"parent": "' OR 1=1 --"},
    ],
    ids=str,
)
async def test_fields_that_nobody_may_set_are_refused_and_nothing_is_stored(house, person, new_id, fields):
    wire = await person.sit_down(new_id)
    await wire.send(text(**question() | fields))
    assert (await wire.news())["code"] == "bad_request"
    assert await still_answers(wire)
    assert house.ledger.of(new_id) == []
    await wire.close()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": ""}, "empty_message"),
        ({"text": " \t\n\u2003"}, "empty_message"),
        ({"text": "before\x00after"}, "invalid_character"),
        ({"text": "é" * (MESSAGE_MAX_BYTES // 2) + "x"}, "message_too_large"),
        ({"model": "x" * 201}, "model_not_found"),
        ({"model": "a\x00b"}, "invalid_character"),
        ({"parent": str(uuid.uuid4())}, "not_found"),
    ],
    ids=["empty", "blank", "NUL", "too long", "long model", "NUL in the model", "unknown parent"],
)
async def test_a_question_that_cannot_be_kept_is_told_and_nothing_is_stored(house, person, new_id, fields, code):
    wire = await person.sit_down(new_id)
    asked = question() | fields
    await wire.send(text(**asked))
    error = await wire.news()
    assert (error["code"], error["ref"]) == (code, asked["client_id"])
    assert await still_answers(wire)
    assert house.ledger.of(new_id) == []
    await wire.close()


async def test_a_question_of_the_largest_size_is_kept_even_with_every_letter_escaped(house, person, new_id):
    wire = await person.sit_down(new_id)
    words = "\x01" * MESSAGE_MAX_BYTES
    asked = json.dumps(question(words)).encode()
    assert len(asked) > 6 * MESSAGE_MAX_BYTES
    await wire.send(frame(TEXT, asked))
    await wire.until("message.created")
    await wire.until("turn.finished")
    (kept,) = house.ledger.of(new_id)
    assert kept.question == words
    await wire.close()


async def test_text_of_any_alphabet_is_kept_to_the_letter(house, person, new_id):
    words = (
        "\u202eevil\u2066 \u200b\U000e0041 👩\u200d🔬 \ufeff \uffff \U0010ffff \x7f\x1b[31m <script>1</script> '\"\\"
    )
    chat = await person.chat(new_id)
    await chat.until_finished(await chat.ask(words, model=FAST))
    (kept,) = house.ledger.of(new_id)
    assert kept.question == words
    await chat.close()


async def test_five_unreadable_frames_close_the_socket(person, new_id):
    wire = await person.sit_down(new_id)
    for _ in range(4):
        await wire.send(frame(TEXT, b"{"))
        assert (await wire.news())["code"] == "bad_json"
    assert await still_answers(wire)
    await wire.send(frame(TEXT, b"{"))
    came, code = await wire.frames_to_the_end()
    assert json.loads(came[0])["code"] == "bad_json"
    assert code == 4400


@pytest.mark.parametrize("payload", [b"", b"\x00", b'{"type": "ping"}', b"\xff" * 1000])
async def test_a_binary_frame_is_not_read_and_counts_as_unreadable(person, new_id, payload):
    wire = await person.sit_down(new_id)
    for _ in range(4):
        await wire.send(frame(BINARY, payload))
        assert (await wire.news())["code"] == "binary_not_supported"
    await wire.send(frame(BINARY, payload))
    assert await wire.close_code() == 4400


async def test_a_frame_past_a_megabyte_closes_with_1009(house, person, new_id):
    wire = await person.sit_down(new_id)
    await wire.send(frame(TEXT, b"x" * FRAME_MAX_BYTES))
    assert (await wire.news())["code"] == "bad_json"
    await wire.send(frame(TEXT, b"x" * (FRAME_MAX_BYTES + 1)))
    assert await wire.close_code() == 1009


async def test_a_frame_that_claims_to_be_endless_is_closed_before_it_is_sent(person, new_id):
    wire = await person.sit_down(new_id)
    await wire.send(b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4))
    assert await wire.close_code() == 1009


async def test_a_question_before_a_frame_that_is_too_large_is_still_answered_for(house, person, new_id):
    wire = await person.sit_down(new_id)
    asked = question("Just before the end")
    await wire.send(text(**asked) + frame(TEXT, b"x" * (FRAME_MAX_BYTES + 1)))
    await wire.close_code()
    chat = await person.chat(new_id)
    turn = await chat.deliver(asked)
    said = await chat.until_finished(turn)
    assert said.text == answer_text(model="fast", message="Just before the end")
    await chat.close()


async def test_a_message_in_many_fragments_is_read_like_any_other(person, new_id):
    wire = await person.sit_down(new_id)
    whole = json.dumps({"type": "ping"}).encode()
    pieces = [frame(TEXT, whole[:1], fin=False)]
    pieces += [frame(CONTINUATION, b"", fin=False) for _ in range(5000)]
    pieces += [frame(CONTINUATION, whole[at : at + 1], fin=False) for at in range(1, len(whole))]
    await wire.send(b"".join(pieces))
    await wire.send(frame(PING, b"in between"))
    assert (await wire.receive())[1] == b"in between"
    await wire.send(frame(CONTINUATION, b""))
    assert (await wire.news())["type"] == "pong"
    await wire.close()


async def test_ten_thousand_fragments_may_not_be_larger_than_one_frame(person, new_id):
    wire = await person.sit_down(new_id)
    await wire.send(frame(TEXT, b'"', fin=False))
    try:
        for _ in range(10_000):
            await wire.send(frame(CONTINUATION, b"x" * 200, fin=False))
    except ConnectionError:
        return
    assert await wire.close_code() in {1009, None}


async def test_a_message_that_is_never_finished_harms_nobody(house, person, new_id):
    before = house.resident_bytes()
    unfinished = [await person.sit_down(str(uuid.uuid4())) for _ in range(8)]
    for wire in unfinished:
        await wire.send(frame(TEXT, b"x" * 1000, fin=False))
    other = await person.sit_down(new_id)
    assert await still_answers(other)
    assert house.resident_bytes() - before < 10_000_000
    for wire in [*unfinished, other]:
        await wire.close()


@pytest.mark.parametrize(
    "broken",
    [
        frame(TEXT, b"{}", masked=False),
        frame(3, b"{}"),
        frame(11, b"{}"),
        frame(TEXT, b"{}", reserved=1),
        frame(CONTINUATION, b"{}"),
        frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"),
        frame(PING, b"x" * 126),
        frame(PING, b"x", fin=False),
        frame(CLOSE, b"x"),
        frame(CLOSE, (1005).to_bytes(2, "big")),
    ],
    ids=[
        "not masked",
        "reserved opcode",
        "reserved control opcode",
        "reserved bit",
        "continuation of nothing",
        "message within a message",
        "long ping",
        "ping in fragments",
        "half a close code",
        "close code of nobody",
    ],
)
async def test_what_breaks_the_protocol_itself_is_closed_with_1002(person, new_id, broken):
    wire = await person.sit_down(new_id)
    await wire.send(broken)
    assert await wire.close_code() == 1002


@pytest.mark.parametrize(
    "broken", [b"\xff", b'{"type": "ping\xc3"}', b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"]
)
async def test_text_that_is_not_utf8_is_closed_with_1007(person, new_id, broken):
    wire = await person.sit_down(new_id)
    await wire.send(frame(TEXT, broken))
    assert await wire.close_code() == 1007


async def test_pings_are_answered_without_end_and_without_growth(house, person, new_id):
    wire = await person.sit_down(new_id)
    before = house.resident_bytes()
    for _ in range(200):
        await wire.send(frame(PING, b"x" * 125) * 50)
    answered = 0
    while answered < 10_000:
        await wire.receive()
        answered += 1
    assert house.resident_bytes() - before < 10_000_000
    await wire.close()


async def test_too_many_frames_are_told_to_wait_and_far_too_many_close_the_socket(house, person, new_id):
    wire = await person.sit_down(new_id)
    before = house.resident_bytes()
    await wire.send(text(type="ping") * 1000)
    came, code = await wire.frames_to_the_end()
    told = [json.loads(payload) for payload in came]
    assert [frame["type"] for frame in told[:FRAMES_AT_ONCE]] == ["pong"] * FRAMES_AT_ONCE
    limited = told[FRAMES_AT_ONCE:]
    assert len(limited) == FRAMES_TOO_MANY - FRAMES_AT_ONCE
    assert {frame["code"] for frame in limited} == {"rate_limited"}
    assert all(0 < frame["retry_after"] <= 10 for frame in limited)
    assert code == 4429
    assert house.resident_bytes() - before < 10_000_000


async def test_whoever_waits_as_told_may_speak_again(person, new_id):
    wire = await person.sit_down(new_id)
    await wire.send(text(type="ping") * (FRAMES_AT_ONCE + 1))
    limited = await wire.until("error", "rate_limited")
    await asyncio.sleep(limited["retry_after"] + 0.2)
    assert await still_answers(wire)
    await wire.close()
