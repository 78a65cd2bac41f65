"""Reloading, reconnecting, other tabs, other processes: the same text to the letter, and stop works from anywhere."""

import asyncio
import hashlib
import time

import pytest

from tests.durability.site import Site, expected, new_conversation
from tests.support.client import Chat, Reader, Said, wait_for
from tests.support.promises import within
from tests.support.server import Server

pytestmark = pytest.mark.process

MODEL = "ollama/paced-50"
# So many readers leave and come back so many times while their answer is written.
READERS = 12
RETURNS = 9
ANSWER_TOKENS = 250
ANSWER_SECONDS = ANSWER_TOKENS / 50
STOP_SECONDS = 1.0
# An answer of four seconds comes in at least so many steps, also from another process.
STEPS_SEEN = 20


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def come_back(site: Site, chat: Chat, conversation: str) -> Chat:
    """Return a new socket after the old one broke off or was closed; a reload forgets all but the answer's id."""
    if site.dice.random() < 0.5:
        chat.connection.transport.abort()
    else:
        await chat.close()
    reader = chat.reader
    if site.dice.random() < 0.5:
        reader = Reader(messages={id: Said(turn=said.turn) for id, said in reader.messages.items()})
    await asyncio.sleep(site.dice.choice([0, 0, 0.3]))
    return await site.open(conversation, server=site.dice.choice(site.servers), reader=reader)


async def read_until(chat: Chat, moment: float) -> None:
    """Read until a moment of the loop's clock."""
    try:
        async with asyncio.timeout_at(moment):
            while True:
                await chat.step()
    except TimeoutError:
        return


async def follow(site: Site, number: int) -> str:
    """Ask, leave and come back at random moments, and return the text that stands there in the end."""
    conversation, question = new_conversation(), f"Reader {number} comes and goes. tokens={ANSWER_TOKENS}"
    chat = await site.open(conversation, server=site.dice.choice(site.servers))
    turn = await chat.ask(question, model=MODEL)
    now = asyncio.get_running_loop().time()
    for moment in sorted(site.dice.uniform(0, ANSWER_SECONDS * 1.05) for _ in range(RETURNS)):
        await read_until(chat, now + moment)
        chat = await come_back(site, chat, conversation)
    said = await chat.until_finished(turn)
    assert said.status == "complete"
    assert digest(said.text) == digest(expected(MODEL, question))
    await chat.close()
    return said.text


async def test_readers_who_come_and_go_a_hundred_times_have_the_whole_text(site: Site):
    texts = await asyncio.gather(*(follow(site, number) for number in range(READERS)))
    assert len(set(texts)) == READERS


async def test_two_tabs_show_the_same_while_it_is_written_and_in_the_end(site: Site):
    conversation, question = new_conversation(), "Two tabs. tokens=150"
    tabs = [await site.open(conversation, server=server) for server in (site.servers[0], site.servers[-1])]
    turn = await tabs[0].ask(question, model=MODEL)
    late = await site.open(conversation, server=site.servers[-1])
    said = await asyncio.gather(*(tab.until_finished(turn) for tab in (*tabs, late)))
    assert {digest(one.text) for one in said} == {digest(expected(MODEL, question))}
    for tab in (*tabs, late):
        await tab.close()


async def stop_in_the_middle(site: Site, *, asking: Server, stopping: Server | None, question: str) -> None:
    """Ask at one process and stop at another, or from the same socket; check what is kept, and how soon it ends."""
    conversation = new_conversation()
    asker = await site.open(conversation, server=asking)
    turn = await asker.ask(question, model=MODEL)
    stopper = await site.open(conversation, server=stopping) if stopping else asker
    await asker.until(lambda reader: len(reader.answer(turn).text) > 100)
    began, clock = time.monotonic(), time.time()
    await stopper.send(type="turn.stop", turn=turn)
    said = await asker.until_finished(turn, seconds=10)
    assert time.monotonic() - began <= within(STOP_SECONDS)
    assert said.status == "stopped"
    assert said.text
    assert expected(MODEL, question).startswith(said.text)
    (kept,) = site.ledger.of(conversation)
    assert (kept.status, kept.text) == ("stopped", said.text)

    def upstream() -> list[dict]:
        asked = [seen for seen in site.seen("paced-50") if seen["body"]["messages"][-1]["content"] == question]
        return [seen for seen in asked if seen["ended"]]

    (request,) = await wait_for(upstream)
    assert request["ended"] == "client gone"
    assert request["ended_at"] - clock <= within(STOP_SECONDS)
    for socket in {asker, stopper}:
        await socket.close()


async def test_stop_ends_the_answer_within_a_second(site: Site):
    server = site.servers[0]
    await stop_in_the_middle(site, asking=server, stopping=None, question=f"Stop, {site.name}. tokens=1000")


async def test_stop_from_another_tab_ends_the_answer_within_a_second(site: Site):
    server = site.servers[0]
    await stop_in_the_middle(site, asking=server, stopping=server, question=f"Stop there, {site.name}. tokens=1000")


async def test_stop_from_another_process_ends_the_answer_within_a_second(production: Site):
    here, there = production.servers
    await stop_in_the_middle(production, asking=here, stopping=there, question="Stop next door. tokens=1000")


async def test_what_is_asked_in_one_process_appears_in_the_other_while_it_is_written(production: Site):
    conversation, question = new_conversation(), "Seen from next door. tokens=200"
    here, there = production.servers
    watching = await production.open(conversation, server=there)
    asking = await production.open(conversation, server=here)
    turn = await asking.ask(question, model=MODEL)
    seen, _ = await asyncio.gather(watching.until_finished(turn), asking.until_finished(turn))
    assert digest(seen.text) == digest(expected(MODEL, question))
    assert seen.gaps == 0
    assert sum(frame["type"] == "message.delta" for frame in watching.reader.frames) > STEPS_SEEN
    await asking.close()
    await watching.close()
