"""An engine with a model server that calls tools, and what was heard of it."""

import asyncio

import pytest

from chatsite.threads import in_database
from conversations.models import Message, Turn
from conversations.tools import toolbox
from tests.usage.conftest import Stage, stage  # noqa: F401


def calls(stage: Stage, *wanted: tuple[str, dict], **reply) -> None:  # noqa: F811
    """Have the next answer of the model server ask for tools, by name and arguments."""
    stage.fake.replies.append({"tool_calls": [{"name": name, "arguments": given} for name, given in wanted], **reply})


async def messages(turn: Turn) -> list[Message]:
    """Return the messages of a turn, in their order."""
    return await in_database(list, turn.messages.all())


@pytest.fixture
def slow(monkeypatch):
    """A tool by the name of `wait` that answers when its event is set."""
    gate, begun = asyncio.Event(), asyncio.Event()

    async def run(arguments):
        begun.set()
        await gate.wait()
        return "Done waiting."

    def offered(turn):
        return [toolbox.Tool(name="wait", description="Waits.", parameters={"type": "object"}, run=run)]

    monkeypatch.setattr("conversations.tools.offered", offered)
    return gate, begun
