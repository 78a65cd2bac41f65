"""What a stream of a model says, piece by piece."""

from dataclasses import dataclass, field
from typing import Any, Literal

from .values import ToolCall, Usage

StageName = Literal["queued", "loading", "reading", "writing", "tool"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What the model is busy with; `writing` is implied by the first `Text`."""

    name: StageName
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    """More of the answer: never empty, valid Unicode, without NUL."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """More of the thinking that goes before the answer, under the same promises as `Text`."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model wants a tool run."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """What a tool answered, as the model will see it; `ok` is False for an unknown tool, bad arguments or a failure."""

    call: ToolCall
    result: str
    ok: bool
    ms: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a whole answer; `reason` is stop, length, tool_calls, tool_limit or the server's own word."""

    reason: str
    usage: Usage | None
    timings: dict[str, Any] = field(default_factory=dict)


Event = Stage | Text | Thinking | ToolCalled | ToolReturned | Finished
