"""The whole product on llama.cpp's own server: questions over a socket, answers from a model that really computes."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from llm.wire import clean
from tests.durability.site import Kept, Ledger
from tests.engine.conftest import Models
from tests.engine.process import QUESTION, Engine
from tests.support.client import Chat, Reader, sign_up
from tests.support.promises import within
from tests.support.server import Server

pytestmark = [pytest.mark.engine, pytest.mark.process]

SOON_SECONDS = 1.0
LONG_WINDOW = 8192
MIDDLE_WINDOW = 512
PREFIX_TOKENS = 40


@dataclass(frozen=True, slots=True)
class Site:
    """A running product that knows the engine's port, one person who is signed in, and the rows."""

    url: str
    token: str
    ledger: Ledger

    async def open(self, conversation: str) -> Chat:
        """Return an open socket of a conversation."""
        return await Chat.open(self.url, self.token, conversation)


# The engine is sent what was said and nothing else, so that its own answer can be worked out.
PLAIN = {"DETECT_INTENT": "false", "TOOLS": "", "LOG_LEVEL": "WARNING"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, engine: Engine, models: Models) -> Iterator[Site]:
    """The product, started once; whatever happens to the engine, it is never started again."""
    engine.start(models.brief, window=MIDDLE_WINDOW)
    folder: Path = tmp_path_factory.mktemp("site")
    server = Server(folder=folder, OPENAI_BASE_URL=engine.url, DEFAULT_MODEL="", **PLAIN)
    try:
        server.start("--no-jobs")
        yield Site(url=server.url, token=sign_up(server.url), ledger=Ledger(folder / "chatsite.sqlite3"))
    finally:
        server.close()


@pytest.fixture
def conversation() -> str:
    """The id of a conversation that nobody has used."""
    return str(uuid.uuid4())


def finished(reader: Reader, turn: str) -> dict:
    """Return the frame that ended a turn."""
    return next(frame for frame in reader.frames if frame["type"] == "turn.finished" and frame["turn"] == turn)


def writing(length: int):
    """Return the condition that some answer has come so far."""
    return lambda reader: any(
        said.status == "streaming" and len(said.text) > length for said in reader.messages.values()
    )


def kept(site: Site, conversation: str, turn: str) -> Kept:
    """Return a question and its answer as the database has them."""
    return next(row for row in site.ledger.of(conversation) if row.turn == turn)


def beginning(engine: Engine, question: str = QUESTION) -> str:
    """Return how the engine begins its answer when it is asked directly."""
    return clean(engine.say(question, most=PREFIX_TOKENS))


