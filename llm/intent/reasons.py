"""Why a mode was chosen, in a sentence for people."""

from collections.abc import Mapping
from typing import NamedTuple

from .signals import Signals
from .values import Mode

QUOTED_CHARACTERS = 40
NOTHING = "Nothing in it points to code, learning or trouble."
GUESS = "It is a guess: the message gives few signs."
FOLLOWS = {
    Mode.CHAT: "It goes on with the talk before it.",
    Mode.CODE: "It follows a question about code.",
    Mode.TUTORIAL: "It follows a request for an explanation.",
    Mode.SUPPORT: "It follows a report of trouble.",
}
SHAPES = {
    "trace": "There is a traceback in the message.",
    "error name": "There is the name of an error in the message.",
    "error code": "There is an error code in the message.",
    "error line": "There is an error message in it.",
    "log": "There are lines of a log in the message.",
    "prompt": "There is a command line in the message.",
    "fence": "There is a block of code in the message.",
    "code": "There is code in the message.",
    "code file": "It names a file of source code.",
    "inline code": "There is code in the message.",
}
SHAPES_OF = {
    Mode.SUPPORT: ("trace", "log", "error line", "error name", "error code", "prompt"),
    Mode.CODE: ("fence", "code", "code file", "inline code", "prompt"),
}
# The meanings that speak for a mode, and what is said of the phrase that has one.
PHRASES = {
    Mode.CODE: {
        "implement": "It asks for code",
        "write": "It asks for something to be made",
        "change": "It asks for a change",
        "how_to": "It asks how to do something",
        "program": "It is about programming",
        "language": "It is about programming",
        "code_word": "It is about programming",
    },
    Mode.TUTORIAL: {
        "explain": "It asks for an explanation",
        "learn": "It is about learning",
        "understand": "It asks for help to understand something",
        "compare": "It asks what the difference is",
        "means": "It asks what something means",
        "how_works": "It asks how something works",
        "why": "It asks why something is so",
        "purpose": "It asks what something is for",
        "what_is": "It asks what something is",
        "how_to": "It asks how something is done",
        "about": "It asks to be told about something",
        "subject": "It is about a subject to learn",
    },
    Mode.SUPPORT: {
        "broken": "It says that something does not work",
        "error": "It reports an error",
        "failure": "It reports an error",
        "cannot": "It says that something cannot be done",
        "freeze": "It says that something hangs",
        "since": "It says since when something is so",
        "fix": "It asks to get something working",
        "account": "It is about an account",
        "install": "It is about an installation",
        "gear": "It is about a device or a program",
        "device": "It is about a device or a program",
    },
    Mode.CHAT: {
        "greeting": "It is a greeting",
        "thanks": "It says thanks",
        "bye": "It says goodbye",
        "translate": "It asks for a translation",
        "summarise": "It asks for a summary",
        "correct": "It asks for better wording",
        "compose": "It asks for a text",
        "recommend": "It asks for ideas",
        "plan": "It is about planning something",
        "food": "It is about food",
        "joke": "It is about having fun",
        "self": "It asks about the assistant or the chat",
        "feeling": "It is about how somebody feels",
        "opinion": "It asks for an opinion",
        "fact": "It asks for a fact",
        "small": "It is small talk",
        "consent": "It is small talk",
    },
}


class Reason(NamedTuple):
    """A sentence that says why, and whether it has to admit that it is a guess."""

    text: str
    guess: bool = False


def reason(signals: Signals, mode: Mode, weights: Mapping[str, tuple[float, ...]], before: Mode | None) -> Reason:
    """Return why a mode was chosen: the strongest sign that a person can see."""
    for name in SHAPES_OF.get(mode, ()):
        if name in signals.names:
            return Reason(SHAPES[name])
    place = list(Mode).index(mode)
    sayings = PHRASES[mode]
    said = [each for each in signals.phrases if each.meaning in sayings]
    strengths = {each: lead(weights.get(each.meaning, ()), place) for each in said}
    if said and (before is not mode or max(strengths.values()) > 1):
        best = max(said, key=lambda each: (strengths[each], -each.position))
        return Reason(f"{sayings[best.meaning]} (“{quoted(signals.prose[best.start : best.end])}”).")
    if before is mode:
        return Reason(FOLLOWS[mode])
    return Reason(NOTHING if mode is Mode.CHAT else GUESS, guess=True)


def lead(row: tuple[float, ...], place: int) -> float:
    """Return by how much a signal prefers a mode to the next best."""
    if not row:
        return 0.0
    return row[place] - max(value for number, value in enumerate(row) if number != place)


def quoted(text: str) -> str:
    """Return what was written, on one line and short enough for a chip."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= QUOTED_CHARACTERS else f"{line[: QUOTED_CHARACTERS - 1]}…"
