"""Which passages of a text a question is about: BM25 over words and their beginnings, in any language."""

import math
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..search import terms

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009: the usual values.
SATURATION = 1.2
LENGTH_SHARE = 0.75
# Words are also found by their beginning, for the sake of their other forms; it counts for less than the word.
STEM_CHARACTERS = 5
STEM_WEIGHT = 0.6
STEM_MARK = "~"
# Stands between a word and its places: no word holds it.
BETWEEN = "\t"
# A heading says in a few words what its passages are about.
HEADING_REPEATS = 2
# More terms would make no better choice, and somebody could paste a book as a question.
QUESTION_TERMS = 200


class Index:
    """The words of the passages of one file: how often each stands where, and how long the passages are.

    It is kept as sorted lines, a word and its places, because only the lines of a question's words are ever read:
    to take apart all of a long file's would cost each question a fifth of a second.
    """

    __slots__ = ("_lines", "lengths")

    def __init__(self, lengths: list[int], lines: list[bytes]):
        self.lengths = lengths
        self._lines = lines

    @classmethod
    def of(cls, passages: Iterable[tuple[str, str]]) -> "Index":
        """Return the index of passages, each with its heading and its text."""
        places: dict[str, list[int]] = {}
        lengths: list[int] = []
        for position, (heading, text) in enumerate(passages):
            words = [*words_of(text), *words_of(heading) * HEADING_REPEATS]
            lengths.append(len(words))
            for term, count in Counter(_with_stems(words)).items():
                places.setdefault(term, []).extend((position, count))
        lines = (f"{term}{BETWEEN}{' '.join(map(str, found))}".encode() for term, found in places.items())
        return cls(lengths, sorted(lines))

    def packed(self) -> bytes:
        """Return the index as it is kept."""
        return zlib.compress(b"\n".join((" ".join(map(str, self.lengths)).encode(), *self._lines)), level=1)

    @classmethod
    def unpacked(cls, data: bytes) -> "Index":
        """Return the index that was kept."""
        lengths, *lines = zlib.decompress(data).split(b"\n")
        return cls([int(each) for each in lengths.split()], lines)

    def places(self, term: str) -> Iterator[tuple[int, int]]:
        """Yield the passages that a word stands in, and how often."""
        wanted = f"{term}{BETWEEN}".encode()
        number = bisect_left(self._lines, wanted)
        if number == len(self._lines) or not self._lines[number].startswith(wanted):
            return
        numbers = map(int, self._lines[number][len(wanted) :].split())
        yield from zip(numbers, numbers, strict=True)


def index_of(passages: Iterable[tuple[str, str]]) -> bytes:
    """Return the packed index of passages, each with its heading and its text."""
    return Index.of(passages).packed()


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded; those without spaces between them as pairs of their characters."""
    names = [name for match in terms.WORD.finditer(text) if (name := terms.folded(match[0]))]
    return [
        *names,
        *(first + second for first, second in zip(names, names[1:], strict=False) if _paired(first, second)),
    ]


def rank(question: str, indexes: Sequence[Index]) -> list[tuple[int, int]]:
    """Return the passages that share a word with the question, the best first, as (index, position)."""
    count = sum(len(index.lengths) for index in indexes)
    average = (sum(sum(index.lengths) for index in indexes) / count if count else 0) or 1
    scores: dict[tuple[int, int], float] = {}
    for term in list(dict.fromkeys(_with_stems(words_of(question))))[:QUESTION_TERMS]:
        found = [(number, place) for number, index in enumerate(indexes) for place in index.places(term)]
        weight = math.log(1 + (count - len(found) + 0.5) / (len(found) + 0.5))
        if term.startswith(STEM_MARK):
            weight *= STEM_WEIGHT
        for number, (position, often) in found:
            length = indexes[number].lengths[position] / average
            share = often * (SATURATION + 1) / (often + SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * length))
            scores[number, position] = scores.get((number, position), 0.0) + weight * share
    return sorted(scores, key=lambda place: (-scores[place], place))


def _with_stems(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield word
        if len(word) >= STEM_CHARACTERS:
            yield STEM_MARK + word[:STEM_CHARACTERS]
        elif len(word) > 3 and word.endswith("s"):
            # "pumps" and "pump": a plural that is as short as a beginning.
            yield STEM_MARK + word[:-1]
        elif len(word) > 2:
            yield STEM_MARK + word


def _paired(first: str, second: str) -> bool:
    return bool(terms.SINGLE_CHARACTER.match(first) and terms.SINGLE_CHARACTER.match(second))
