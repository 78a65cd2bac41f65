"""A model that says what a test has told it to say."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from ..errors import ModelError
from ..events import Event, Finished, Text
from ..tokens import estimate, estimate_messages
from ..values import Message, Model, Options, Tool, Usage

MODEL = Model(
    id="scripted/scripted",
    name="scripted",
    provider="scripted",
    capabilities=frozenset({"completion", "tools", "thinking", "vision"}),
    context_length=8192,
    description="Says what it is told to, in tests.",
    window=8192,
)

Step = str | float | Event | BaseException | asyncio.Event


@dataclass(slots=True)
class Request:
    """One request as it was received; `ended` is finished, failed or closed, and empty while it goes on."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    options: Options
    ended: str = ""


class ScriptedProvider:
    """Plays queued replies, one for each request, and keeps the requests."""

    name = "scripted"

    def __init__(self) -> None:
        self.replies: deque[tuple[Step, ...]] = deque()
        self.requests: list[Request] = []

    def reply(self, *steps: Step) -> None:
        """Queue one reply: text, events, seconds to wait, an `asyncio.Event` to wait for, or an error to raise.

        A reply that neither ends with `Finished` nor raises is finished with "stop" and an estimated usage.
        """
        self.replies.append(steps)

    async def models(self) -> list[Model]:
        """Return the scripted model."""
        return [MODEL]

    async def close(self) -> None:
        """Nothing is open."""

    async def stream(
        self, *, model: str, messages: Sequence[Message], tools: Sequence[Tool] = (), options: Options
    ) -> AsyncGenerator[Event, None]:
        """Play the next reply; without one the request fails with `model_error`."""
        request = Request(model, tuple(messages), tuple(tools), options)
        self.requests.append(request)
        steps = self.replies.popleft() if self.replies else (ModelError("model_error", "No reply was scripted."),)
        said: list[str] = []
        try:
            for step in steps:
                match step:
                    case str():
                        said.append(step)
                        yield Text(step)
                    case int() | float():
                        await asyncio.sleep(step)
                    case asyncio.Event():
                        await step.wait()
                    case BaseException():
                        request.ended = "failed"
                        raise step
                    case Finished():
                        request.ended = "finished"
                        yield step
                        return
                    case _:
                        yield step
            request.ended = "finished"
            usage = Usage(estimate_messages(messages), estimate("".join(said)), exact=False)
            yield Finished(reason="stop", usage=usage)
        finally:
            request.ended = request.ended or "closed"
