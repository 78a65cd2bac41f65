"""OpenAI's side of the wire: server-sent events, tool calls in pieces, usage in a chunk of its own."""

import json
from typing import Any

from .behaviours import NAMED, TRAINED_CONTEXT, Behaviour
from .playback import Reply
from .said import Said, count_words

CREATED = 1_767_225_600
ARGUMENT_PIECE = 7
SLOT_CONTEXT = 4096


def listing(only: str = "") -> dict[str, Any]:
    """Return the body of `/v1/models`, with vLLM's and llama.cpp's ways to tell the context length."""
    if only:
        meta = {"n_ctx_train": TRAINED_CONTEXT}
        return {"object": "list", "data": [{"id": only, "object": "model", "owned_by": "llamacpp", "meta": meta}]}
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": CREATED, "owned_by": "fake", **context(number)}
            for number, name in enumerate(NAMED)
        ],
    }


def context(number: int) -> dict[str, Any]:
    return [{}, {"max_model_len": TRAINED_CONTEXT}, {"meta": {"n_ctx_train": TRAINED_CONTEXT}}][number % 3]


def reply(*, model: str, behaviour: Behaviour, said: Said, prompt_words: int, include_usage: bool) -> Reply:
    """Return the events of a streamed reply."""
    pieces = [event(model, {behaviour.reasoning_key: token}) for token in said.thinking]
    if behaviour.raw_text is not None:
        pieces.append(event(model, {"content": "\0"}).replace(rb'"\u0000"', behaviour.raw_text))
    pieces += [event(model, {"content": token}) for token in said.tokens]
    for number, call in enumerate(said.tool_calls):
        pieces += [event(model, {"tool_calls": [part]}) for part in call_parts(number, call)]
    pieces = pieces[: round(len(pieces) * behaviour.part)]
    first = event(model, {"role": "assistant", "content": ""})
    if pieces:
        pieces[0] = first + pieces[0]
    elif behaviour.end != "hang":
        pieces = [first]
    reason = behaviour.reason or ("tool_calls" if said.tool_calls else "stop")
    tail = b""
    if behaviour.end == "error":
        problem = {"message": behaviour.error, "type": "server_error", "code": 500}
        tail = b"data: " + json.dumps({"error": problem}).encode() + b"\n\n"
    elif behaviour.end in ("done", "no-marker"):
        tail = event(model, {}, reason=reason)
        if include_usage and behaviour.usage:
            tail += data(envelope(model, []) | {"usage": usage(said, prompt_words)})
        if behaviour.end == "done":
            tail += b"data: [DONE]\n\n"
    return Reply(
        pieces=pieces, tail=tail, content_type="text/event-stream", ping=b": still here\n\n" if behaviour.pings else b""
    )


def whole(*, model: str, behaviour: Behaviour, said: Said, prompt_words: int) -> dict[str, Any]:
    """Return the body of a reply that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(said.tokens)}
    if said.thinking:
        message[behaviour.reasoning_key] = "".join(said.thinking)
    if said.tool_calls:
        message["tool_calls"] = [
            {"id": f"call_{number:08x}", "type": "function", "function": {"name": call["name"], "arguments": raw(call)}}
            for number, call in enumerate(said.tool_calls)
        ]
    reason = behaviour.reason or ("tool_calls" if said.tool_calls else "stop")
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return envelope(model, [choice]) | {"object": "chat.completion", "usage": usage(said, prompt_words)}


def call_parts(number: int, call: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a tool call as it is streamed: the name first, then the arguments in pieces."""
    arguments = raw(call)
    name = {"name": call["name"], "arguments": ""}
    parts: list[dict[str, Any]] = [{"index": number, "id": f"call_{number:08x}", "type": "function", "function": name}]
    for start in range(0, len(arguments), ARGUMENT_PIECE):
        parts.append({"index": number, "function": {"arguments": arguments[start : start + ARGUMENT_PIECE]}})
    return parts


def raw(call: dict[str, Any]) -> str:
    arguments = call["arguments"]
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def event(model: str, delta: dict[str, Any], *, reason: str | None = None) -> bytes:
    value = envelope(model, [{"index": 0, "delta": delta, "finish_reason": reason}])
    return data(value, escape="\0" in str(delta.get("content", "")))


def data(value: dict[str, Any], *, escape: bool = False) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=escape, separators=(",", ":")).encode() + b"\n\n"


def envelope(model: str, choices: list[Any]) -> dict[str, Any]:
    kind = "chat.completion.chunk"
    return {"id": "chatcmpl-fake", "object": kind, "created": CREATED, "model": model, "choices": choices}


def usage(said: Said, prompt_words: int) -> dict[str, Any]:
    words = count_words(said)
    return {
        "prompt_tokens": prompt_words,
        "completion_tokens": words,
        "total_tokens": prompt_words + words,
        "prompt_tokens_details": {"cached_tokens": prompt_words // 2},
    }
