"""Every pattern that reads what others wrote takes time in proportion to its length, whatever it is."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("accounts", "chatsite", "conversations", "llm")
# What these find is read in a process of its own, with little time.
ELSEWHERE = "conversations.extraction."
LENGTH = 60_000
# In proportion it takes a millisecond; by the square of the length, several seconds.
SLOW_SECONDS = 0.5
BRICKS = ["a", "-", "a-", " ", "\t ", '"', '"a", ', "\n", "\\", "*", "`", "$", "<", "<a ", "&", "[", "](", "|", "1."]
BRICKS += ["://", "://a", "key-", "bearer ", "0123456789abcdef", "é", "\u200b", ";", "%"]
WAYS = ("fullmatch", "match", "search", "finditer", "findall", "sub", "split")


def patterns() -> Iterator[tuple[str, re.Pattern, set[str]]]:
    """Give every compiled pattern of our modules, where it is, and the ways in which it is used."""
    source = "\n".join(path.read_text() for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    ways: dict[str, set[str]] = {}
    for name, way in re.findall(rf"\b(\w+)\.({'|'.join(WAYS)})\(", source):
        ways.setdefault(name, set()).add(way)
    for app in APPS:
        for found in pkgutil.walk_packages(importlib.import_module(app).__path__, f"{app}."):
            if ".migrations" in found.name or ".management" in found.name or found.name.startswith(ELSEWHERE):
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{found.name}.{name}", value, ways.get(name, {"finditer"})


PATTERNS = {pattern: (name, used) for name, pattern, used in patterns()}


def use(pattern: re.Pattern, way: str, text: str) -> None:
    """Read the text with the pattern in one of the ways."""
    match way:
        case "sub":
            pattern.sub("", text)
        case "finditer":
            for _ in pattern.finditer(text):
                pass
        case _:
            getattr(pattern, way)(text)


@pytest.mark.parametrize("pattern", PATTERNS, ids=[name for name, _ in PATTERNS.values()])
def test_it_is_linear(pattern: re.Pattern):
    for brick in BRICKS:
        for end in ("", "!"):
            text = (brick * LENGTH)[:LENGTH] + end
            for way in PATTERNS[pattern][1]:
                began = time.perf_counter()
                use(pattern, way, text)
                assert time.perf_counter() - began < SLOW_SECONDS, (way, brick, end)


def test_there_are_patterns_to_look_at():
    assert len(PATTERNS) > 5
