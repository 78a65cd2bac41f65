"""Text as a reader sees it: signs that look alike become one letter, and what cannot be seen is left away."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# Marks on letters that a reader looks past: of Latin, Greek and Cyrillic, points of Hebrew, vowel signs of Arabic.
# Those of other scripts, such as the vowels of Devanagari or the strokes of kana, make another letter and stay.
MARKS = (
    *((0x0300, 0x036F), (0x0591, 0x05C7), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670), (0x1AB0, 0x1AFF)),
    *((0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF)),
)
# Seen as nothing, though Unicode does not count them among the invisible ones.
FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# A letter of its own in Cyrillic, not an и with a mark.
OWN_LETTERS = frozenset("йЙ")
# Scripts that put no spaces between words.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

# Letters of other scripts that are drawn like Latin ones, in pairs.
_DRAWN_ALIKE = (
    # Cyrillic
    "аaвbсcеeһhіiїiјjкkмmоoрpԛqгrѕsтtцuѵvԝwхxуyззԁdԍgбbпnнhкkлл"
    # Greek
    "αaβbεeηnιiκkνvοoρpτtυuχxγyωwσoϲcϳj"
    # Armenian
    "օoսuհhոnցgքpյjզqւ'"
    # Cherokee and others whose capitals are drawn like Latin ones
    "ꭺaꮯcꭼeꮋhꭻjꮶkꮮlꮇmꮲpꮪsꭲtꮩvꮃwꮓzᎪaᏴbᏟcᎠdᎬeᎻhᎫjᏦkᏞlᎷmᎢtᏢpᎡrᏚsᏙvᎳwᏃzᎥi"
    # Latin letters and signs that have another name than the letter they look like
    "ıiȷjɑaɡgƅbʟlʀrɴnʜhɪiʏyᴀaʙbᴄcᴅdᴇeꜰfɢgᴊjᴋkᴍmᴏoᴘpꜱsᴛtᴜuᴠvᴡwᴢzßsſsʋvɩiǀlןlƨsɛeɔoəeʌvʍw"
)
DRAWN_ALIKE = {_DRAWN_ALIKE[place]: _DRAWN_ALIKE[place + 1] for place in range(0, len(_DRAWN_ALIKE), 2)}
WRITTEN_AS = {"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ĳ": "ij"}
# Digits, and other signs, that stand for a letter, as in "p4$$w0rd". The other signs may just as well separate letters.
DIGITS = {"0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g"}
SIGNS = {
    "@": "a",
    "$": "s",
    "!": "il",
    "|": "il",
    "+": "t",
    "€": "e",
    "£": "l",
    "¢": "c",
    "(": "c",
    "§": "s",
    "#": "h",
    "×": "x",
    "¥": "y",
    "¡": "i",
}
LEET = DIGITS | SIGNS
_NAMED = re.compile(
    r"(?:LATIN (?:SMALL|CAPITAL) LETTER|LATIN LETTER SMALL CAPITAL|REGIONAL INDICATOR SYMBOL LETTER|"
    r"(?:NEGATIVE )?(?:SQUARED|CIRCLED) LATIN (?:SMALL|CAPITAL) LETTER) ([A-Z])(?: WITH .*)?"
)
_REPEATED = re.compile(r"(.)\1+", re.DOTALL)


class _Table(dict):
    """A table for `str.translate` that finds out about each sign once."""

    def __init__(self, find):
        super().__init__()
        self._find = find

    def __missing__(self, code: int) -> str:
        self[code] = found = self._find(chr(code))
        return found


def is_invisible(sign: str) -> bool:
    """Whether a reader sees nothing of this sign."""
    category = unicodedata.category(sign)
    if category in {"Cf", "Cs"} or sign in FILLERS or (category == "Cc" and not sign.isspace()):
        return True
    return category in {"Mn", "Me"} and any(first <= ord(sign) <= last for first, last in MARKS)


def _cleaned(sign: str) -> str:
    """Return a sign in its usual form: nothing for an invisible one, a space for any white space."""
    if is_invisible(sign):
        return ""
    if sign.isspace():
        return " "
    return "".join(each for each in unicodedata.normalize("NFKC", sign) if not is_invisible(each))


def _folded(sign: str) -> str:
    clean = _cleaned(sign)
    if clean in OWN_LETTERS:
        return clean.lower()
    kept = "".join(each for each in unicodedata.normalize("NFKD", clean) if not is_invisible(each))
    return "".join(_as_latin(each) for each in unicodedata.normalize("NFC", kept).casefold())


def _as_latin(letter: str) -> str:
    if letter in WRITTEN_AS:
        return WRITTEN_AS[letter]
    if letter.isascii() or letter in SIGNS:
        return letter
    if named := _NAMED.fullmatch(unicodedata.name(letter, "")):
        return named[1].lower()
    if unicodedata.category(letter)[0] in "PSZC":
        # Whatever it is, it stands between words.
        return "."
    if letter in DRAWN_ALIKE:
        return DRAWN_ALIKE[letter]
    return letter


def _letter(sign: str, alike: dict[str, str]) -> str:
    """Return the one letter that stands for all that may stand for each other; nothing for what separates."""
    letter = alike.get(sign, sign)[0]
    if letter == "l":
        return "i"
    return letter if letter.isalnum() else ""


_CLEAN, _FOLD = _Table(_cleaned), _Table(_folded)
# Once with signs for letters, once with signs between letters.
_WITH_SIGNS = _Table(lambda sign: _letter(sign, LEET))
_WITHOUT = _Table(lambda sign: _letter(sign, DIGITS))
READINGS = (_WITH_SIGNS, _WITHOUT)
_ANY_SIGN = re.compile("[" + re.escape("".join(SIGNS)) + "]")


def clean(text: str) -> str:
    """Return a text without what is invisible, in the usual form of each sign: what expressions are looked for in."""
    return text if text.isascii() and text.isprintable() else text.translate(_CLEAN)


def fold(text: str) -> str:
    """Return a text in small letters without marks, look-alikes as Latin letters; digits and signs stay."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return text.translate(_FOLD)


