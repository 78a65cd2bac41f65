"""Which passages of a text a question is about: BM25 over words and their beginnings, in any language."""

import math
from collections.abc import Sequence

from ..search.words import STEM_MARK, Index, with_stems, words_of

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009: the usual values.
SATURATION = 1.2
LENGTH_SHARE = 0.75
# A word that is found by its beginning counts for less than the word itself.
STEM_WEIGHT = 0.6
# More terms would make no better choice, and somebody could paste a book as a question.
QUESTION_TERMS = 200


def rank(question: str, indexes: Sequence[Index]) -> list[tuple[int, int]]:
    """Return the passages that share a word with the question, the best first, as (index, position)."""
    count = sum(len(index.lengths) for index in indexes)
    average = (sum(sum(index.lengths) for index in indexes) / count if count else 0) or 1
    scores: dict[tuple[int, int], float] = {}
    for term in list(dict.fromkeys(with_stems(words_of(question))))[:QUESTION_TERMS]:
        found = [(number, place) for number, index in enumerate(indexes) for place in index.places(term)]
        weight = math.log(1 + (count - len(found) + 0.5) / (len(found) + 0.5))
        if term.startswith(STEM_MARK):
            weight *= STEM_WEIGHT
        for number, (position, often) in found:
            length = indexes[number].lengths[position] / average
            share = often * (SATURATION + 1) / (often + SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * length))
            scores[number, position] = scores.get((number, position), 0.0) + weight * share
    return sorted(scores, key=lambda place: (-scores[place], place))
