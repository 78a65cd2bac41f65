"""Expressions as an administrator writes them, run in linear time, and how to tell that one may be about to match."""

import re
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import re2
from django.utils.translation import gettext

PATTERN_CHARACTERS = 1000
# What one expression, or all of them together, may take in memory; past it they are tried one by one.
ONE_BYTES, ALL_BYTES = 8 << 20, 64 << 20
# Stands for "this may go on in any way".
ANYTHING = "(?s:.*)"
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)


class BadPattern(ValueError):
    """An expression that cannot be used; says why."""


def options(limit: int = ONE_BYTES) -> re2.Options:
    """Return how expressions are read: whatever the case of letters, and within bounds."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.case_sensitive = False
    chosen.max_mem = limit
    return chosen


def read(line: str) -> Any:
    """Return the expression, ready to search with; raises BadPattern."""
    if len(line) > PATTERN_CHARACTERS:
        raise BadPattern(
            gettext("An expression has %(pattern_characters)s characters at most.")
            % {"pattern_characters": PATTERN_CHARACTERS}
        )
    try:
        compiled = re2.compile(line, options())
    except re2.error as error:
        raise BadPattern(gettext("This expression cannot be read: %(why)s") % {"why": _why(error)}) from None
    if compiled.search("") is not None:
        raise BadPattern(gettext("This expression matches an empty text, so it would match everything."))
    return compiled


def opening(line: str) -> str:
    """Return an expression that matches whatever the beginning of a match may be, for a search that ends at the end.

    It may match more than that. Where an expression is not understood here it is `ANYTHING`.
    """
    try:
        tree = parser.parse(line, re.IGNORECASE)
        made = _opening(list(tree))
        re2.compile(made, options())
    except (re.error, re2.error, _Beyond, RecursionError, OverflowError):
        return ANYTHING
    return made


class _Beyond(Exception):
    """A part of an expression that is not understood here."""


def _why(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)


def _opening(items: list) -> str:
    """Return what matches any beginning of these parts in a row, the empty one too."""
    made = ""
    for item in reversed(items):
        begun, whole = _begun(item), _whole(item)
        if not whole:
            # An assertion: nothing is said.
            continue
        made = f"(?:{begun}|{whole}{made})" if made else f"(?:{begun}|{whole})"
    return made or "(?:)"


def _begun(item: tuple) -> str:
    """Return what matches any beginning of one part."""
    kind, value = item
    if kind is codes.SUBPATTERN:
        return _opening(list(value[-1]))
    if kind is codes.BRANCH:
        return "(?:" + "|".join(_opening(list(branch)) for branch in value[1]) + ")"
    if kind in REPEATS:
        _, most, part = value
        before = f"(?:{_whole_of(list(part))}){_times(0, most)}"
        return f"(?:{before}{_opening(list(part))})"
    # Of a single sign there is nothing between none of it and all of it.
    return "(?:)"


def _whole(item: tuple) -> str:
    kind, value = item
    match kind:
        case codes.LITERAL:
            return rf"\x{{{value:x}}}"
        case codes.NOT_LITERAL:
            return rf"[^\x{{{value:x}}}]"
        case codes.ANY:
            return "(?s:.)"
        case codes.IN:
            return _set(value)
        case codes.AT:
            return ""
        case codes.SUBPATTERN:
            return f"(?:{_whole_of(list(value[-1]))})"
        case codes.BRANCH:
            return "(?:" + "|".join(_whole_of(list(branch)) for branch in value[1]) + ")"
        case _ if kind in REPEATS:
            least, most, part = value
            return f"(?:{_whole_of(list(part))}){_times(least, most)}"
    raise _Beyond


def _whole_of(items: list) -> str:
    return "".join(_whole(item) for item in items)


def _times(least: int, most: int) -> str:
    return f"{{{least},}}" if most is codes.MAXREPEAT else f"{{{least},{most}}}"


_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}


def _set(parts: list) -> str:
    made = ""
    for kind, value in parts:
        if kind is codes.NEGATE:
            made += "^"
        elif kind is codes.LITERAL:
            made += rf"\x{{{value:x}}}"
        elif kind is codes.RANGE:
            made += rf"\x{{{value[0]:x}}}-\x{{{value[1]:x}}}"
        elif kind is codes.CATEGORY:
            made += _CATEGORIES[value]
        else:
            raise _Beyond
    return f"[{made}]"
