"""A server that stops ends its way to the other processes, whatever that is doing at the moment."""

import asyncio

import pytest

from chatsite.tasks import end_tasks
from conversations.live.relay import Relay
from tests.support.promises import within

PATIENCE_SECONDS = 5


class Layer:
    """A channel layer that answers when it is told to."""

    def __init__(self):
        self.asked = asyncio.Event()
        self.answer = asyncio.get_running_loop().create_future()

    async def new_channel(self) -> str:
        return "specific.one"

    async def group_add(self, group: str, channel: str) -> None:
        pass

    async def group_send(self, group: str, body: dict) -> None:
        self.asked.set()
        await self.answer

    async def receive(self, channel: str) -> dict:
        return await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("steps", range(4))
async def test_it_ends_when_an_answer_comes_at_the_same_moment(steps):
    layer = Layer()
    relay = Relay(layer, "worker", None)
    await relay.start()
    relay.send("a conversation", [{"type": "turn.started"}])
    async with asyncio.timeout(within(PATIENCE_SECONDS)):
        await layer.asked.wait()
        layer.answer.set_result(None)
        for _ in range(steps):
            await asyncio.sleep(0)
        await relay.close()


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_task_that_does_not_hear_is_told_again(times):
    heard = 0

    async def deaf() -> None:
        nonlocal heard
        while heard <= times:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard += 1

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(within(PATIENCE_SECONDS)):
        await end_tasks([task])
    assert task.done()
    assert heard == times + 1
