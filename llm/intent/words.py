"""A message as words, folded: accents, case, doubled letters and umlauts written as two letters do not matter."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# What is wanted is said at the beginning or at the end; what lies between is pasted.
HEAD_CHARACTERS = 700
TAIL_CHARACTERS = 300
# No word of the phrases is as long.
WORD_CHARACTERS = 24
WORDS_REMEMBERED = 20_000

# "don't" and "geht's" are one word, "l'image" is two; "C++" and "C#" are names.
WORD = re.compile(r"[^\W_]+(?:['’](?:t|s|re|ve|ll|m|d)\b)?(?:\+\+|#)?")
INVISIBLE = dict.fromkeys(
    [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]
    + [0x2060, 0xFEFF]
)
UMLAUT_AS_TWO = re.compile("([aou])e")
REPEATED = re.compile(r"(.)\1+")
MARKS = dict.fromkeys(range(0x0300, 0x0370))
PLAIN_LETTERS = str.maketrans({"ß": "ss", "æ": "a", "œ": "o", "ø": "o", "'": None, "’": None})


class Word(NamedTuple):
    """A folded word, and where it stands in the text it was read from."""

    name: str
    start: int
    end: int


def readable(text: str) -> str:
    """Return the beginning and the end of a message, without characters that nobody sees."""
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = f"{text[:HEAD_CHARACTERS]}\n{text[-TAIL_CHARACTERS:]}"
    return unicodedata.normalize("NFC", text).translate(INVISIBLE)


def words_of(text: str) -> list[Word]:
    """Return the words of a text, in order."""
    return [Word(folded(match[0][:WORD_CHARACTERS]), *match.span()) for match in WORD.finditer(text)]


@lru_cache(maxsize=WORDS_REMEMBERED)
def folded(word: str) -> str:
    """Return a word in the one form that its spellings share."""
    plain = word.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(MARKS)
    plain = UMLAUT_AS_TWO.sub(r"\1", plain.translate(PLAIN_LETTERS))
    # The signs of "c++" are no slip of the finger.
    name, signs = (plain[:-2], "++") if plain.endswith("++") else (plain, "")
    return REPEATED.sub(r"\1", name) + signs if not name.isdigit() else plain
