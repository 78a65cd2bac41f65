"""Streams in which nothing is said, and clients that take nothing."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import uvicorn

from chatsite import protocol
from conversations import live, sockets
from conversations.sse import go_down, stream
from conversations.sse.formats import Sse
from conversations.sse.stream import Stream
from tests.support.client import wait_for
from tests.support.ports import free_port

# Much shorter than in the product, and much longer than a step of the loop.
PATIENCE_SECONDS = 0.3


@pytest.fixture
def quiet(monkeypatch) -> Stream:
    """A stream of a conversation in which there is nothing yet."""

    async def nothing(*args) -> str:
        return ""

    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.05)
    monkeypatch.setattr(stream, "let_thread_go", nothing)
    monkeypatch.setattr(Stream, "_stand", nothing)
    person = SimpleNamespace(pk=uuid.uuid4())
    credential = SimpleNamespace(user=person)
    return Stream(credential=credential, conversation_id=uuid.uuid4(), turn=None, format=Sse(), places={})


def news(said: Stream) -> dict:
    return {"type": "turn.status", "turn": str(said.conversation_id), "stage": "writing"}


async def test_a_stream_begins_with_how_soon_to_come_back_and_breaks_its_silence(quiet):
    chunks = quiet.chunks()
    assert await anext(chunks) == b"retry: 2000\n\n"
    assert await anext(chunks) == b": keep-alive\n\n"
    quiet.feed.deliver(news(quiet))
    assert (await anext(chunks)).startswith(b"event: turn.status\ndata: {")
    await chunks.aclose()


async def test_nothing_of_a_stream_stays_behind(quiet):
    chunks = quiet.chunks()
    await anext(chunks)
    assert quiet in sockets.current()
    assert str(quiet.conversation_id) in live.current()
    await chunks.aclose()
    assert quiet not in sockets.current()
    assert str(quiet.conversation_id) not in live.current()
    assert not sockets.crowded(quiet.user.pk)


async def test_a_stream_whose_reader_is_cut_while_it_waits_is_tidied_up_too(quiet):
    async def read() -> None:
        async for _ in quiet.chunks():
            pass

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.02)
    assert quiet in sockets.current()
    reading.cancel()
    await asyncio.wait([reading])
    assert quiet not in sockets.current()
    assert str(quiet.conversation_id) not in live.current()


async def test_a_stream_ends_when_the_server_goes_down(quiet):
    chunks = quiet.chunks()
    await anext(chunks)
    go_down()
    (last,) = [chunk async for chunk in chunks]
    assert b'"code":"restarting"' in last
    assert quiet not in sockets.current()


@asynccontextmanager
async def talking(monkeypatch) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """Yield the port of a server that says more than anybody can swallow, and whether its client is gone."""
    monkeypatch.setattr(protocol, "STALLED_SECONDS", PATIENCE_SECONDS)
    gone = asyncio.Event()

    async def application(scope, receive, send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

        async def talk() -> None:
            while True:
                await send({"type": "http.response.body", "body": bytes(500_000), "more_body": True})
                await asyncio.sleep(0)

        talker = asyncio.create_task(talk())
        await receive()
        gone.set()
        talker.cancel()
        await asyncio.wait([talker])

    port = free_port()
    config = uvicorn.Config(application, port=port, http=protocol.BoundedHttp, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await wait_for(lambda: server.started)
    try:
        yield port, gone
    finally:
        server.should_exit = True
        await serving


async def ask(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return reader, writer


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch):
    async with talking(monkeypatch) as (port, gone):
        _, writer = await ask(port)
        async with asyncio.timeout(20 * PATIENCE_SECONDS):
            await gone.wait()
        writer.close()


async def test_a_client_that_takes_little_is_not(monkeypatch):
    async with talking(monkeypatch) as (port, gone):
        reader, writer = await ask(port)
        for _ in range(60):
            await reader.read(200_000)
            await asyncio.sleep(PATIENCE_SECONDS / 20)
        assert not gone.is_set()
        writer.close()
        async with asyncio.timeout(20 * PATIENCE_SECONDS):
            await gone.wait()
