"""A message as it is read for its one request: without courtesies, and in plain letters that stand where theirs did."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_MESSAGE = 200
LETTERS_REMEMBERED = 4096
APOSTROPHES = str.maketrans("’‘´`", "''''")

QUOTES = " ,.\"'“”«»„"

SPACES = re.compile(r"\s+")
COURTESIES = (
    "hey|hi|hello|ok|okay|so|well|please|excuse me|sorry|can you(?: please)?(?: tell me)?|could you(?: please)?"
    "(?: tell me)?|would you(?: please)? tell me|tell me|do you know|i(?:'d| would) like to know|i want to know"
    "|hallo|moin|bitte|also|kannst du(?: mir)?(?: bitte)? sagen|konnen sie mir(?: bitte)? sagen|sag mir(?: bitte)?"
    "|wei(?:ß|ss)t du|ich mochte wissen|ich wurde gerne? wissen"
    "|salut|bonjour|alors|s'il te plait|s'il vous plait|peux-tu(?: me dire)?|pouvez-vous(?: me dire)?|tu peux me dire"
    "|est-ce que tu peux me dire|dis-moi|sais-tu"
    "|hola|oye|por favor|puedes decirme|me puedes decir|podrias decirme|dime|sabes|quiero saber"
)
OPENING = re.compile(rf"[¿¡ ]*(?:(?:{COURTESIES})[,:!]? [¿¡]?){{0,3}}")
CLOSING = re.compile(
    "(?:[.,!?]? (?:please|thanks|thank you|bitte|danke|merci|s'il te plait|s'il vous plait|por favor|gracias))?"
    "[ .!?…]{0,5}"
)
ENDS = re.compile(r"[,.!?… ]")


@dataclass(frozen=True, slots=True)
class Message:
    """A message twice, letter by letter in the same places: as written, and in lower case without accents."""

    text: str
    plain: str
    question: bool

    def wanted(self, match: re.Match[str], *, skip: int = 0) -> str:
        """Return what the group of a match in `plain` has found, as it was written, less its first characters."""
        group = match.lastindex or 0
        return self.text[match.start(group) + skip : match.end(group)].strip(QUOTES)


def read(text: str) -> Message | None:
    """Return a message without its courtesies, None if it is too long to ask for one thing only."""
    if len(text) > LONGEST_MESSAGE:
        return None
    whole = SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(APOSTROPHES)).strip()
    plain = "".join(map(folded, whole))
    start = opening(plain)
    end = closing(plain, start)
    return Message(whole[start:end], plain[start:end], "?" in plain[end:])


def opening(plain: str) -> int:
    """Return where the courtesies at the beginning end."""
    match = OPENING.match(plain)
    return match.end() if match else 0


def closing(plain: str, start: int) -> int:
    """Return where the courtesies and the punctuation at the end begin."""
    for place in (match.start() for match in ENDS.finditer(plain, start)):
        if CLOSING.fullmatch(plain, place):
            return place
    return len(plain)


@lru_cache(maxsize=LETTERS_REMEMBERED)
def folded(letter: str) -> str:
    """Return a letter in lower case without its accent; always one character."""
    lower = letter.lower()
    parts = unicodedata.normalize("NFD", lower)
    return parts[0] if all(map(unicodedata.combining, parts[1:])) else letter
