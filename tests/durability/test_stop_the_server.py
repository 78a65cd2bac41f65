"""SIGTERM while answers are written: sockets close politely, answers finish or are kept, and it starts clean again."""

import asyncio
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.durability.site import Site, expected, new_conversation
from tests.support.client import Chat, Reader, Said
from tests.support.server import Server

pytestmark = pytest.mark.process

MODEL = "ollama/paced-50"
RESTARTING = 1012
# Answers of 1.6 s end within the time that running answers are given; answers of 20 s do not.
SHORT_TOKENS = 80
LONG_TOKENS = 1000
EACH = 4
# How long the process may take to end: to close sockets, to let answers finish, and to keep the others.
END_SECONDS = 40


class Running:
    """An answer that is being written while the server goes down."""

    def __init__(self, text: str):
        self.conversation = new_conversation()
        self.text = text
        self.expected = expected(MODEL, text)
        self.closed_at = 0.0

    async def begin(self, site: Site, server: Server) -> "Running":
        """Ask, and wait for the first words."""
        self.chat = await site.open(self.conversation, server=server)
        self.turn = await self.chat.ask(self.text, model=MODEL)
        await self.chat.until(lambda reader: reader.answer(self.turn).text)
        return self

    async def listen(self) -> None:
        """Read until the socket closes."""
        try:
            while True:
                await self.chat.step()
        except ConnectionClosed:
            self.closed_at = time.monotonic()

    @property
    def seen(self) -> str:
        """What its reader had of the answer."""
        return self.chat.reader.answer(self.turn).text


async def begin_all(site: Site, server: Server) -> tuple[list[Running], list[Running]]:
    """Return answers that will finish in time and answers that will not, all of them begun."""
    short = [Running(f"Short {number}, {site.name}. tokens={SHORT_TOKENS}") for number in range(EACH)]
    long = [Running(f"Long {number}, {site.name}. tokens={LONG_TOKENS}") for number in range(EACH)]
    await asyncio.gather(*(running.begin(site, server) for running in (*long, *short)))
    return short, long


async def end(server: Server, readers: list[Running]) -> None:
    """Send SIGTERM and wait; the sockets of these readers close with 1012 first."""
    listeners = [asyncio.create_task(running.listen()) for running in readers]
    began = time.monotonic()
    await asyncio.to_thread(server.terminate, END_SECONDS)
    await asyncio.gather(*listeners)
    assert server.process.returncode in {0, -15}
    assert {running.chat.connection.close_code for running in readers} == {RESTARTING}
    assert max(running.closed_at for running in readers) - began < END_SECONDS


def check_kept(site: Site, short: list[Running], long: list[Running]) -> None:
    """Check that what could finish is whole, and that the rest is kept to the last letter that anybody had seen."""
    assert site.ledger.streaming() == []
    for running in short:
        (kept,) = site.ledger.of(running.conversation)
        assert (kept.status, kept.message_status) == ("completed", "complete")
        assert kept.text == running.expected
    for running in long:
        (kept,) = site.ledger.of(running.conversation)
        assert (kept.status, kept.message_status) == ("interrupted", "interrupted")
        assert running.expected.startswith(kept.text)
        assert kept.text.startswith(running.seen)


async def test_answers_finish_or_are_kept_and_sockets_close_with_1012(site: Site):
    server = site.servers[0]
    short, long = await begin_all(site, server)
    await end(server, [*short, *long])
    check_kept(site, short, long)
    await site.restart(server)
    assert site.ledger.streaming() == []
    for running in (short[0], long[0]):
        await check_shown(site, running)


async def check_shown(site: Site, running: Running) -> None:
    """Check that a reader who comes back after the restart sees what is kept."""
    (kept,) = site.ledger.of(running.conversation)
    reader = Reader(messages={kept.message: Said(turn=running.turn)})
    chat = await site.open(running.conversation, reader=reader)
    await chat.until(lambda reader: reader.messages[kept.message].over)
    assert reader.messages[kept.message].text == kept.text
    assert reader.turns[running.turn] == kept.status
    await chat.close()


async def test_who_reads_at_the_other_process_sees_every_end_without_coming_back(production: Site):
    leaving, staying = production.servers
    short, long = await begin_all(production, leaving)
    watching: list[tuple[Running, Chat]] = []
    for running in (*short, *long):
        watching.append((running, await production.open(running.conversation, server=staying)))
    ending = asyncio.create_task(end(leaving, [*short, *long]))
    said = await asyncio.gather(*(chat.until_finished(running.turn) for running, chat in watching))
    await ending
    check_kept(production, short, long)
    for (running, chat), one in zip(watching, said, strict=True):
        (kept,) = production.ledger.of(running.conversation)
        assert one.text == kept.text
        assert chat.reader.turns[running.turn] == kept.status
        await chat.close()
    await production.restart(leaving)