def skeletons(folded: str) -> list[str]:
    """Return the letters of a folded text, without what stands between them, each run of the same one as one: in each
    way in which the text may be read."""
    readings = READINGS if _ANY_SIGN.search(folded) else READINGS[:1]
    return [_REPEATED.sub(r"\1", folded.translate(reading)) for reading in readings]


def places(text: str, table: str) -> list[int]:
    """Return for each sign of the `fold` or `clean` form of a text which sign of the text it came from, and its end."""
    if text.isascii() and text.isprintable():
        return list(range(len(text) + 1))
    found = _FOLD if table == "fold" else _CLEAN
    return [place for place, sign in enumerate(text) for _ in found[ord(sign)]] + [len(text)]


def offsets(text: str) -> Sequence[int]:
    """Return for each byte at which a sign of the text begins in UTF-8, and for its end, which sign that is."""
    if text.isascii():
        return range(len(text) + 1)
    found: list[int] = []
    for place, sign in enumerate(text):
        found += [place] * len(sign.encode("utf-8", "replace"))
    return [*found, len(text)]


@lru_cache(maxsize=4096)
def script(sign: str) -> str:
    """Return the script of a letter, such as LATIN or CYRILLIC; nothing for any other sign."""
    if not sign.isalpha():
        return ""
    name = unicodedata.name(unicodedata.normalize("NFKC", sign)[0], "")
    return "LATIN" if "LATIN" in name else name.partition(" ")[0]


def spellings(text: str) -> list[str]:
    """Return a text as it may be written, such as Mörder and Moerder."""
    expanded = re.sub("[äöüåøÄÖÜÅØ]", lambda found: _EXPANDED[found[0].lower()], unicodedata.normalize("NFC", text))
    return [text] if expanded == unicodedata.normalize("NFC", text) else [text, expanded]


_EXPANDED = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
