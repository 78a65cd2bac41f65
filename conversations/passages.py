"""A file's text in parts that can be sent by themselves: short enough to choose among, and cut where a reader would."""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from llm.tokens import estimate

from . import search
from .extraction import Section
from .models import Passage, PassageIndex, SearchEntry, StoredFile
from .search.words import index_of

PASSAGE_CHARACTERS = 1200
HEADING_CHARACTERS = 200
BATCH_ROWS = 500
PASSAGES_SHOWN = 200
# Where to cut, the best place first: between paragraphs, lines, sentences, words.
CUTS = tuple(re.compile(pattern) for pattern in (r"\n\s*\n", r"\n", r"(?<=[.!?。！？])\s*", r"\s+"))
# No passage is shorter than this part of the usual length for the sake of a better cut.
SHORTEST = 0.5


def of(file: StoredFile, sections: Iterable[Section]) -> list[Passage]:
    """Return the new, unsaved passages of a file; their texts together are the text of its sections."""
    parts = [(section, text) for section in sections for text in pieces(section.text)]
    return [
        Passage(
            file=file,
            position=position,
            page=section.page,
            heading=section.heading[:HEADING_CHARACTERS],
            text=text,
            tokens=estimate(text),
        )
        for position, (section, text) in enumerate(parts)
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """What the text of a file is found by: the packed words of its passages for questions, its entries for people."""

    data: bytes
    entries: list[SearchEntry]


def index(file: StoredFile, passages: list[Passage]) -> Found | None:
    """Return what the passages of a file are found by, None of none; half a second of work and more for a long file,
    so not while locked."""
    if not passages:
        return None
    data = index_of((passage.heading, passage.text) for passage in passages)
    return Found(data=data, entries=search.file_entries(file, passages))


def keep(file: StoredFile, passages: list[Passage], found: Found | None) -> None:
    """Save the passages of a file and what they are found by."""
    Passage.objects.bulk_create(passages, batch_size=BATCH_ROWS)
    if found is not None:
        PassageIndex.objects.create(file=file, data=found.data)
        SearchEntry.objects.bulk_create(found.entries)


def part(file_id: uuid.UUID, first: int) -> tuple[list[Passage], int | None]:
    """Return the passages of a file from position `first` on, as many as are shown at once, and where more begin."""
    found = list(Passage.objects.filter(file=file_id, position__gte=first)[: PASSAGES_SHOWN + 1])
    return found[:PASSAGES_SHOWN], first + PASSAGES_SHOWN if len(found) > PASSAGES_SHOWN else None


def pieces(text: str) -> Iterator[str]:
    """Yield the text in pieces of about `PASSAGE_CHARACTERS`, nothing left away."""
    start = 0
    while len(text) - start > PASSAGE_CHARACTERS:
        end = _cut(text, start, start + PASSAGE_CHARACTERS)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _cut(text: str, start: int, end: int) -> int:
    """Return the best place to cut between the shortest passage and the longest."""
    earliest = start + int(PASSAGE_CHARACTERS * SHORTEST)
    for pattern in CUTS:
        places = [match.end() for match in pattern.finditer(text, earliest, end)]
        if places and places[-1] > earliest:
            return places[-1]
    return end
