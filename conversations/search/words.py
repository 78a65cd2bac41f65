"""The words of a file's passages, packed: how often each stands where."""

import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator

from . import terms

# Words are also found by their beginning, for the sake of their other forms.
STEM_CHARACTERS = 5
STEM_MARK = "~"
# Stands between a word and its places: no word holds it.
BETWEEN = "\t"
# A heading says in a few words what its passages are about.
HEADING_REPEATS = 2


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
            for term, count in Counter(with_stems(words)).items():
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
        for line in self._beginning(f"{term}{BETWEEN}"):
            numbers = map(int, line.partition(BETWEEN.encode())[2].split())
            yield from zip(numbers, numbers, strict=True)

    def holding(self, name: str, *, begun: bool = False) -> set[int]:
        """Return the passages that a word stands in, or one that begins so where it is only `begun`."""
        lines = self._beginning(name if begun else f"{name}{BETWEEN}")
        return {int(place) for line in lines for place in line.partition(BETWEEN.encode())[2].split()[::2]}

    def _beginning(self, start: str) -> Iterator[bytes]:
        wanted = start.encode()
        for number in range(bisect_left(self._lines, wanted), len(self._lines)):
            if not self._lines[number].startswith(wanted):
                return
            yield self._lines[number]


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


def with_stems(words: Iterable[str]) -> Iterator[str]:
    """Yield words, each with the beginning that its other forms share with it."""
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
