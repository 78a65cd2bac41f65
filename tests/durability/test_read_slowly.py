"""A reader that stops reading costs the others nothing and the server little."""

import asyncio
import socket
import time
import uuid
from urllib.parse import urlsplit

import psutil
import pytest

from tests.durability.site import Site, expected, new_conversation
from tests.support.client import Chat
from tests.support.promises import within

pytestmark = pytest.mark.process

HEALTHY = 20
PACED = "ollama/paced-50"
# One answer of this model is one token of a megabyte.
HEAVY = "ollama/big-line"
# Fewer than a socket may ask for within ten seconds.
ANSWERS_PER_SOCKET = 10
# Sixty answers of a megabyte, as they wait for a reader without a bound, are four times as much.
GROWTH_BYTES = 40_000_000
RECEIVE_BYTES = 4096
# Steps come every 50 ms; a server that waited for the stalled reader would make the others wait much longer.
LONGEST_GAP_SECONDS = 3.0


async def open_stalled(site: Site, conversation: str) -> Chat:
    """Return a socket with a tiny receive buffer that nobody reads any more."""
    address = urlsplit(site.servers[0].url)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    narrow.connect((address.hostname, address.port))
    return await site.open(conversation, sock=narrow, max_queue=1, ping_interval=None)


async def read_steadily(site: Site, question: str) -> float:
    """Ask and read an answer; returns the longest time in seconds between two frames."""
    chat = await site.open(new_conversation())
    turn = await chat.ask(question, model=PACED)
    longest, last = 0.0, time.monotonic()
    while chat.reader.turns[turn] == "running":
        await chat.step()
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert chat.reader.answer(turn).exact
    assert chat.reader.answer(turn).text == expected(PACED, question)
    await chat.close()
    return longest


async def speak_at_length(site: Site, conversation: str, first: str, answers: int) -> None:
    """Have a question answered at length again and again; each answer stands beside the first, not after it."""
    for number in range(answers):
        if number % ANSWERS_PER_SOCKET == 0:
            chat = await site.open(conversation)
        turn = await chat.deliver({"type": "turn.retry", "turn": first, "client_id": str(uuid.uuid4())})
        assert (await chat.until_finished(turn)).exact
        chat.reader.messages.clear()
        if (number + 1) % ANSWERS_PER_SOCKET == 0:
            await chat.close()


async def work(site: Site, conversation: str, first: str, *, tokens: int, answers: int) -> float:
    """Have healthy readers read while one conversation is spoken in at length; returns their longest gap in seconds."""
    questions = [f"Steady reader {number}. tokens={tokens}" for number in range(HEALTHY)]
    gaps, _ = await asyncio.gather(
        asyncio.gather(*(read_steadily(site, question) for question in questions)),
        speak_at_length(site, conversation, first, answers),
    )
    return max(gaps)


async def test_a_stalled_reader_next_to_twenty_healthy_ones(embedded: Site):
    server = psutil.Process(embedded.servers[0].process.pid)
    conversation = new_conversation()
    speaker = await embedded.open(conversation)
    first = await speaker.ask("At length, please.", model=HEAVY)
    await speaker.until_finished(first)
    await speaker.close()
    # The same kind of work first, so that what it takes by itself is not counted.
    await work(embedded, conversation, first, tokens=100, answers=20)
    before = server.memory_info().rss
    stalled = await open_stalled(embedded, conversation)
    longest_gap = await work(embedded, conversation, first, tokens=300, answers=60)
    grown = server.memory_info().rss - before
    assert longest_gap < within(LONGEST_GAP_SECONDS)
    assert grown < GROWTH_BYTES
    stalled.connection.transport.abort()


async def test_a_reader_that_stalled_and_goes_on_gets_the_whole_text(embedded: Site):
    conversation = new_conversation()
    speaker = await embedded.open(conversation)
    slow = await open_stalled(embedded, conversation)
    turn = await speaker.ask("At length, please.", model=HEAVY)
    said = await speaker.until_finished(turn)
    late = await slow.until_finished(turn)
    assert late.text == said.text
    assert len(late.text) > 500_000
    await speaker.close()
    await slow.close()
