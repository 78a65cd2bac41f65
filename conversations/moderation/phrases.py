"""Words and phrases as an administrator writes them, found however they are spelt, spaced or drawn."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import re2

from . import alike

LATIN = "LATIN"
# How often a letter may be repeated, and how many signs may stand between two letters, to be the same word still.
REPEATS, GAP = 8, 4
# A phrase of at least so many letters is also found with one stray space inside, or with its words written as one.
LONG_LETTERS = 7
# A word of at least so many letters may be written with the look-alikes of another script alone.
DRAWN_LETTERS = 4
SPREAD_LETTERS = 3
# In a folded text, where all other signs between words are full stops.
_APART = r"[\x00-/:-`{-\x7f" + "".join(rf"\x{{{ord(sign):x}}}" for sign in alike.SIGNS) + "]"
_BETWEEN = f"({_APART}{{0,{GAP}}})"
_SENTENCE_ENDS = re.compile(r"[.!?] ")


@dataclass(frozen=True)
class Phrase:
    """One spelling of a word or phrase; `open_left` and `open_right` where it may be a part of a longer word."""

    letters: str
    # After how many letters a new word begins.
    breaks: frozenset[int]
    script: str
    open_left: bool = False
    open_right: bool = False
    skeletons: tuple[str, ...] = field(default=())

    @cached_property
    def _pattern(self):
        options = re2.Options()
        options.log_errors = False
        return re2.compile(_BETWEEN.join(f"{_class(letter)}{{1,{REPEATS}}}" for letter in self.letters), options)

    @property
    def anywhere(self) -> bool:
        """Whether it may begin in the middle of a word."""
        return self.open_left or bool(alike.UNSPACED.match(self.letters[0]))

    def find(self, text: str, folded: str, places: list[int]) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a text, given its folded form and the `places` of that."""
        # In bytes: of a text, each search would encode the whole of it again.
        encoded = folded.encode("utf-8", "replace")
        offset = alike.offsets(folded)
        begin = 0
        while found := self._pattern.search(encoded, begin):
            first, last = (offset[place] for place in found.span())
            gaps = tuple(gap.decode() for gap in found.groups())
            if self._holds(text, folded, places, first, last, gaps):
                yield places[first], places[last - 1] + 1
                begin = found.end()
            else:
                begin = found.start() + len(folded[first].encode("utf-8", "replace"))

    def _holds(self, text: str, folded: str, places: list[int], first: int, last: int, gaps: tuple[str, ...]) -> bool:
        if not self.anywhere and first and is_of_word(folded[first - 1]):
            return False
        open_right = self.open_right or alike.UNSPACED.match(self.letters[-1])
        if not open_right and last < len(folded) and is_of_word(folded[last]):
            return False
        raw = text[places[first] : places[last - 1] + 1]
        letters = sum(sign.isalpha() for sign in folded[first:last])
        if self.script and (letters < min(2, len(self.letters)) or letters * 3 < len(self.letters)):
            return False
        return self._is_spaced_like_it(gaps) and self._is_of_its_script(raw)

    def _is_spaced_like_it(self, gaps: tuple[str, ...]) -> bool:
        """Whether what stands between the letters leaves it the same words."""
        inner = [gap for place, gap in enumerate(gaps, start=1) if place not in self.breaks]
        torn = sum(" " in gap for gap in inner)
        if not torn:
            between = [gap for place, gap in enumerate(gaps, start=1) if place in self.breaks]
            if any(_SENTENCE_ENDS.search(gap) for gap in between):
                return False
            return all(between) or len(self.letters) >= LONG_LETTERS
        if all(gaps) and len(self.letters) >= SPREAD_LETTERS:
            return True
        return torn == 1 and len(self.letters) >= LONG_LETTERS and not self.breaks

    def _is_of_its_script(self, raw: str) -> bool:
        """Whether a reader of its script would read it: another language may have a word that is drawn like it."""
        if not self.script or any(alike.script(sign) == self.script for sign in raw):
            return True
        return self.script == LATIN and len(self.letters) >= DRAWN_LETTERS


def read(line: str) -> list[Phrase]:
    """Return the spellings of a word or phrase, with a * at its beginning or end where it may be part of a word."""
    stripped = line.strip()
    bare = stripped.strip("*")
    found = [_phrase(each, stripped) for each in alike.spellings(bare)]
    return [phrase for phrase in found if phrase is not None]


def _phrase(text: str, line: str) -> Phrase | None:
    words = ["".join(sign for sign in word if sign.isalnum()) for word in alike.fold(text).split()]
    words = [word for word in words if word]
    letters = "".join(words)
    if not letters:
        return None
    breaks, length = set(), 0
    for word in words[:-1]:
        length += len(word)
        breaks.add(length)
    scripts = [alike.script(sign) for sign in text if alike.script(sign)]
    return Phrase(
        letters=letters,
        breaks=frozenset(breaks),
        script=max(set(scripts), key=scripts.count) if scripts else "",
        open_left=line.startswith("*"),
        open_right=line.endswith("*"),
        skeletons=tuple(dict.fromkeys(alike.skeletons(letters))),
    )


def is_of_word(sign: str) -> bool:
    """Whether a letter beside a word makes it another word; digits do not."""
    return sign.isalpha() and not alike.UNSPACED.match(sign)


def _class(letter: str) -> str:
    """Return the class of all signs that may stand for a letter."""
    same = {sign for sign, letters in alike.LEET.items() if letter in letters} | {letter}
    if letter.isascii() and letter.isdigit():
        # What a digit may stand for is no digit.
        same = {letter}
    return "[" + "".join(rf"\x{{{ord(sign):x}}}" for sign in sorted(same)) + "]"
