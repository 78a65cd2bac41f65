"""SIGTERM while answers are written: sockets close politely, answers finish or are kept, and it starts clean again."""

import asyncio
import time

import pytest

from tests.durability.site import Asked, Site
from tests.support.client import Chat
from tests.support.promises import within
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


async def begin_all(site: Site, server: Server) -> tuple[list[Asked], list[Asked]]:
    """Return answers that will finish in time and answers that will not, all of them begun."""
    short = [Asked(f"Short {number}, {site.name}. tokens={SHORT_TOKENS}", MODEL) for number in range(EACH)]
    long = [Asked(f"Long {number}, {site.name}. tokens={LONG_TOKENS}", MODEL) for number in range(EACH)]

    async def begin(asked: Asked) -> None:
        await asked.send(site, server)
        await asked.until_seen()

    await asyncio.gather(*(begin(asked) for asked in (*long, *short)))
    return short, long


async def end(server: Server, readers: list[Asked]) -> None:
    """Send SIGTERM and wait; the sockets of these readers close with 1012 first."""
    listeners = [asyncio.create_task(asked.listen()) for asked in readers]
    began = time.monotonic()
    await asyncio.to_thread(server.terminate, within(END_SECONDS))
    await asyncio.gather(*listeners)
    assert server.process.returncode in {0, -15}
    assert {asked.chat.connection.close_code for asked in readers} == {RESTARTING}
    assert max(asked.closed_at for asked in readers) - began < within(END_SECONDS)


def check_kept(site: Site, short: list[Asked], long: list[Asked]) -> None:
    """Check that what could finish is whole, and that the rest is kept to the last letter that anybody had seen."""
    assert site.ledger.streaming() == []
    for asked in short:
        (kept,) = site.ledger.of(asked.conversation)
        assert (kept.status, kept.message_status) == ("completed", "complete")
        assert kept.text == asked.expected
    for asked in long:
        (kept,) = site.ledger.of(asked.conversation)
        assert (kept.status, kept.message_status) == ("interrupted", "interrupted")
        assert asked.expected.startswith(kept.text)
        assert kept.text.startswith(asked.seen)


async def test_answers_finish_or_are_kept_and_sockets_close_with_1012(site: Site):
    server = site.servers[0]
    short, long = await begin_all(site, server)
    await end(server, [*short, *long])
    check_kept(site, short, long)
    await site.restart(server)
    assert site.ledger.streaming() == []
    for asked in (short[0], long[0]):
        await check_shown(site, asked)


async def check_shown(site: Site, asked: Asked) -> None:
    """Check that a reader who comes back after the restart sees what is kept."""
    (kept,) = site.ledger.of(asked.conversation)
    chat = await asked.come_back(site, site.servers[0])
    assert chat.reader.messages[kept.message].text == kept.text
    assert chat.reader.turns[asked.turn] == kept.status
    await chat.close()


async def test_who_reads_at_the_other_process_sees_every_end_without_coming_back(production: Site):
    leaving, staying = production.servers
    short, long = await begin_all(production, leaving)
    watching: list[tuple[Asked, Chat]] = []
    for asked in (*short, *long):
        watching.append((asked, await production.open(asked.conversation, server=staying)))
    ending = asyncio.create_task(end(leaving, [*short, *long]))
    said = await asyncio.gather(*(chat.until_finished(asked.turn) for asked, chat in watching))
    await ending
    check_kept(production, short, long)
    for (asked, chat), one in zip(watching, said, strict=True):
        (kept,) = production.ledger.of(asked.conversation)
        assert one.text == kept.text
        assert chat.reader.turns[asked.turn] == kept.status
        await chat.close()
    await production.restart(leaving)
