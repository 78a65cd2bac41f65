"""How an answer ends: too long a one is cut, and its words are kept whatever the database thinks of its figures."""

import asyncio
import functools
import uuid

import pytest
from django.db import InterfaceError, OperationalError

from chatsite.threads import in_database
from conversations import turns
from conversations.models import Message, Turn
from conversations.runner import answer as answers
from conversations.runner import insisting
from conversations.runner.line import Line
from llm.catalog import Catalog
from llm.config import Config
from llm.events import Finished, Thinking
from llm.values import Usage
from tests.support.promises import within

pytestmark = pytest.mark.django_db(transaction=True)

MODEL = "scripted/scripted"
PATIENCE_SECONDS = 20


@pytest.fixture
def catalog(monkeypatch) -> Catalog:
    """A catalogue with nothing but the scripted model in it; endings are tried again at once."""
    monkeypatch.setattr(insisting, "RETRY_SECONDS", 0)
    return Catalog(Config(scripted=True))


async def ask(author, catalog: Catalog, *said) -> tuple[Turn, Message]:
    """Return the turn and its answer, after a model that says this has been asked."""
    catalog.providers["scripted"].reply(*said)
    asked = await in_database(
        turns.start, conversation_id=uuid.uuid4(), author=author, text="What is a tide?", model=MODEL
    )
    line = Line(1)
    work = answers.Answer(turn_id=asked.turn.pk, worker="here", catalog=catalog, line_of=lambda provider: line)
    async with asyncio.timeout(within(PATIENCE_SECONDS)):
        await work.run()
    turn = await in_database(Turn.objects.get, pk=asked.turn.pk)
    return turn, await in_database(Message.objects.get, pk=asked.answer.pk)


async def test_an_answer_is_kept_as_it_was_said(alice, catalog):
    turn, answer = await ask(alice, catalog, "The sea ", "rises.")
    assert (turn.status, turn.finish_reason, turn.error_code) == ("completed", "stop", "")
    assert (answer.status, answer.text) == ("complete", "The sea rises.")


async def test_a_model_that_does_not_stop_is_stopped_at_the_longest_answer(alice, catalog, monkeypatch):
    monkeypatch.setattr(answers, "ANSWER_MAX_CHARACTERS", 10)
    turn, answer = await ask(alice, catalog, "1234567", "890abc", "never read")
    assert (turn.status, turn.finish_reason) == ("completed", "length")
    assert (answer.status, answer.text) == ("complete", "1234567890")
    assert catalog.providers["scripted"].requests[0].ended == "closed"


async def test_thoughts_count_as_part_of_the_longest_answer(alice, catalog, monkeypatch):
    monkeypatch.setattr(answers, "ANSWER_MAX_CHARACTERS", 10)
    turn, answer = await ask(alice, catalog, Thinking("1234567"), "890abc", "never read")
    assert turn.finish_reason == "length"
    assert (answer.thinking, answer.text) == ("1234567", "890")


# What is looked up before the model is asked, by where it is.
PREPARATIONS = {"watch": answers.moderation, "offered": answers.tools.outside, "assemble": answers.assembly}


@pytest.mark.parametrize("name", PREPARATIONS)
async def test_a_question_is_answered_though_the_database_goes_away_before_the_model_is_asked(
    alice, catalog, monkeypatch, name
):
    work, away = getattr(PREPARATIONS[name], name), iter([OperationalError("gone"), InterfaceError("still gone")])

    @functools.wraps(work)
    def lost_at_first(*arguments, **named):
        for error in away:
            raise error
        return work(*arguments, **named)

    monkeypatch.setattr(PREPARATIONS[name], name, lost_at_first)
    turn, answer = await ask(alice, catalog, "The sea rises.")
    assert next(away, None) is None
    assert (turn.status, turn.error_code) == ("completed", "")
    assert (answer.status, answer.text) == ("complete", "The sea rises.")


async def test_words_are_kept_when_the_database_refuses_the_figures(alice, catalog, monkeypatch, caplog):
    # No column of ours takes a negative time, on any database.
    monkeypatch.setattr(answers.Answer, "_elapsed_ms", lambda self: -1)
    usage = Usage(prompt_tokens=5, completion_tokens=2)
    turn, answer = await ask(alice, catalog, "The sea rises.", Finished(reason="stop", usage=usage))
    assert turn.status == "completed"
    assert (turn.total_ms, turn.prompt_tokens) == (None, None)
    assert (answer.status, answer.text) == ("complete", "The sea rises.")
    assert "is kept without its figures" in caplog.text
