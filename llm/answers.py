"""What has been read of one answer: lines in, events out, neighbours of a kind joined."""

from abc import ABC, abstractmethod
from typing import Any

from .events import Event, Text, Thinking, ToolCalled
from .tokens import estimate
from .values import ToolCall


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
        self.output: list[str] = []
        self.called = False
        self.ended = False  # the answer is whole
        self.over = False  # and nothing may follow it

    @abstractmethod
    def feed(self, line: bytes) -> None:
        """Take one line; raise `Garbage` for one that makes no sense and `ServerFailed` for an error in it.

        Sets `ended` at the line that says that the answer is whole, `over` at the one that nothing may follow.
        """

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
        self.events.append(ToolCalled(call))

    def flush(self) -> None:
        if self.pieces:
            text = "".join(self.pieces)
            self.pieces.clear()
            self.output.append(text)
            self.events.append(self.kind(text))

    def take(self) -> list[Event]:
        """Return the events since the last time."""
        self.flush()
        events, self.events = self.events, []
        return events

    def estimate_output(self) -> int:
        """Return the estimated number of tokens that were read."""
        return sum(estimate(text) for text in self.output)
