"""Which phrases of which meaning a message has: those of the languages' files, in one tree of words."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..words import WORDS_REMEMBERED, Word, folded, words_of

FOLDER = Path(__file__).parent
ANY_LANGUAGE = "any"
LANGUAGES = (ANY_LANGUAGE, "en", "de", "fr", "es")
# The small words that show which language a message is in; they mean nothing else.
MARKS = "marks"
# A language with less than this share of the clearest one's marks, and so many fewer, is not spoken: "son" is no sound
# in Spanish.
SPOKEN_SHARE = 0.4
MARKS_FEWER = 2
ANY_WORD = "?"
# A shorter word with a letter changed is too often another word.
SHORTEST_TYPO = 6
# A long message says things more than once, so its slips need not be looked up.
WORDS_WITH_TYPOS = 60


class Found(NamedTuple):
    """A phrase in a message: its meaning and language, the number of its first word, where it begins and ends."""

    meaning: str
    language: str
    position: int
    start: int
    end: int


class Node:
    """A place in the tree: the words that may follow, and what the phrase that ends here means."""

    __slots__ = ("children", "meanings")

    def __init__(self) -> None:
        self.children: dict[str, Node] = {}
        self.meanings: tuple[tuple[str, str], ...] = ()


class Tree:
    """All phrases; a word of them is whole, a beginning (`explain*`), an end (`*fehler`) or any word (`?`)."""

    def __init__(self) -> None:
        self.root = Node()
        self.whole: set[str] = set()
        self.beginnings: set[str] = set()
        self.ends: set[str] = set()
        self.marks: dict[str, frozenset[str]] = {}
        for language in LANGUAGES:
            with (FOLDER / f"{language}.toml").open("rb") as file:
                meanings = tomllib.load(file)
            self.marks[language] = frozenset(word.name for word in words_of(meanings.pop(MARKS, "")))
            for meaning, phrases in meanings.items():
                for phrase in phrases.split(","):
                    self.add(phrase.split(), (meaning, language))
        self.lengths = sorted({len(each) for each in self.beginnings})
        self.end_lengths = sorted({len(each) for each in self.ends})
        self.slips: dict[str, list[str]] = {}
        for word in sorted(self.whole | self.beginnings):
            if len(word) >= SHORTEST_TYPO:
                for slip in one_letter_less(word):
                    self.slips.setdefault(slip, []).append(word)

    def add(self, phrase: Sequence[str], meaning: tuple[str, str]) -> None:
        """Put a phrase in the tree."""
        node = self.root
        for word in phrase:
            for key in self.keys(word):
                node = node.children.setdefault(key, Node())
        if node is not self.root and meaning not in node.meanings:
            node.meanings += (meaning,)

    def keys(self, word: str) -> Iterator[str]:
        """Yield what a word of a phrase is called in the tree, and note it."""
        if word == ANY_WORD:
            yield ANY_WORD
        elif word.endswith("*"):
            self.beginnings.add(folded(word[:-1]))
            yield folded(word[:-1]) + "*"
        elif word.startswith("*"):
            self.ends.add(folded(word[1:]))
            yield "*" + folded(word[1:])
        else:
            for part in words_of(word):
                self.whole.add(part.name)
                yield part.name


@lru_cache(maxsize=1)
def tree() -> Tree:
    """Return the tree of all phrases, read once."""
    return Tree()


def one_letter_less(word: str) -> set[str]:
    """Return a word and what is left of it without one of its letters, the first excepted."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(1, len(word)))}


@lru_cache(maxsize=WORDS_REMEMBERED)
def keys_of(word: str, typos: bool) -> tuple[str, ...]:
    """Return what a word of a message may be called in the tree; with `typos` also if one letter is wrong."""
    phrases = tree()
    keys = [word] if word in phrases.whole else []
    keys += [f"{word[:length]}*" for length in phrases.lengths if word[:length] in phrases.beginnings]
    keys += [f"*{word[-length:]}" for length in phrases.end_lengths if word[-length:] in phrases.ends]
    if keys or not typos or len(word) < SHORTEST_TYPO:
        return tuple(dict.fromkeys(keys))
    return tuple(sorted(misspelt(word)))


def misspelt(word: str) -> Iterator[str]:
    """Yield the keys of the words, and beginnings of words, that are one slip of the finger away."""
    phrases = tree()
    for name in likely(word):
        if name in phrases.whole:
            yield name
    for length in phrases.lengths:
        if SHORTEST_TYPO <= length < len(word):
            for begins in (word[: length - 1], word[:length], word[: length + 1]):
                yield from (f"{name}*" for name in likely(begins) if len(name) == length and name in phrases.beginnings)


def likely(word: str) -> set[str]:
    """Return the words of the phrases that are one slip away from a word."""
    near = {name for less in one_letter_less(word) for name in tree().slips.get(less, ())}
    return {name for name in near if one_slip(word, name)}


def one_slip(word: str, name: str) -> bool:
    """Tell whether two similar words differ by one letter more, less or changed, or by two that changed places."""
    if len(word) != len(name):
        return abs(len(word) - len(name)) == 1
    places = [place for place, (one, other) in enumerate(zip(word, name, strict=True)) if one != other]
    if len(places) == 2:
        first, second = places
        return second == first + 1 and word[first] == name[second] and word[second] == name[first]
    return len(places) == 1


def find(words: Sequence[Word]) -> list[Found]:
    """Return the phrases in a message, at each word the longest that begins there, in the languages it is in."""
    typos = len(words) <= WORDS_WITH_TYPOS
    keys = [keys_of(word.name, typos) for word in words]
    spoken = languages_of(words)
    root = tree().root
    found = []
    read = 0
    for first in range(len(words)):
        if first < read:
            continue
        here = [root.children[key] for key in keys[first] if key in root.children]
        place = last = first
        meanings: list[tuple[str, str]] = []
        while here:
            if ends := [each for node in here for each in node.meanings if each[1] in spoken]:
                last, meanings = place, ends
            place += 1
            if place == len(words):
                break
            here = [node.children[key] for node in here for key in (*keys[place], ANY_WORD) if key in node.children]
        if meanings:
            # "Error handling" reports no error: the words of a phrase mean nothing else.
            read = last + 1
            start, end = words[first].start, words[last].end
            found += [Found(meaning, language, first, start, end) for meaning, language in dict(meanings).items()]
    return found


def languages_of(words: Sequence[Word]) -> set[str]:
    """Return the languages that a message may be in: all of them if nothing shows which."""
    names = Counter(word.name for word in words)
    votes = {language: sum(names[mark] for mark in names.keys() & marks) for language, marks in tree().marks.items()}
    most = max(votes.values())
    least = min(most * SPOKEN_SHARE, most - MARKS_FEWER + 1)
    return {language for language, count in votes.items() if count >= least} | {ANY_LANGUAGE}
