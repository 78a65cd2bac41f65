"""What stands in the log: the ids of what a line is about, and no word that anybody said."""

import json
import logging
import uuid

import pytest
from django.db import DataError
from django.test import Client

from accounts.models import User
from chatsite import logs
from chatsite.threads import in_database
from conversations import turns
from conversations.runner import answer as answers
from conversations.runner.line import Line
from llm.catalog import Catalog
from llm.config import Config
from tests.support.logs import listening

SECRET = "what she told nobody else"


@pytest.fixture
def lines():
    """The lines of the log so far, as programs get them."""
    with listening() as told:
        yield told


@pytest.mark.django_db(transaction=True)
async def test_a_turn_that_fails_is_told_with_its_ids_and_none_of_its_words(alice, monkeypatch, lines):
    catalog = Catalog(Config(scripted=True))
    catalog.providers["scripted"].reply(f"I know {SECRET}.")

    async def break_down(self, *arguments):
        # As a database tells what it could not take: quoting it, below the first line.
        raise DataError(f"invalid byte sequence\nDETAIL: Failing row contains ({self.message.text or SECRET}).")

    monkeypatch.setattr(answers.Answer, "_listen", break_down)
    asked = await in_database(
        turns.start, conversation_id=uuid.uuid4(), author=alice, text=SECRET, model="scripted/scripted"
    )
    line = Line(1)
    await answers.Answer(turn_id=asked.turn.pk, worker="here", catalog=catalog, line_of=lambda provider: line).run()
    failed = next(told for told in lines if "failed" in told["message"])
    assert (failed["level"], failed["turn"], failed["user"]) == ("ERROR", str(asked.turn.pk), str(alice.pk))
    assert failed["exception"].endswith("DataError: invalid byte sequence")
    assert "break_down" in failed["exception"]
    assert SECRET not in json.dumps(lines)


@pytest.mark.django_db
def test_a_line_says_which_request_and_who_as_far_as_that_is_known(alice: User, lines, settings):
    settings.PROXY_COUNT = 1
    browser = Client(headers={"X-Request-ID": "a-proxy-called-it.1"})
    browser.force_login(alice)
    answer = browser.get(f"/api/conversations/{uuid.uuid4()}/")
    assert answer["X-Request-ID"] == "a-proxy-called-it.1"
    told = next(line for line in lines if line["logger"] == "django.request")
    assert (told["request"], told["user"]) == ("a-proxy-called-it.1", str(alice.pk))
    assert Client().get("/api/nowhere/").status_code == 404
    assert "user" not in lines[-1]


@pytest.mark.parametrize(
    ("offered", "proxies"),
    [
        ("short", 1),
        ("x" * 65, 1),
        ("with a space in it", 1),
        ("line\\nbreak-in-it", 1),
        ("é" * 20, 1),
        ("fine-but-a-strangers", 0),
    ],
)
def test_a_name_that_is_none_or_a_strangers_is_replaced(offered: str, proxies: int, settings):
    settings.PROXY_COUNT = proxies
    assert uuid.UUID(logs.request_id(offered))


def test_a_line_for_programs_is_one_line_of_ascii_whatever_it_says():
    with logs.about(job="12"):
        formatted = logs.Json().format(logging.makeLogRecord({"msg": "two\nlines, \ud800 and %s", "args": ("é",)}))
    assert formatted.isascii()
    assert "\n" not in formatted
    told = json.loads(formatted)
    assert (told["message"], told["job"]) == ("two\nlines, \ud800 and é", "12")


def test_a_line_for_people_is_one_line_too_and_moves_no_cursor():
    said = "é\n2026-01-01 INFO forged: \r\x1b[2J \u202e \ud800"
    told = logs.Plain().format(logging.makeLogRecord({"msg": "said %s", "args": (said,)}))
    assert told == "said é\\n2026-01-01 INFO forged: \\r\\x1b[2J \\u202e \\ud800"


def test_errors_behind_an_error_are_told_in_both_formats():
    try:
        try:
            raise ValueError(f"outer\n{SECRET}")
        except ValueError as error:
            raise RuntimeError("inner") from error
    except RuntimeError as error:
        record = logging.makeLogRecord({"msg": "broken", "exc_info": (type(error), error, error.__traceback__)})
    for formatter in (logs.Plain(), logs.Json()):
        told = formatter.format(record)
        assert "ValueError: outer" in told
        assert "RuntimeError: inner" in told
        assert SECRET not in told
