"""kill -9 of a web process while it answers: nothing acknowledged is lost, and what was said so far is kept."""

import asyncio
import time
import uuid

import pytest

from tests.durability.site import Asked, Kept, Site, expected, token_count
from tests.support.client import wait_for
from tests.support.promises import within
from tests.support.server import Server

pytestmark = pytest.mark.process

KILLS = 10
ANSWERS = 5
MODEL = "ollama/paced-50"
# What is asked at the very moment of the kill is asked of a model that needs no time.
QUICK = "ollama/fast"
LONGEST_SECONDS = 2.5
# What a reader had seen and the database has not: at most 1.5 s of an answer of 50 tokens a second.
TAIL_TOKENS = 75
INTERRUPTED_SECONDS = 20
# An answer of this length has been kept at least once: it took more than a second.
KEPT_CHARACTERS = 400


async def kill_in_the_middle(site: Site, victim: Server, label: str, not_before=None) -> tuple[list[Asked], Asked]:
    """Kill the process while it answers; returns the acknowledged questions and one that was just being asked.

    It is not asked before `not_before` is done, the restart of the process that is to live on: that may take longer
    than the answers.
    """
    if not_before is not None:
        await not_before
    questions = [Asked(f"{label}, question {number}. tokens=600", MODEL) for number in range(ANSWERS)]
    await asyncio.gather(*(asked.send(site, victim) for asked in questions))
    late = Asked(f"{label}, at the last moment", QUICK)
    late.chat = await site.open(late.conversation, server=victim)
    listeners = [asyncio.create_task(asked.listen()) for asked in questions]
    await asyncio.sleep(site.dice.uniform(0, LONGEST_SECONDS))
    await late.chat.send(**late.frame)
    await asyncio.sleep(site.dice.uniform(0, 0.03))
    victim.kill()
    await asyncio.gather(*listeners, late.listen())
    return questions, late


def check_kept(asked: Asked, kept: list[Kept]) -> None:
    """Check that the question is there once, and the answer as far as it was seen."""
    (row,) = kept
    assert (row.turn, row.client_id, row.question) == (asked.turn, asked.frame["client_id"], asked.frame["text"])
    assert row.message_status == "interrupted"
    assert asked.expected.startswith(row.text)
    assert asked.expected.startswith(asked.seen)
    lost = token_count(MODEL, row.question, asked.seen) - token_count(MODEL, row.question, row.text)
    assert lost <= TAIL_TOKENS


async def check_shown(asked: Asked, site: Site, server: Server) -> None:
    """Check that a reader who comes now sees what is kept."""
    chat = await asked.come_back(site, server)
    (row,) = site.ledger.of(asked.conversation)
    assert chat.reader.turns[asked.turn] == "interrupted"
    assert chat.reader.messages[asked.message].text == row.text
    assert chat.reader.messages[asked.message].status == "interrupted"
    await chat.close()


async def check_retry(asked: Asked, site: Site, server: Server) -> None:
    """Check that the question can be asked again, and that the partial answer stays beside the new one."""
    chat = await asked.come_back(site, server)
    again = {"type": "turn.retry", "turn": asked.turn, "client_id": str(uuid.uuid4()), "model": QUICK}
    turn = await chat.deliver(again)
    said = await chat.until_finished(turn)
    assert said.text == expected(QUICK, asked.frame["text"])
    assert said.status == "complete"
    assert [kept.status for kept in site.ledger.of(asked.conversation)] == ["interrupted", "completed"]
    await chat.close()


async def check_late(late: Asked, site: Site, server: Server) -> None:
    """Check that a question without an acknowledgment can be sent again and is there once."""
    told = [frame["turn"] for frame in late.chat.reader.frames if frame["type"] == "turn.started"]
    chat = await site.open(late.conversation, server=server)
    late.turn = await chat.deliver(late.frame)
    assert told in ([], [late.turn])

    def ended() -> bool:
        return site.ledger.of(late.conversation)[0].status in {"completed", "interrupted"}

    await wait_for(ended)
    (row,) = site.ledger.of(late.conversation)
    assert row.turn == late.turn
    assert late.expected.startswith(row.text)
    assert (row.status == "completed") == (row.text == late.expected)
    await chat.close()


async def check_all(site: Site, questions: list[Asked], late: Asked, server: Server, retry: bool) -> None:
    """Check one kill, at a process that lives."""
    began = time.monotonic()

    def all_interrupted() -> bool:
        return all(site.ledger.of(asked.conversation)[0].status == "interrupted" for asked in questions)

    await wait_for(all_interrupted, seconds=INTERRUPTED_SECONDS)
    assert time.monotonic() - began < within(INTERRUPTED_SECONDS)
    for asked in questions:
        check_kept(asked, site.ledger.of(asked.conversation))
    await asyncio.gather(*(check_shown(asked, site, server) for asked in questions), check_late(late, site, server))
    if retry:
        await check_retry(questions[0], site, server)


async def kill_the_only_process(site: Site, times: int) -> None:
    """Kill and restart the one process of an installation, so many times."""
    (server,) = site.servers
    for number in range(times):
        questions, late = await kill_in_the_middle(site, server, f"Kill {number}")
        await site.restart(server)
        await check_all(site, questions, late, server, retry=number % 4 == 0)


async def test_the_only_process_is_killed_ten_times(embedded: Site, embedded_with_both: Site):
    # Two installations, so that one answers while the other starts.
    await asyncio.gather(*(kill_the_only_process(site, KILLS // 2) for site in (embedded, embedded_with_both)))


async def test_one_of_two_processes_is_killed_ten_times_and_the_other_goes_on(production: Site):
    restart = None
    for number in range(KILLS):
        victim, survivor = production.servers[number % 2], production.servers[1 - number % 2]
        questions, late = await kill_in_the_middle(production, victim, f"Kill {number}", not_before=restart)
        restart = asyncio.create_task(production.restart(victim))
        await check_all(production, questions, late, survivor, retry=number % 4 == 0)
    await restart


async def test_who_watches_at_the_other_process_sees_the_interruption_by_itself(production: Site):
    victim, survivor = production.servers
    asked = await Asked("Who watches from elsewhere? tokens=600", MODEL).send(production, victim)
    chat = await production.open(asked.conversation, server=survivor)
    await chat.until(lambda reader: len(reader.answer(asked.turn).text) > KEPT_CHARACTERS)
    victim.kill()
    said = await chat.until_finished(asked.turn, seconds=INTERRUPTED_SECONDS)
    assert said.status == "interrupted"
    assert said.text
    assert asked.expected.startswith(said.text)
    assert chat.reader.turns[asked.turn] == "interrupted"
    await chat.close()
    await production.restart(victim)
