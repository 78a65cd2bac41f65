"""The values that go into a model and describe it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to run a tool; `invalid` holds the raw text when its arguments were not a JSON object."""

    id: str
    name: str
    arguments: dict[str, Any]
    invalid: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as models see it; `role` is system, user, assistant or tool."""

    role: str
    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool_name: str = ""
    images: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may run: `parameters` is a JSON schema of an object, `run(arguments)` answers with text.

    One that `asks` only runs where whoever listens to the answer allows the call.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any]], Awaitable[str]]
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may ask of an answer; None leaves the choice to the model server.

    `format` is a JSON schema, or "json" for any JSON object; `strict` holds the answer to the schema to the letter,
    where the server makes a difference. `tool_choice` is "required" or the name of the tool that must be called.
    `capabilities` are what the model can do, where that is not what its server says.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    context_length: int | None = None
    think: bool | str | None = None
    format: dict[str, Any] | Literal["json"] | None = None
    strict: bool = False
    tool_choice: str | None = None
    capabilities: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of an answer; `exact` is False when they are our estimate and not the server's count."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be asked; `id` is "provider/name", `context_length` the most tokens it was trained for.

    `window` is how many tokens a request and its answer may have together, None if its server does not say; `title` is
    what people call it, where that is not its id.
    """

    id: str
    name: str
    provider: str
    capabilities: frozenset[str] = field(default_factory=frozenset)
    context_length: int | None = None
    description: str = ""
    window: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What texts mean: a vector for each, all of one length, and the tokens read by the server's count, if it tells."""

    vectors: list[list[float]]
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it is sent: its bytes, a name whose ending says what it is, and its media type."""

    content: bytes
    name: str
    media_type: str