async def test_an_answer_is_kept_to_the_letter_with_the_engines_own_counts(site, engine, models, conversation):
    engine.start(models.brief, window=MIDDLE_WINDOW)
    chat = await site.open(conversation)
    turn = await chat.ask(QUESTION)
    answer = await chat.until_finished(turn)
    end = finished(chat.reader, turn)
    counted = engine.counters()
    assert answer.exact
    assert (end["status"], end["finish_reason"], end["model"]) == ("completed", "stop", "openai/tiny")
    assert end["usage"] == {
        "prompt_tokens": counted["prompt_tokens_total"] + counted["prompt_tokens_cached_total"],
        "completion_tokens": counted["tokens_predicted_total"],
        "exact": True,
    }
    assert kept(site, conversation, turn).text == answer.text == clean(engine.say(QUESTION, most=MIDDLE_WINDOW // 2))
    await chat.close()


async def test_a_follow_up_brings_what_was_said_before_and_reads_only_what_is_new(site, engine, models, conversation):
    engine.start(models.brief, window=MIDDLE_WINDOW, slots=1)
    chat = await site.open(conversation)
    first = await chat.ask(QUESTION)
    await chat.until_finished(first)
    second = await chat.ask(" you may ask why")
    await chat.until_finished(second)
    before, after = (finished(chat.reader, turn)["usage"] for turn in (first, second))
    assert after["prompt_tokens"] > before["prompt_tokens"] + before["completion_tokens"]
    assert engine.counters()["prompt_tokens_cached_total"] >= before["prompt_tokens"]
    await chat.close()


async def test_stop_keeps_the_text_so_far_and_frees_the_engine_within_a_second(site, engine, models, conversation):
    engine.start(models.endless, window=LONG_WINDOW, slots=1)
    chat = await site.open(conversation)
    turn = await chat.ask(QUESTION)
    await chat.until(writing(100))
    began = time.monotonic()
    await chat.send(type="turn.stop", turn=turn)
    answer = await chat.until_finished(turn)
    assert time.monotonic() - began < within(SOON_SECONDS)
    await engine.until_idle(seconds=SOON_SECONDS)
    row = kept(site, conversation, turn)
    assert (row.status, row.message_status) == ("stopped", "stopped")
    assert row.text == answer.text
    assert answer.text.startswith(beginning(engine)[:100])
    await chat.close()


async def test_a_question_beyond_the_window_fails_with_the_reason_and_is_kept(site, engine, models, conversation):
    engine.start(models.brief, window=MIDDLE_WINDOW)
    chat = await site.open(conversation)
    question = "x" * (MIDDLE_WINDOW + 1)
    turn = await chat.ask(question)
    answer = await chat.until_finished(turn)
    end = finished(chat.reader, turn)
    assert end["status"] == "failed"
    assert end["error"]["code"] == "model_refused"
    assert f"available context size ({MIDDLE_WINDOW} tokens)" in end["error"]["detail"]
    assert answer.text == ""
    assert kept(site, conversation, turn).question == question
    shorter = await chat.deliver({"type": "turn.edit", "turn": turn, "text": QUESTION, "client_id": str(uuid.uuid4())})
    await chat.until_finished(shorter)
    assert finished(chat.reader, shorter)["status"] == "completed"
    await chat.close()


async def test_a_failed_question_does_not_stand_in_the_way_of_the_next(site, engine, models, conversation):
    engine.start(models.brief, window=MIDDLE_WINDOW)
    chat = await site.open(conversation)
    failed = await chat.ask("x" * (MIDDLE_WINDOW + 1))
    await chat.until_finished(failed)
    following = await chat.ask(QUESTION)
    await chat.until_finished(following)
    assert finished(chat.reader, failed)["status"] == "failed"
    assert finished(chat.reader, following)["status"] == "completed"
    await chat.close()


async def test_an_answer_that_fills_the_window_is_complete_and_says_why_it_ends(site, engine, models, conversation):
    engine.start(models.endless, window=MIDDLE_WINDOW)
    chat = await site.open(conversation)
    turn = await chat.ask(QUESTION)
    answer = await chat.until_finished(turn)
    end = finished(chat.reader, turn)
    assert answer.exact
    assert (end["status"], end["finish_reason"], end["error"]) == ("completed", "length", None)
    assert end["usage"]["prompt_tokens"] + end["usage"]["completion_tokens"] == MIDDLE_WINDOW
    await chat.close()


async def test_an_engine_killed_in_the_middle_leaves_an_exact_prefix_and_retry_works(
    site, engine, models, conversation
):
    engine.start(models.endless, window=LONG_WINDOW)
    expected = clean(engine.say(QUESTION, most=2000))
    chat = await site.open(conversation)
    turn = await chat.ask(QUESTION)
    await chat.until(writing(200))
    engine.kill()
    answer = await chat.until_finished(turn)
    end = finished(chat.reader, turn)
    row = kept(site, conversation, turn)
    assert (end["status"], end["error"]["code"]) == ("interrupted", "model_interrupted")
    assert (row.status, row.message_status) == ("interrupted", "interrupted")
    assert row.text == answer.text
    assert expected.startswith(answer.text[: len(expected)])

    engine.start(models.brief, window=MIDDLE_WINDOW)
    again = await chat.deliver({"type": "turn.retry", "turn": turn, "client_id": str(uuid.uuid4())})
    repeated = await chat.until_finished(again)
    assert finished(chat.reader, again)["status"] == "completed"
    assert repeated.text == clean(engine.say(QUESTION, most=MIDDLE_WINDOW // 2))
    assert kept(site, conversation, turn).text == answer.text, "the first attempt stays as it was"
    await chat.close()


async def test_a_question_while_the_engine_is_away_is_kept_and_answered_on_retry(site, engine, models, conversation):
    engine.kill()
    chat = await site.open(conversation)
    turn = await chat.ask(QUESTION, model="openai/tiny")
    await chat.until_finished(turn)
    end = finished(chat.reader, turn)
    assert (end["status"], end["error"]["code"]) == ("failed", "model_unreachable")
    assert kept(site, conversation, turn).question == QUESTION

    engine.start(models.brief, window=MIDDLE_WINDOW)
    again = await chat.deliver({"type": "turn.retry", "turn": turn, "client_id": str(uuid.uuid4())})
    answer = await chat.until_finished(again)
    assert finished(chat.reader, again)["status"] == "completed"
    assert answer.text.startswith(beginning(engine)[:50])
    await chat.close()


async def test_two_conversations_are_answered_side_by_side(site, engine, models):
    engine.start(models.endless, window=LONG_WINDOW // 8, slots=2)
    questions = [QUESTION, " you may ask why nobody knows"]
    conversations = [str(uuid.uuid4()) for _ in questions]
    chats = [await site.open(conversation) for conversation in conversations]
    turns = [await chat.ask(question) for chat, question in zip(chats, questions, strict=True)]
    await engine.until((2, 0), seconds=10)
    answers = await asyncio.gather(*(chat.until_finished(turn) for chat, turn in zip(chats, turns, strict=True)))
    ends = [finished(chat.reader, turn) for chat, turn in zip(chats, turns, strict=True)]
    said = engine.counters()["tokens_predicted_total"]
    assert [end["status"] for end in ends] == ["completed", "completed"]
    assert sum(end["usage"]["completion_tokens"] for end in ends) == said
    for question, conversation, answer in zip(questions, conversations, answers, strict=True):
        assert answer.exact
        assert answer.text.startswith(beginning(engine, question))
        assert [row.text for row in site.ledger.of(conversation)] == [answer.text]
    assert answers[0].text != answers[1].text
    for chat in chats:
        await chat.close()
