"""Answers and errors as OpenAI's clients read them."""

import time
from typing import Any

import orjson

from llm.events import Event, Finished, Text, Thinking, ToolCalled
from llm.values import Model, ToolCall, Usage

from ..asked import Asked
from ..problems import Problem
from ..sources import Source, Whole

PING = b": still here\n\n"
DONE = b"data: [DONE]\n\n"
REASONS = {"length", "content_filter"}
TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
# Nobody knows when a model was made.
CREATED = 0


def error(problem: Problem, request_id: str) -> dict[str, Any]:
    """Return the body of an error."""
    kind = "insufficient_quota" if problem.code == "budget_exceeded" else TYPES.get(problem.status)
    kind = kind or ("server_error" if problem.status >= 500 else "invalid_request_error")
    return {"error": {"message": problem.detail, "type": kind, "param": problem.param, "code": problem.code}}


def model(found: Model) -> dict[str, Any]:
    """Return a model of the listing."""
    return {
        "id": found.id,
        "object": "model",
        "created": CREATED,
        "owned_by": found.provider,
        "context_length": found.window or found.context_length,
        "capabilities": sorted(found.capabilities),
    }


def models(found: list[Model]) -> dict[str, Any]:
    """Return the listing."""
    return {"object": "list", "data": [model(each) for each in found]}


def usage(counted: Usage) -> dict[str, Any]:
    """Return what an answer took."""
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.prompt_tokens + counted.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": counted.cached_tokens},
    }


def reason(told: str, *, called: bool) -> str:
    """Return why an answer ended, in one of the words that clients know."""
    if called:
        return "tool_calls"
    return "length" if told == "budget_exceeded" else told if told in REASONS else "stop"


def call(made: ToolCall) -> dict[str, Any]:
    """Return a tool call; arguments that are not JSON are passed on as the model wrote them."""
    arguments = made.invalid or orjson.dumps(made.arguments).decode()
    return {"id": made.id, "type": "function", "function": {"name": made.name, "arguments": arguments}}


def completion(source: Source, whole: Whole) -> dict[str, Any]:
    """Return a whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": whole.text, "refusal": None}
    if whole.thinking:
        message["reasoning_content"] = whole.thinking
    if whole.calls:
        message["content"] = whole.text or None
        message["tool_calls"] = [call(made) for made in whole.calls]
    ended = reason(whole.reason, called=bool(whole.calls))
    return {
        "id": f"chatcmpl-{source.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": source.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": ended}],
        "usage": usage(whole.usage),
    }


class Chunks:
    """An answer as it is written."""

    ping = PING

    def __init__(self, source: Source, asked: Asked, request_id: str) -> None:
        self._include_usage = asked.include_usage
        self._request_id = request_id
        self._calls = 0
        self._head = {
            "id": f"chatcmpl-{source.id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": source.model,
        }

    def begin(self) -> bytes:
        """Return the chunk that says who speaks."""
        return self._chunk({"role": "assistant", "content": ""})

    def tell(self, event: Event) -> bytes:
        """Return the chunk for one event."""
        match event:
            case Text(text):
                return self._chunk({"content": text})
            case Thinking(text):
                return self._chunk({"reasoning_content": text})
            case ToolCalled(made):
                index, self._calls = self._calls, self._calls + 1
                return self._chunk({"tool_calls": [{"index": index, **call(made)}]})
        return b""

    def finish(self, finished: Finished) -> bytes:
        """Return the last chunks."""
        end = self._chunk({}, reason(finished.reason, called=bool(self._calls)))
        if self._include_usage:
            counted = finished.usage or Usage(0, 0, exact=False)
            end += _data({**self._head, "choices": [], "usage": usage(counted)})
        return end + DONE

    def fail(self, problem: Problem) -> bytes:
        """Return the event that ends an answer early."""
        return _data(error(problem, self._request_id))

    def _chunk(self, delta: dict[str, Any], ended: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ended}
        chunk: dict[str, Any] = {**self._head, "choices": [choice]}
        if self._include_usage:
            chunk["usage"] = None
        return _data(chunk)


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
