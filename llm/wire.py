"""From bytes to values: lines out of chunks, JSON out of lines, and text that a database takes."""

import json
import re
from typing import Any

import orjson

from .errors import ModelError

LARGEST_LINE_BYTES = 8 * 1024 * 1024
REPLACEMENT = "\ufffd"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ESCAPED_NUL = b"\\u0000"


class LineReader:
    """Cuts a stream of chunks into lines, wherever the chunks end."""

    __slots__ = ("parts", "size")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that this chunk completes, without their newlines."""
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if self.parts and lines:
            self.parts.append(lines[0])
            lines[0] = b"".join(self.parts)
            self.parts.clear()
            self.size = 0
        if rest:
            self.parts.append(rest)
            self.size += len(rest)
            if self.size > LARGEST_LINE_BYTES:
                raise ModelError("model_protocol", "The model server sent a line of more than 8 MB.")
        return lines

    def rest(self) -> bytes:
        """Return what came after the last newline."""
        return b"".join(self.parts)


def decode(line: bytes) -> Any:
    """Return the JSON value of a line with every unstorable character replaced; ValueError if there is none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        # orjson refuses invalid UTF-8 and half surrogate pairs; both happen, and neither is worth an answer.
        try:
            return clean(json.loads(line.decode("utf-8", "replace")))
        except RecursionError:
            raise ValueError("JSON nested too deeply") from None
    if ESCAPED_NUL in line:
        return clean(value)
    return value


def clean(value: Any) -> Any:
    """Return a JSON value with NUL and half surrogate pairs, which databases refuse, replaced by U+FFFD."""
    if isinstance(value, str):
        return UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items()}
    return value
