"""Answers and errors as Anthropic's clients read them."""

from typing import Any

import orjson

from llm.events import Event, Finished, Text, Thinking, ToolCalled
from llm.values import Model, ToolCall, Usage

from ..asked import Asked
from ..problems import BUSY, Problem
from ..sources import Source, Whole

OVERLOADED = 529
TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    OVERLOADED: "overloaded_error",
}
REASONS = {"length": "max_tokens", "budget_exceeded": "max_tokens", "content_filter": "refusal"}
# Nobody knows when a model was made.
CREATED_AT = "1970-01-01T00:00:00Z"


def status(problem: Problem) -> int:
    """Return the HTTP status of an error: Anthropic has one of its own for a model that is busy."""
    return OVERLOADED if problem.code == BUSY else problem.status


def error(problem: Problem, request_id: str) -> dict[str, Any]:
    """Return the body of an error."""
    kind = TYPES.get(status(problem)) or ("api_error" if problem.status >= 500 else "invalid_request_error")
    told = {"type": kind, "message": problem.detail, "details": {"error_code": problem.code}}
    return {"type": "error", "error": told, "request_id": request_id}


def model(found: Model) -> dict[str, Any]:
    """Return a model of the listing."""
    return {
        "type": "model",
        "id": found.id,
        "display_name": found.name,
        "created_at": CREATED_AT,
        "lifecycle": "active",
        "max_input_tokens": found.window or found.context_length,
    }


def models(found: list[Model]) -> dict[str, Any]:
    """Return the listing, all of it on one page."""
    ids = [each.id for each in found]
    return {
        "data": [model(each) for each in found],
        "has_more": False,
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
    }


def usage(counted: Usage) -> dict[str, Any]:
    """Return what an answer took; here the cached part of a prompt is not among its input tokens."""
    return {
        "input_tokens": counted.prompt_tokens - counted.cached_tokens,
        "output_tokens": counted.completion_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": counted.cached_tokens,
    }


def reason(told: str, *, called: bool) -> str:
    """Return why an answer ended, in one of the words that clients know."""
    return "tool_use" if called else REASONS.get(told, "end_turn")


def arguments(made: ToolCall) -> dict[str, Any]:
    """Return a tool call's arguments; what is not a JSON object is wrapped in one, because clients insist on it."""
    return {"INVALID_JSON": made.invalid} if made.invalid else made.arguments


def message(source: Source, whole: Whole, asked: Asked) -> dict[str, Any]:
    """Return a whole answer."""
    content: list[dict[str, Any]] = []
    if whole.thinking and asked.show_thinking:
        content.append({"type": "thinking", "thinking": whole.thinking, "signature": ""})
    if whole.text:
        content.append({"type": "text", "text": whole.text})
    for made in whole.calls:
        content.append({"type": "tool_use", "id": made.id, "name": made.name, "input": arguments(made)})
    ended = reason(whole.reason, called=bool(whole.calls))
    return head(source) | {"content": content, "stop_reason": ended, "usage": usage(whole.usage)}


def head(source: Source) -> dict[str, Any]:
    """Return a message that has not begun yet; what its prompt took is our estimate."""
    return {
        "id": f"msg_{source.id}",
        "type": "message",
        "role": "assistant",
        "model": source.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage(Usage(source.prompt_tokens, 0)),
    }


class Events:
    """An answer as it is written: blocks of thinking, text and tool calls, one after the other."""

    ping = b'event: ping\ndata: {"type":"ping"}\n\n'

    def __init__(self, source: Source, asked: Asked, request_id: str) -> None:
        self._head = head(source)
        self._show_thinking = asked.show_thinking
        self._request_id = request_id
        self._index = -1
        # The type of the block that is open, empty if none is.
        self._open = ""
        self._called = False

    def begin(self) -> bytes:
        """Return the event that opens the message."""
        return _event("message_start", message=self._head)

    def tell(self, event: Event) -> bytes:
        """Return the events for one event."""
        match event:
            case Text(text):
                opening = self._block("text", text="")
                return opening + self._delta(type="text_delta", text=text)
            case Thinking(text) if self._show_thinking:
                opening = self._block("thinking", thinking="", signature="")
                return opening + self._delta(type="thinking_delta", thinking=text)
            case ToolCalled(made):
                self._called = True
                ended = self._end_block()
                opening = self._block("tool_use", id=made.id, name=made.name, input={})
                partial = orjson.dumps(arguments(made)).decode()
                return ended + opening + self._delta(type="input_json_delta", partial_json=partial) + self._end_block()
        return b""

    def finish(self, finished: Finished) -> bytes:
        """Return the last events."""
        counted = usage(finished.usage or Usage(0, 0, exact=False))
        ended = {"stop_reason": reason(finished.reason, called=self._called), "stop_sequence": None}
        return self._end_block() + _event("message_delta", delta=ended, usage=counted) + _event("message_stop")

    def fail(self, problem: Problem) -> bytes:
        """Return the event that ends an answer early."""
        return b"event: error\ndata: " + orjson.dumps(error(problem, self._request_id)) + b"\n\n"

    def _block(self, kind: str, **fields: Any) -> bytes:
        if self._open == kind:
            return b""
        ended = self._end_block()
        self._open, self._index = kind, self._index + 1
        return ended + _event("content_block_start", index=self._index, content_block={"type": kind, **fields})

    def _delta(self, **delta: Any) -> bytes:
        return _event("content_block_delta", index=self._index, delta=delta)

    def _end_block(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return _event("content_block_stop", index=self._index)


def _event(kind: str, **fields: Any) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps({"type": kind, **fields}) + b"\n\n"
