"""What a parser says: pieces of JSON with bytes after them, written to the pipe as soon as they are known."""

import json
import os
import struct
from typing import Any

PIECE = struct.Struct("!II")


class Refused(Exception):
    """A file that cannot be read: a code, and a sentence where there is a better one than the code's own."""

    def __init__(self, code: str, detail: str = ""):
        self.code, self.detail = code, detail
        super().__init__(code)


class Receipt:
    """What was read of a file, with a warning for each thing that was not, or not surely."""

    def __init__(self, facts: dict[str, Any] | None = None):
        self.facts: dict[str, Any] = facts or {}
        self.warnings: list[dict[str, str]] = []

    def warn(self, code: str, detail: str) -> None:
        self.warnings.append({"code": code, "detail": detail})


class Answer:
    """The pipe to the process that waits."""

    def __init__(self, pipe: int = 1):
        self._pipe = pipe

    def say(self, what: str, data: bytes = b"", **more: Any) -> None:
        words = json.dumps({"is": what, **more}, ensure_ascii=False).encode("utf-8", "replace")
        whole = memoryview(PIECE.pack(len(words), len(data)) + words + data)
        while whole:
            whole = whole[os.write(self._pipe, whole) :]

    def read(self, sections: list[tuple[str, int | None, str]], receipt: Receipt) -> None:
        """Say what was read; a picture may follow, but what is said now holds without it."""
        self.say("read", sections=sections, receipt={**receipt.facts, "warnings": receipt.warnings})

    def end(self, warnings: list[dict[str, str]] | None = None) -> None:
        self.say("end", warnings=warnings or [])


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 page" or "2,000 pages"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
