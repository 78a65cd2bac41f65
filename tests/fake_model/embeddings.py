"""Texts as vectors: the same for texts that say the same, in whatever words of a group of synonyms."""

import base64
import re
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import shake_256
from typing import Any

from .behaviours import Behaviour, behaviour_of

DIMENSIONS = 256
# Shorter words say little, and numbers nothing.
WORD = re.compile(r"[^\W\d_]{4,}")
# What servers put in front of a text is none of it.
LABEL = re.compile(r"^(?:search_(?:query|document): )")
# A model of a name with this answers with something else than was asked for.
STRANGE = "strange"
# `embed-short-50` refuses texts of more than 50 words, as llama.cpp does those that are too long for it.
SHORT = re.compile(r"embed-short-(\d+)")
TOO_LONG = "input is too large to process. increase the physical batch size"


def behaviour_for(model: str) -> Behaviour | None:
    """Return how a model takes texts: well if its name says "embed", else as its chats go; None without one."""
    return Behaviour(capabilities=("embedding",)) if "embed" in model else behaviour_of(model)


def refusal(model: str, behaviour: Behaviour | None, texts: Sequence[str]) -> tuple[int, str]:
    """Return the status and the error of a request that is refused, (200, "") otherwise."""
    if behaviour is None:
        return 404, f'model "{model}" not found, try pulling it first'
    if behaviour.status != 200:
        return behaviour.status, behaviour.error
    if "embedding" not in behaviour.capabilities:
        return 400, f'"{model}" does not support embeddings'
    if (short := SHORT.search(model)) and any(len(text.split()) > int(short[1]) for text in texts):
        return 500, TOO_LONG
    return 200, ""


def texts_of(body: dict[str, Any]) -> list[str]:
    """Return what is to be embedded: one text or several."""
    asked = body.get("input", "")
    return [asked] if isinstance(asked, str) else [str(each) for each in asked]


def vector(model: str, text: str, synonyms: Iterable[Iterable[str]]) -> list[float]:
    """Return a text's vector of length 1: the sum of those of the things that it names."""
    groups = {word: min(group) for group in map(set, synonyms) for word in group}
    words = {word.lower() for word in WORD.findall(LABEL.sub("", text))}
    things = sorted({groups.get(word, word) for word in words}) or ["nothing"]
    summed = [sum(column) for column in zip(*(_thing(model, each) for each in things), strict=True)]
    length = sum(value * value for value in summed) ** 0.5 or 1.0
    return [value / length for value in summed]


@lru_cache(maxsize=4096)
def _thing(model: str, name: str) -> tuple[int, ...]:
    signs = int.from_bytes(shake_256(f"{model} {name}".encode()).digest(DIMENSIONS // 8))
    return tuple(1 if signs >> place & 1 else -1 for place in range(DIMENSIONS))


def strange(vectors: list[list[float]]) -> list[list[Any]]:
    """Return vectors in a shape that nobody can use."""
    return [[*each[:-1], "much"] for each in vectors]


def native(model: str, vectors: list[list[float]], words: int) -> dict[str, Any]:
    """Return the body of `/api/embed`."""
    durations = {"total_duration": 14_143_917, "load_duration": 1_019_500}
    return {"model": model, "embeddings": vectors, **durations, "prompt_eval_count": words}


def openai(model: str, vectors: list[list[float]], words: int, encoding: str) -> dict[str, Any]:
    """Return the body of `/v1/embeddings`, whose vectors are base64 where that is asked for."""
    told: list[Any] = vectors
    if encoding == "base64":
        told = [base64.b64encode(struct.pack(f"<{len(each)}f", *each)).decode() for each in vectors]
    data = [{"object": "embedding", "index": number, "embedding": each} for number, each in enumerate(told)]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": words, "total_tokens": words}}
