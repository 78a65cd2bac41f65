"""Which passage of a file holds what was found in a part of it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from ..models import Passage, PassageIndex, SearchEntry
from .query import Phrase, Query
from .snippets import holds
from .words import Index

# Passages of one part that are read to see whether the words of a phrase stand in a row.
PASSAGES_READ = 6


@dataclass(frozen=True, slots=True)
class InFile:
    """Where in an attached file something was found."""

    attachment_id: uuid.UUID
    name: str
    page: int | None
    position: int


def passages(entries: Iterable[SearchEntry], asked: Query) -> dict[int, Passage]:
    """Return for the id of each entry that is of a file the passage to show, in two queries, in none for no file."""
    parts = [each for each in entries if each.file_id]
    if not parts:
        return {}
    kept = PassageIndex.objects.filter(file__in={each.file_id for each in parts}).values_list("file", "data")
    indexes = {file: Index.unpacked(bytes(data)) for file, data in kept}
    likely = {each.pk: _likely(each, indexes[each.file_id], asked) for each in parts if each.file_id in indexes}
    wanted = Q()
    for each in parts:
        wanted |= Q(file=each.file_id, position__in=likely.get(each.pk, [each.first]))
    read = {(passage.file_id, passage.position): passage for passage in Passage.objects.filter(wanted)}
    shown = {}
    for each in parts:
        there = [read[at] for position in likely.get(each.pk, [each.first]) if (at := (each.file_id, position)) in read]
        if there:
            shown[each.pk] = next((passage for passage in there if holds(passage.text, asked)), there[0])
    return shown


def _likely(part: SearchEntry, index: Index, asked: Query) -> list[int]:
    """Return the passages of a part that hold the words of the most phrases, the first of them first."""
    begun = asked.wanted[-1] if asked.unfinished else None
    held = [_holding(phrase, index, begun=phrase is begun) for phrase in asked.wanted]
    within = range(part.first or 0, (part.last or 0) + 1)
    ranked = sorted(within, key=lambda position: (-sum(position in each for each in held), position))
    return ranked[:PASSAGES_READ]


def _holding(phrase: Phrase, index: Index, *, begun: bool) -> set[int]:
    found = index.holding(phrase[-1], begun=begun)
    for name in phrase[:-1]:
        found &= index.holding(name)
    return found
