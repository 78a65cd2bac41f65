"""The place in a text where something was found, as plain text cut into pieces, of which some are the find."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ..rendering import plain
from .query import Phrase, Query
from .terms import TERMS_LIMIT, Term, found_in

# How much is shown before the find, and in all.
LEAD_CHARACTERS = 60
SNIPPET_CHARACTERS = 240
# Markdown takes room that plain text does not.
CUT_CHARACTERS = 2 * SNIPPET_CHARACTERS
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of plain text, and whether it is what was looked for."""

    text: str
    found: bool


def marked(title: str, query: Query) -> list[Piece]:
    """Return a title, whole."""
    return _pieces(title, _finds(title, query), before=False, after=False)


def holds(text: str, query: Query) -> bool:
    """Whether any of the wanted phrases stands in the text."""
    return bool(_finds(text, query))


def snippet(text: str, query: Query, *, markdown: bool = True) -> list[Piece]:
    """Return the surroundings of the first find in a text of Markdown, or of nothing but characters; its beginning if
    there is none to be seen."""
    first = next(iter(_finds(text, query)), (0, 0))
    start, before = _from(text, first[0], LEAD_CHARACTERS)
    excerpt = text[start : start + CUT_CHARACTERS]
    after = start + len(excerpt) < len(text)
    shown = plain(excerpt) if markdown else ""
    finds = _finds(shown, query)
    if not finds:
        # What was found is in the Markdown only, such as an address behind a link.
        shown = " ".join(excerpt.split())
        finds = _finds(shown, query)
    if len(shown) > SNIPPET_CHARACTERS:
        shown, after = _whole_words(shown[:SNIPPET_CHARACTERS]), True
    return _pieces(shown, finds, before, after)


def _from(text: str, at: int, lead: int) -> tuple[int, bool]:
    """Return where to begin so that a few whole words stand before `at`, and whether anything is left out."""
    if at <= lead:
        return 0, False
    space = text.find(" ", at - lead, at)
    return (at if space < 0 else space + 1), True


def _whole_words(text: str) -> str:
    head, space, _ = text.rpartition(" ")
    return head if space and len(head) > SNIPPET_CHARACTERS // 2 else text


def _pieces(text: str, finds: Sequence[tuple[int, int]], before: bool, after: bool) -> list[Piece]:
    pieces, at = [], 0
    if before:
        pieces.append(Piece(ELLIPSIS, found=False))
    for start, end in finds:
        end = min(end, len(text))
        if start >= end or start < at:
            continue
        pieces += [Piece(text[at:start], found=False), Piece(text[start:end], found=True)]
        at = end
    pieces.append(Piece(text[at:] + (ELLIPSIS if after else ""), found=False))
    return [piece for piece in pieces if piece.text]


def _finds(text: str, query: Query) -> list[tuple[int, int]]:
    """Return where the wanted phrases stand in the text, in order, as start and end."""
    terms = list(islice(found_in(text), TERMS_LIMIT))
    by_first: dict[str, list[Phrase]] = {}
    whole = query.wanted[:-1] if query.unfinished else query.wanted
    for phrase in whole:
        by_first.setdefault(phrase[0], []).append(phrase)
    begun = query.wanted[-1] if query.unfinished else None
    finds = []
    for number, term in enumerate(terms):
        for phrase in by_first.get(term.name, ()):
            if _stands(phrase, terms, number):
                finds.append((term.start, terms[number + len(phrase) - 1].end))
        if begun and _begins(begun, terms, number):
            finds.append((term.start, terms[number + len(begun) - 1].end))
    return finds


def _stands(phrase: Phrase, terms: list[Term], at: int) -> bool:
    return tuple(term.name for term in terms[at : at + len(phrase)]) == phrase


def _begins(phrase: Phrase, terms: list[Term], at: int) -> bool:
    last = at + len(phrase) - 1
    return last < len(terms) and terms[last].name.startswith(phrase[-1]) and _stands(phrase[:-1], terms, at)
