"""What has been read of one answer: lines in, events out, neighbours of a kind joined."""

from abc import ABC, abstractmethod
from typing import Any

from .events import Event, Text, Thinking, ToolCalled
from .tokens import estimate
from .values import ToolCall, Usage

# Servers send a token in each piece; one that is longer than any token holds several of them.
LONGEST_TOKEN_CHARACTERS = 64


class Garbage(ValueError):
    """A line that is not what its protocol says."""


class ServerFailed(Exception):
    """An error that the server reports in the middle of a stream; `said` is its own words, text or an object."""

    def __init__(self, said: Any) -> None:
        super().__init__()
        self.said = said


class Answer(ABC):
    """Collects the events of one answer; a protocol's own answer knows how to `feed` on its lines."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.kind: type[Text] | type[Thinking] = Text
        self.pieces: list[str] = []
        self.written = 0  # tokens, as far as the pieces tell
        self.called = False
        self.ended = False  # the answer is whole
        self.over = False  # and nothing may follow it

    @abstractmethod
    def feed(self, line: bytes) -> None:
        """Take one line; raise `Garbage` for one that makes no sense and `ServerFailed` for an error in it.

        Sets `ended` at the line that says that the answer is whole, `over` at the one that nothing may follow.
        """

    def say(self, *, error: Any, thinking: Any, text: Any) -> None:
        """Take what one line says, whichever of it is there; raise `ServerFailed` for an error."""
        if error:
            raise ServerFailed(error)
        if thinking:
            self.add(Thinking, thinking)
        if text:
            self.add(Text, text)

    def add(self, kind: type[Text] | type[Thinking], piece: Any) -> None:
        """Add a piece of text or thinking."""
        if piece.__class__ is not str:
            raise Garbage
        if kind is not self.kind:
            self.flush()
            self.kind = kind
        self.pieces.append(piece)

    def add_call(self, call: ToolCall) -> None:
        """Add a tool call."""
        self.flush()
        self.called = True
        self.written += estimate(call.name) + estimate(call.invalid or str(call.arguments))
        self.events.append(ToolCalled(call))

    def flush(self) -> None:
        if self.pieces:
            text, tokens = "".join(self.pieces), count(self.pieces)
            self.pieces.clear()
            self.written += tokens
            self.events.append(self.kind(text, tokens))

    def usage_of(self, *, prompt: Any, completion: Any, cached: Any, expected: int) -> Usage:
        """Return the server's counts as far as they are counts, our own for the rest; `expected` is the prompt's."""
        return Usage(
            prompt_tokens=prompt if _is_count(prompt) else expected,
            completion_tokens=completion if _is_count(completion) else self.written,
            cached_tokens=cached if _is_count(cached) else 0,
            exact=_is_count(prompt) and _is_count(completion),
        )

    def take(self) -> list[Event]:
        """Return the events since the last time."""
        self.flush()
        events, self.events = self.events, []
        return events


def _is_count(value: Any) -> bool:
    """Whether a server's word for a number of tokens can be one: a negative one would give somebody a budget back."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def count(pieces: list[str]) -> int:
    """Return how many tokens came in these pieces."""
    if max(map(len, pieces)) <= LONGEST_TOKEN_CHARACTERS:
        return len(pieces)
    return sum(1 if len(piece) <= LONGEST_TOKEN_CHARACTERS else estimate(piece) for piece in pieces)
