"""Every pattern that reads what others wrote takes time in proportion to its length, whatever it is."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("accounts", "chatsite", "conversations", "llm")
# What these find is read in a process of its own, with little time.
ELSEWHERE = ("conversations.extraction.", "conversations.exports.printing.")
LENGTH = 30_000
# In proportion it takes a millisecond; by the square of the length, a second and more.
SLOW_SECONDS = 0.5
BRICKS = ["a", "-", "a-", " ", "\t ", '"', '"a", ', "\n", "\\", "*", "`", "$", "<", "<a ", "&", "[", "](", "|", "1."]
BRICKS += ["://", "://a", "key-", "bearer ", "0123456789abcdef", "é", "\u200b", ";", "%"]
WAYS = ("fullmatch", "match", "search", "finditer", "findall", "sub", "split")


def patterns(app: str) -> Iterator[tuple[str, re.Pattern, set[str]]]:
    """Give every compiled pattern of an app's modules, where it is, and the ways in which it is used."""
    ways = ways_of_use()
    for found in pkgutil.walk_packages(importlib.import_module(app).__path__, f"{app}."):
        if ".migrations" in found.name or ".management" in found.name or found.name.startswith(ELSEWHERE):
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{found.name}.{name}", value, ways.get(name, {"finditer"})


@cache
def ways_of_use() -> dict[str, set[str]]:
    """Return how each name is used somewhere as a pattern."""
    source = "\n".join(path.read_text() for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    ways: dict[str, set[str]] = {}
    for name, way in re.findall(rf"\b(\w+)\.({'|'.join(WAYS)})\(", source):
        ways.setdefault(name, set()).add(way)
    return ways


def use(pattern: re.Pattern, way: str, text: str) -> None:
    """Read the text with the pattern in one of the ways."""
    match way:
        case "sub":
            pattern.sub(text[:0], text)
        case "finditer":
            for _ in pattern.finditer(text):
                pass
        case _:
            getattr(pattern, way)(text)


@pytest.mark.parametrize("app", APPS)
def test_each_is_linear(app: str):
    seen: set[re.Pattern] = set()
    for name, pattern, ways in patterns(app):
        if pattern in seen:
            continue
        seen.add(pattern)
        for brick in BRICKS:
            for end in ("", "!"):
                text = (brick * LENGTH)[:LENGTH] + end
                text = text.encode() if isinstance(pattern.pattern, bytes) else text
                for way in ways:
                    began = time.thread_time()
                    use(pattern, way, text)
                    assert time.thread_time() - began < SLOW_SECONDS, (name, way, brick, end)
    assert seen
