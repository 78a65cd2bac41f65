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
    """More of the answer: never empty, valid Unicode, without NUL; `pieces` is how many tokens it came in."""

    text: str
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class Thinking:
    """More of the thinking that goes before the answer, under the same promises as `Text`."""

    text: str
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model wants a tool run."""

    call: ToolCall


@dataclass(slots=True)
class ToolAsked:
    """A tool wants to be allowed to run: whoever takes this event sets `allowed` before taking the next one."""

    call: ToolCall
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """What a tool answered, as the model will see it; `ok` is False for an unknown tool, bad arguments or a failure."""

    call: ToolCall
    result: str
    ok: bool
    ms: int


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """One call of the model is over, and another follows because it asked for tools; `usage` is that call's own."""

    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a whole answer; `reason` is stop, length, tool_calls, tool_limit or the server's own word.

    `usage` is that of the whole answer, `last` that of its last call if there were several.
    """

    reason: str
    usage: Usage | None
    timings: dict[str, Any] = field(default_factory=dict)
    last: Usage | None = None


Event = Stage | Text | Thinking | ToolCalled | ToolAsked | ToolReturned | RoundEnded | Finished
