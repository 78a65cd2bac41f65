"""Tools as models are told of them, and their calls as models send them: arguments as an object or as JSON text."""

import json
from secrets import token_hex
from typing import Any

from ..values import Tool, ToolCall
from ..wire import clean, decode


def read_call(*, id: Any, name: Any, arguments: Any) -> ToolCall:
    """Return a tool call with parsed arguments; text that is not a JSON object is kept in `invalid`."""
    id = id if id and isinstance(id, str) else f"call_{token_hex(6)}"
    name = clean(name) if isinstance(name, str) else ""
    if isinstance(arguments, str):
        try:
            arguments, raw = decode(arguments.encode("utf-8", "replace") or b"{}"), arguments
        except ValueError:
            return ToolCall(id=id, name=name, arguments={}, invalid=arguments)
        # What JSON escapes hide comes to light only now.
        arguments = clean(arguments)
    else:
        arguments, raw = arguments or {}, repr(arguments)
    if not isinstance(arguments, dict) or not _is_json(arguments):
        return ToolCall(id=id, name=name, arguments={}, invalid=raw)
    return ToolCall(id=id, name=name, arguments=arguments)


def _is_json(arguments: dict[str, Any]) -> bool:
    """Whether all of it is JSON: NaN and Infinity, which Python reads, are refused by databases."""
    try:
        json.dumps(arguments, allow_nan=False)
    except ValueError:
        return False
    return True


def wire_tool(tool: Tool) -> dict[str, Any]:
    """Return a tool as OpenAI and Ollama take it."""
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}
