"""Finding passages by what they mean too: a question in other words than the answer's finds it all the same."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .. import vectors

# Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet", 2009: the usual value.
RANK_OFFSET = 60
# There is always something nearest, also to "summarise it": no more of that than what an answer stands in.
MEANT = 12

Place = TypeVar("Place")

BY_WORDS = "words"
BY_BOTH = "words_and_meaning"
# Why passages of a file were chosen by words alone; else the code of an error of the embedding model.
NOT_READY = "not_embedded"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the question means to a model, or the code of the error for which that is not known."""

    model: str
    vector: Sequence[float] = ()
    trouble: str = ""


class MeaningWanted(Exception):
    """Passages are to be chosen, and it is not known yet what `question` means: find out and choose again."""

    def __init__(self, question: str):
        super().__init__()
        self.question = question


def near(meaning: Meaning, numbers: Mapping[uuid.UUID, int]) -> list[tuple[int, int]]:
    """Return the passages nearest to the question, the best first, as (number of the file, position)."""
    found = vectors.nearest(meaning.vector, model=meaning.model, files=list(numbers), most=MEANT)
    return [(numbers[file], position) for file, position in found]


def fused(*rankings: Iterable[Place]) -> list[Place]:
    """Return all that is in the rankings, what is high in several of them first."""
    scores: dict[Place, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, start=1):
            scores[place] = scores.get(place, 0.0) + 1 / (RANK_OFFSET + rank)
    return sorted(scores, key=lambda place: -scores[place])
