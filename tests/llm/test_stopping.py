"""Stopping an answer ends the request to the model server, at every moment of it."""

import asyncio
import time

import pytest

from llm.events import Stage, Text
from llm.values import Message, Options
from tests.support.promises import within

from .conftest import QUESTION

SOON = 1.0


async def gone(fake) -> str:
    """Wait until the fake knows how its last chat ended."""
    for _ in range(200):
        if fake.chats and fake.chats[-1].ended:
            return fake.chats[-1].ended
        await asyncio.sleep(0.005)
    return ""


async def asked(fake) -> None:
    """Wait until the fake has got a chat request."""
    for _ in range(1000):
        if fake.chats:
            return
        await asyncio.sleep(0.005)


def open_stream(provider, model):
    return provider.stream(model=model, messages=[Message("user", f"{QUESTION} tokens=2000")], options=Options())


@pytest.mark.parametrize("model", ["hang", "hang-headers", "stall-mid", "paced-50", "loading-5"])
async def test_cancelling_the_reader_closes_the_request_within_a_second(connect, protocol, fake, model):
    provider = connect(protocol)

    async def read() -> None:
        async for _ in open_stream(provider, model):
            pass

    task = asyncio.create_task(read())
    await asked(fake)
    await asyncio.sleep(0.4)
    assert len(fake.chats) == 1
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(fake) == "client gone"
    assert time.monotonic() - started < within(SOON)


async def test_closing_the_stream_in_the_middle_closes_the_request(connect, protocol, fake):
    stream = open_stream(connect(protocol), "paced-50")
    async for event in stream:
        if isinstance(event, Text):
            break
    started = time.monotonic()
    await stream.aclose()
    assert await gone(fake) == "client gone"
    assert time.monotonic() - started < within(SOON)


async def test_closing_the_stream_before_the_first_token_closes_the_request(connect, protocol, fake):
    stream = open_stream(connect(protocol), "hang")
    assert await anext(stream) == Stage("reading")
    await asked(fake)
    await stream.aclose()
    assert await gone(fake) == "client gone"
    assert len(fake.connections) <= 1


async def test_a_stopped_answer_leaves_the_client_usable(connect, protocol, fake):
    provider = connect(protocol)
    stream = open_stream(provider, "paced-50")
    async for event in stream:
        if isinstance(event, Text):
            break
    await stream.aclose()
    events = [
        event async for event in provider.stream(model="fast", messages=[Message("user", QUESTION)], options=Options())
    ]
    assert events[-1].reason == "stop"


async def test_stopping_is_not_mistaken_for_a_deadline(connect, protocol):
    provider = connect(protocol, between_tokens_seconds=30)

    async def read() -> None:
        async for _ in open_stream(provider, "stall-mid"):
            pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
