"""Asking the same thing again, and two things at once: one question, one answer."""

import asyncio
import uuid

import pytest

from tests.durability.site import Site, expected, new_conversation
from tests.support.client import Reader, Refused

pytestmark = pytest.mark.process

MODEL = "ollama/paced-50"
TIMES = 50
# A socket may send so many frames at once; the others are refused, and that is told.
AT_ONCE = 20


def acknowledged(reader: Reader, client_id: str) -> list[str]:
    """Return the turn that each acknowledgment of a question named."""
    return [
        frame["turn"]
        for frame in reader.frames
        if frame["type"] == "message.created" and frame["role"] == "user" and frame["client_id"] == client_id
    ]


async def test_the_same_client_id_fifty_times_over_two_sockets_is_one_question(site: Site):
    conversation = new_conversation()
    sockets = [await site.open(conversation, server=server) for server in (site.servers[0], site.servers[-1])]
    question = {"type": "turn.start", "text": "What is a tide?", "client_id": str(uuid.uuid4()), "model": MODEL}
    await asyncio.gather(*(sockets[number % 2].send(**question) for number in range(TIMES)))
    turns: set[str] = set()
    for socket in sockets:
        await socket.until(lambda reader: len(acknowledged(reader, question["client_id"])) >= AT_ONCE)
        turns.update(acknowledged(socket.reader, question["client_id"]))
    assert len(turns) == 1
    (turn,) = turns
    for socket in sockets:
        said = await socket.until_finished(turn)
        assert said.text == expected(MODEL, question["text"])
        assert {error["code"] for error in socket.reader.errors} == {"rate_limited"}
        await socket.close()
    kept = site.ledger.of(conversation)
    assert [(one.turn, one.question, one.status) for one in kept] == [(turn, question["text"], "completed")]


async def test_of_two_questions_at_once_one_runs_and_the_other_is_told_which(site: Site):
    conversation = new_conversation()
    sockets = [await site.open(conversation, server=server) for server in (site.servers[0], site.servers[-1])]
    asked = (socket.ask(f"Question {number}", model=MODEL) for number, socket in enumerate(sockets))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    (turn,) = [outcome for outcome in outcomes if isinstance(outcome, str)]
    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert refused.frame["code"] == "turn_running"
    assert refused.frame["turn"] == turn
    winner = outcomes.index(turn)
    for socket in sockets:
        said = await socket.until_finished(turn)
        assert said.text == expected(MODEL, f"Question {winner}")
        await socket.close()
    assert [kept.question for kept in site.ledger.of(conversation)] == [f"Question {winner}"]
