"""Ollama's side of the wire: NDJSON, errors inside a 200 stream, counters in the last line."""

import json
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from .behaviours import TRAINED_CONTEXT, Behaviour, behaviour_of
from .playback import Reply
from .said import Said, count_words

CREATED_AT = "2026-01-01T00:00:00.000000Z"
NANOSECONDS = 1_000_000_000
# What a download is made of, in bytes, and in how many steps it comes.
LAYERS = (4_000_000, 1_000)
PARTS = 20


def listing(names: Sequence[str]) -> dict[str, Any]:
    """Return the body of `/api/tags` with these models on disk."""
    return {"models": [entry(name) | {"modified_at": CREATED_AT} for name in names]}


def pulling(*, model: str) -> list[bytes]:
    """Return the lines of `/api/pull`: two layers that interleave, of which the first lines lack `completed`."""
    told: list[dict[str, Any]] = [{"status": "pulling manifest"}]
    if "missing" in model:
        told.append({"error": "pull model manifest: file does not exist"})
        return [encode(each) + b"\n" for each in told]
    layers = {f"sha256:{sha256(f'{model}{number}'.encode()).hexdigest()}": size for number, size in enumerate(LAYERS)}
    for part in range(PARTS + 1):
        for digest, size in layers.items():
            done = {"completed": size * part // PARTS} if part else {}
            told.append({"status": f"pulling {digest[7:19]}", "digest": digest, "total": size, **done})
    told += [{"status": each} for each in ("verifying sha256 digest", "writing manifest", "success")]
    return [encode(each) + b"\n" for each in told]


def pulling_like(*, model: str) -> Behaviour:
    """Return how a download goes: "slow" takes two seconds, "slowest" half a minute, "cut" ends before it says so."""
    rate = 1 if "slowest" in model else 10 if "slow" in model else None
    return Behaviour(rate=rate, end="none" if "cut" in model else "done")


def running(*, names: list[str]) -> dict[str, Any]:
    """Return the body of `/api/ps` with these models loaded."""
    return {
        "models": [
            entry(name) | {"expires_at": CREATED_AT, "size_vram": 0, "context_length": window_of(name)}
            for name in names
        ]
    }


def window_of(name: str) -> int:
    """Return what a model was loaded with, in tokens."""
    behaviour = behaviour_of(name)
    return (behaviour and behaviour.window) or TRAINED_CONTEXT


def entry(name: str) -> dict[str, Any]:
    digest = sha256(name.encode()).hexdigest()
    tag = f"{name.removesuffix(':latest')}:latest"
    return {"name": tag, "model": tag, "size": 1_000_000, "digest": digest, "details": details()}


def details() -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "1B",
        "quantization_level": "Q4_K_M",
    }


def shown(*, behaviour: Behaviour) -> dict[str, Any]:
    """Return the body of `/api/show`."""
    return {
        "modelfile": "FROM fake",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": details(),
        "model_info": {"general.architecture": "llama", "llama.context_length": TRAINED_CONTEXT},
        "capabilities": list(behaviour.capabilities),
        "modified_at": CREATED_AT,
    }


def reply(*, model: str, behaviour: Behaviour, said: Said, prompt_words: int) -> Reply:
    """Return the NDJSON lines of a streamed reply."""
    pieces = [line(model, {"thinking": token, "content": ""}) for token in said.thinking]
    if behaviour.raw_text is not None:
        marker = line(model, {"content": "\0"})
        pieces.append(marker.replace(rb'"\u0000"', behaviour.raw_text))
    pieces += [line(model, {"content": token}) for token in said.tokens]
    calls = [
        {
            "id": f"call_{number:08x}",
            "function": {"index": number, "name": call["name"], "arguments": call["arguments"]},
        }
        for number, call in enumerate(said.tool_calls)
    ]
    if calls and not behaviour.tools_at_end:
        pieces.append(line(model, {"content": "", "tool_calls": calls}))
    pieces = pieces[: round(len(pieces) * behaviour.part)]
    tail = b""
    if behaviour.end == "error":
        tail = encode({"error": behaviour.error}) + b"\n"
    elif behaviour.end in ("done", "no-marker"):
        last: dict[str, Any] = {"role": "assistant", "content": ""}
        if calls and behaviour.tools_at_end:
            last["tool_calls"] = calls
        tail = encode(final(model, last, behaviour, said, prompt_words)) + b"\n"
    return Reply(pieces=pieces, tail=tail, content_type="application/x-ndjson", ping=b"\n" if behaviour.pings else b"")


def whole(*, model: str, behaviour: Behaviour, said: Said, prompt_words: int) -> dict[str, Any]:
    """Return the body of a reply that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(said.tokens)}
    if said.thinking:
        message["thinking"] = "".join(said.thinking)
    if said.tool_calls:
        message["tool_calls"] = [{"function": dict(call)} for call in said.tool_calls]
    return final(model, message, behaviour, said, prompt_words)


def loaded(*, model: str) -> dict[str, Any]:
    """Return the answer to a chat without messages, which only loads the model."""
    message = {"role": "assistant", "content": ""}
    return {"model": model, "created_at": CREATED_AT, "message": message, "done_reason": "load", "done": True}


def line(model: str, message: dict[str, Any]) -> bytes:
    value = {"model": model, "created_at": CREATED_AT, "message": {"role": "assistant", **message}, "done": False}
    return encode(value, escape="\0" in message.get("content", "")) + b"\n"


def encode(value: dict[str, Any], *, escape: bool = False) -> bytes:
    """Return compact JSON with `<`, `>` and `&` escaped, as Go writes it."""
    text = json.dumps(value, ensure_ascii=escape, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode()


def final(model: str, message: dict[str, Any], behaviour: Behaviour, said: Said, prompt_words: int) -> dict[str, Any]:
    value: dict[str, Any] = {
        "model": model,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
        "message": message,
        "done": True,
        "done_reason": behaviour.reason or "stop",
    }
    if behaviour.usage:
        value |= {
            "total_duration": 3 * NANOSECONDS,
            "load_duration": NANOSECONDS,
            "prompt_eval_count": prompt_words,
            "prompt_eval_duration": NANOSECONDS // 2,
            "eval_count": count_words(said),
            "eval_duration": NANOSECONDS,
        }
    return value
