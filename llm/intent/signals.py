"""The signals of a message: which meanings it has, what shape, how the two meet, and what went before it."""

from collections.abc import Sequence
from typing import NamedTuple

from .phrases import Found, find
from .structure import shape
from .words import readable, words_of

# How a message begins says most about what is wanted.
BEGINNING_WORDS = 3
SHORT_WORDS = 6
LONG_WORDS = 40
# A text to be translated, summarised or corrected stands behind a colon or a quotation mark; it asks for nothing.
ABOUT_A_TEXT = frozenset({"translate", "summarise", "correct"})
ABOUT_A_TEXT_WORDS = 8

# Meanings that matter by the company they keep.
FAMILIES = {
    "making": ("write", "implement", "change"),
    "learning": (
        "explain",
        "learn",
        "understand",
        "compare",
        "means",
        "what_is",
        "how_works",
        "why",
        "purpose",
        "about",
    ),
    "trouble": (
        "error",
        "failure",
        "broken",
        "cannot",
        "freeze",
        "trace",
        "error name",
        "error code",
        "error line",
        "log",
    ),
    "technical": ("language", "program", "code", "fence"),
    "things": ("device", "gear", "account", "install"),
    "text": ("compose", "translate", "summarise", "correct"),
    "life": ("recommend", "plan", "food", "feeling", "opinion", "joke", "self", "greeting", "thanks", "bye", "small"),
}
PAIRS = {
    "making": (
        "technical",
        "code_word",
        "text",
        "life",
        "learning",
        "trouble",
    ),
    "how_to": (
        "technical",
        "code_word",
        "things",
        "trouble",
        "fix",
        "subject",
    ),
    "learning": (
        "technical",
        "code_word",
        "subject",
        "things",
        "trouble",
        "life",
    ),
    "trouble": (
        "technical",
        "code_word",
        "things",
        "code",
        "life",
        "since",
        "fix",
    ),
    "negation": (
        "things",
        "technical",
        "since",
    ),
    "fix": (
        "technical",
        "code_word",
        "things",
    ),
    "since": ("things",),
    "things": ("technical",),
    "text": (
        "things",
        "technical",
        "trouble",
    ),
    "why": (
        "trouble",
        "code",
        "negation",
    ),
    "fact": (
        "subject",
        "technical",
        "things",
        "learning",
    ),
    "question": (
        "things",
        "technical",
    ),
    "what_is": ("subject",),
    "about": ("subject",),
    "opinion": ("subject",),
}


class Signals(NamedTuple):
    """What was found in a message: the names of its signals, and its phrases with the text they were found in."""

    names: frozenset[str]
    phrases: tuple[Found, ...]
    prose: str
    words: int


def signals_of(text: str) -> Signals:
    """Return the signals of a message by itself."""
    kind, prose = shape(readable(text))
    words = words_of(prose)
    phrases = find(words)
    if quoted := quotation(prose, phrases):
        phrases = [each for each in phrases if each.start < quoted]
    names = {each.meaning for each in phrases} | kind
    names |= {family for family, members in FAMILIES.items() if not names.isdisjoint(members)}
    names |= {f"{one} + {other}" for one, others in PAIRS.items() if one in names for other in others if other in names}
    names |= {f"{each.meaning} first" for each in phrases if each.position < BEGINNING_WORDS}
    if "technical" not in names and "things" not in names:
        names.add("nothing technical")
        names |= {
            f"{name}, nothing technical"
            for name in ("making", "how_to", "learning", "trouble", "code_word")
            if name in names
        }
    if len(words) <= SHORT_WORDS:
        names.add("short")
    elif len(words) >= LONG_WORDS:
        names.add("long")
    return Signals(frozenset(names), tuple(phrases), prose, len(words))


def quotation(prose: str, phrases: Sequence[Found]) -> int:
    """Return where the text begins that something is to be done with, 0 if there is none."""
    asked = [each for each in phrases if each.meaning in ABOUT_A_TEXT and each.position < ABOUT_A_TEXT_WORDS]
    if not asked:
        return 0
    places = [prose.find(mark, asked[0].end) for mark in (":", "\n", '"', "«", "“", "„")]
    return min((place for place in places if place > 0), default=0)
