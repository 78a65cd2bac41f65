"""What a text is found by: its words, folded to lower case without accents; one function for both databases.

Scripts that put no spaces between words (Chinese, Japanese, Korean, Thai and their neighbours) are found by their
single characters, as are emoji: a run of them in a query is looked for as a phrase, so any part of a sentence is found.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

# A longer word is found by its beginning.
TERM_CHARACTERS = 60
# A longer message is found by its beginning: PostgreSQL counts positions to 16,383 and holds 1 MB in a row's terms.
TERMS_LIMIT = 16_000
TEXT_CHARACTERS = 200_000
TERMS_CHARACTERS = 200_000
# Different words remembered as they are folded: about what people say in a day.
WORDS_REMEMBERED = 50_000

# Written without spaces: Thai, Lao, Tibetan, Burmese, Khmer; kana, bopomofo, Han, hangul, Yi; symbols and emoji.
SINGLE = (
    "\u0e00-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17b3"
    "\u2600-\u27bf\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua48c\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9d\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
    "\U00020000-\U0003134f"
)
# What belongs to the letter before it: accents, vowel signs, variation selectors.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u0900-\u0903\u093a-\u094f\u0955-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a03\u0a3c-\u0a51"
    "\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83"
    "\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57\u0d81-\u0ddf\u17b4-\u17d3\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d"
    "\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f\uff9e\uff9f\U0001f3fb-\U0001f3ff"
)
# Plain words first, because most are, and they are found three times as fast.
WORD = re.compile(
    "[a-zA-Z0-9]++(?![^\x00-\x7f])"
    f"|[{SINGLE}][{MARKS}]*"
    f"|(?:(?![{SINGLE}{MARKS}])[^\\W_])(?:(?![{SINGLE}])[^\\W_]|[{MARKS}])*"
)
SINGLE_CHARACTER = re.compile(f"[{SINGLE}]")
# Accents of European letters, points and vowels of Hebrew and Arabic, and what only shapes a character. The marks of
# other scripts are letters in their own right.
DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\ufe00-\ufe2f\U0001f3fb-\U0001f3ff]"
)
# Letters with a stroke or joined have no accent that could be dropped.
PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe"})
NOT_A_TERM = re.compile(r"[\W_]")


class Term(NamedTuple):
    """One term, and where in the text it stands."""

    name: str
    start: int
    end: int


def found_in(text: str) -> Iterator[Term]:
    """Yield the terms of a text, in order; the same word in any spelling of case and accents is the same term."""
    for match in WORD.finditer(text):
        name = folded(match[0])
        if name:
            yield Term(name, match.start(), match.end())


def names_in(text: str) -> list[str]:
    """Return the names of a text's terms, in order, as many as are kept of one message."""
    words = (match[0] for match in islice(WORD.finditer(text[:TEXT_CHARACTERS]), TERMS_LIMIT))
    names = [name for word in words if (name := folded(word))]
    while sum(map(len, names)) > TERMS_CHARACTERS:
        names = names[: len(names) // 2]
    return names


@lru_cache(maxsize=WORDS_REMEMBERED)
def folded(word: str) -> str:
    """Return a word in lower case, without accents, letters only, in the one form that compatible spellings share."""
    if word.isascii():
        return word.lower()[:TERM_CHARACTERS]
    # Far more than is kept, so that a word of a megabyte is not folded whole.
    spelled = unicodedata.normalize("NFKD", word[: 4 * TERM_CHARACTERS].casefold()).casefold()
    plain = unicodedata.normalize("NFC", DROPPED.sub("", spelled)).translate(PLAIN_LETTERS)
    return _letters(plain)[:TERM_CHARACTERS]


def _letters(word: str) -> str:
    """Return the word without the punctuation that some signs fall apart into; signs of their own stay."""
    kept = NOT_A_TERM.sub(lambda sign: sign[0] if _belongs(sign[0]) else "", word)
    return kept if any(character.isalnum() or SINGLE_CHARACTER.match(character) for character in kept) else ""


def _belongs(sign: str) -> bool:
    return bool(SINGLE_CHARACTER.match(sign)) or unicodedata.category(sign).startswith("M")
