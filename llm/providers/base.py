"""What every provider is."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from ..events import Event
from ..values import Message, Model, Options, Tool


class Provider(Protocol):
    """A place where models are: it lists them and streams one's answer as events, or raises `ModelError`.

    Closing the stream, or cancelling the task that reads it, ends the request to the model server.
    """

    name: str

    async def models(self) -> list[Model]: ...

    def stream(
        self, *, model: str, messages: Sequence[Message], tools: Sequence[Tool] = (), options: Options
    ) -> AsyncGenerator[Event, None]: ...

    async def close(self) -> None: ...
