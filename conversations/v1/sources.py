"""Where an answer comes from, and the two ways to hand it out: whole, or as it is written."""

from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from llm.events import Event, Finished, Text, Thinking, ToolCalled
from llm.values import ToolCall, Usage

from . import problems

# A stream says at least something this often, so that nobody on the way takes it for dead.
PING_SECONDS = 15.0
# How long a stream waits for its first word before it begins: an error within this time has a status of its own.
OPENING_SECONDS = 5.0


class Source(Protocol):
    """An answer on its way: `id` is unique, `model` is its model's whole id, `prompt_tokens` our estimate."""

    id: str
    model: str
    prompt_tokens: int

    async def next(self, *, within: float) -> Event | None:
        """Return the next event, None after so many seconds without one; the last is `Finished`, or an error."""

    def close(self) -> None:
        """Read no more of it."""


@dataclass(slots=True)
class Whole:
    """An answer that is all there."""

    text: str
    thinking: str
    calls: list[ToolCall]
    reason: str
    usage: Usage


class Teller(Protocol):
    """How one protocol tells an answer as it is written: each method returns the bytes to send."""

    @property
    def ping(self) -> bytes: ...

    def begin(self) -> bytes: ...

    def tell(self, event: Event) -> bytes: ...

    def finish(self, finished: Finished) -> bytes: ...

    def fail(self, problem: problems.Problem) -> bytes: ...


async def collect(source: Source) -> Whole:
    """Return the whole answer."""
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    with closing(source):
        while True:
            event = await source.next(within=PING_SECONDS)
            match event:
                case Text(text):
                    texts.append(text)
                case Thinking(text):
                    thoughts.append(text)
                case ToolCalled(call):
                    calls.append(call)
                case Finished(reason, usage):
                    return Whole("".join(texts), "".join(thoughts), calls, reason, usage or Usage(0, 0, exact=False))


async def stream(source: Source, teller: Teller, request: Any) -> AsyncGenerator[bytes, None]:
    """Return the answer as it is told piece by piece; an error before its first word is raised here."""
    try:
        first = await source.next(within=OPENING_SECONDS)
    except BaseException:
        source.close()
        raise
    return pieces(source, teller, request, first)


async def pieces(source: Source, teller: Teller, request: Any, first: Event | None) -> AsyncGenerator[bytes, None]:
    """Yield what is sent; a failure is told as the protocol tells one in the middle of a stream."""
    with closing(source):
        yield teller.begin()
        try:
            event = first
            while not isinstance(event, Finished):
                yield teller.ping if event is None else teller.tell(event)
                event = await source.next(within=PING_SECONDS)
            yield teller.finish(event)
        except Exception as exc:
            yield teller.fail(problems.of(exc, request))
