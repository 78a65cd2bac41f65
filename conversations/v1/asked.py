"""What a program asks for, the same for both protocols."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from chatsite.ids import uuid_or
from llm.values import Message, Options, Tool, ToolCall

from ..errors import Invalid
from .fields import Fields

CONVERSATION_HEADER = "X-Conversation-Id"
MODEL_CHARACTERS = 200
MOST_TOOLS = 128
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
CALL_ID_CHARACTERS = 200
MOST_STOPS = 16
STOP_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for an answer; `one_call` allows one tool call at most, `show_thinking` asks for the thinking."""

    model: str
    messages: tuple[Message, ...]
    options: Options
    tools: tuple[Tool, ...] = ()
    stream: bool = False
    one_call: bool = False
    show_thinking: bool = True
    include_usage: bool = False
    conversation_id: uuid.UUID | None = None


def read_conversation(metadata: Fields | None, headers: Mapping[str, str]) -> uuid.UUID | None:
    """Return the conversation to keep the exchange in, as the header or the metadata names it; raises Invalid."""
    named = metadata.text("conversation_id") if metadata else None
    sent = {name for name in (headers.get(CONVERSATION_HEADER), named) if name}
    if not sent:
        return None
    if len(sent) > 1:
        raise Invalid(f"{CONVERSATION_HEADER} and metadata.conversation_id differ. Send one.", code="invalid")
    detail = "A conversation's id is a UUID."
    return uuid_or(Invalid(detail, code="invalid", param="metadata.conversation_id"), sent.pop())


def make_tool(fields: Fields, *, schema: str) -> Tool:
    """Return a tool that the client runs itself; `schema` is the name of the field with its parameters."""
    name = fields.name("name", longest=128)
    if not TOOL_NAME.fullmatch(name):
        raise fields.wrong("name", "may hold letters, digits, _ and - only.")
    description = fields.text("description") or ""
    parameters = fields.schema(schema) or {"type": "object", "properties": {}}
    return Tool(name=name, description=description, parameters=parameters, run=left_to_the_client)


async def left_to_the_client(arguments: dict[str, Any]) -> str:
    """Refuse: tools of a client are run by the client."""
    raise NotImplementedError("A tool of a client is run by the client.")


def check_tools(fields: Fields, tools: tuple[Tool, ...], chosen: str | None) -> None:
    """Raise if two tools have the same name, or the one that must be called is not among them."""
    names = [tool.name for tool in tools]
    if len(set(names)) < len(names):
        raise fields.wrong("tools", "has two tools of the same name.")
    if chosen and chosen not in {"required", *names}:
        raise fields.wrong("tool_choice", "names a tool that is not among the tools.")
    if chosen and not tools:
        raise fields.wrong("tool_choice", "needs tools.")


def make_call(*, id: str, name: str, arguments: str) -> ToolCall:
    """Return an earlier call of a tool; arguments that are not a JSON object are kept as they came."""
    try:
        value = orjson.loads(arguments or "{}")
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict):
        return ToolCall(id=id, name=name, arguments=value)
    return ToolCall(id=id, name=name, arguments={}, invalid=arguments)


class Calls:
    """The tool calls of a request so far, so that each result finds the name of its tool."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def add(self, call: ToolCall) -> ToolCall:
        """Remember a call and return it."""
        self._names[call.id] = call.name
        return call

    def result(self, fields: Fields, *, id: str, text: str) -> Message:
        """Return a tool's result: the field named `id` says which call it answers."""
        call_id = fields.name(id, longest=CALL_ID_CHARACTERS)
        if call_id not in self._names:
            raise fields.wrong(id, "answers no tool call before it.")
        return Message("tool", text, tool_call_id=call_id, tool_name=self._names[call_id])
