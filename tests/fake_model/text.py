"""What the fake model says: the same text for the same model and question, for ever."""

import hashlib
import random
import re
import unicodedata
from functools import lru_cache

DEFAULT_TOKENS = 120
THINKING_TOKENS = 24
STAMP_EVERY = 10
# Stands for the milliseconds since the epoch until the token is sent.
STAMP = "0000000000000"
LARGEST_TOKENS = 200_000

PLAIN_WORDS = (
    "answer garden river stone window letter morning copper engine harbour quiet signal paper thread meadow lantern "
    "bridge winter violin kettle market forest number circle orange pocket silver summer ticket valley"
)
STAMPABLE = {f" {word}" for word in PLAIN_WORDS.split()}
ACCENTED_WORDS = "naïve café Ångström cafe\u0301 e\u0301te\u0301 crème Straße żółć señor"
WORDS = tuple(f"{PLAIN_WORDS} {ACCENTED_WORDS}".split())
ASIDES = (
    "数据流",
    "日本語の文",
    "한국어",
    "👩‍👩‍👧‍👦",
    "🇫🇷",
    "🙂",
    "✅",
    "नमस्ते",
    "שלום",
    "**bold**",
    "*slanted*",
    "`inline_code()`",
    "[a link](https://example.org/a?b=1&c=2)",
    "z͑ͫ̓",
    "a<b",
    "x & y",
    "~~gone~~",
)


def answer_text(*, model: str, message: str) -> str:
    """Return the whole text that `model` streams for a last user message of `message`."""
    return "".join(answer_tokens(model=model, message=message))


def thinking_text(*, model: str, message: str) -> str:
    """Return the whole thinking of a thinking model for a last user message of `message`."""
    return "".join(thinking_tokens(model=model, message=message))


@lru_cache(maxsize=256)
def answer_tokens(*, model: str, message: str) -> tuple[str, ...]:
    """Return the tokens of the answer; `tokens=N` in the message sets their number."""
    wanted = wanted_tokens(message)
    dice = dice_for("answer", model, message)
    tokens: list[str] = []
    while len(tokens) < wanted:
        for block in (heading, paragraph, bullets, paragraph, code, table, quote, paragraph):
            tokens.extend(split_tokens(block(dice) + "\n\n"))
    return tuple(tokens[:wanted])


@lru_cache(maxsize=256)
def stamped(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tokens with one in ten replaced by `at`, its number, `x` and the time at which it will be sent.

    Only whole plain words are, which every form of the text shows; in some stretches of ten there is none.
    """
    changed = list(tokens)
    for begin in range(0, len(tokens), STAMP_EVERY):
        for at in range(begin, min(begin + STAMP_EVERY, len(tokens) - 1)):
            if tokens[at] in STAMPABLE and not tokens[at + 1][0].isalnum():
                changed[at] = f" at{at}x{STAMP}"
                break
    return tuple(changed)


@lru_cache(maxsize=256)
def thinking_tokens(*, model: str, message: str) -> tuple[str, ...]:
    """Return the tokens of the thinking that goes before the answer."""
    dice = dice_for("thinking", model, message)
    return tuple(split_tokens("The question asks for " + words(dice, THINKING_TOKENS) + "."))[:THINKING_TOKENS]


def wanted_tokens(message: str) -> int:
    """Return the number of tokens a message asks for with `tokens=N`, or the default."""
    asked = re.search(r"\btokens=(\d{1,7})\b", message)
    return min(int(asked[1]), LARGEST_TOKENS) if asked else DEFAULT_TOKENS


def dice_for(*seeds: str) -> random.Random:
    """Return a random generator that depends on the seeds alone, on every machine."""
    return random.Random(hashlib.sha256("\0".join(seeds).encode("utf-8", "replace")).digest())


def split_tokens(text: str) -> list[str]:
    """Cut a text as models do: a word with the space before it, long ones and combining characters in parts."""
    tokens = []
    for word in re.findall(r" ?[^\s]+|\s", text):
        combining = any(unicodedata.combining(character) for character in word)
        step = 2 if combining else 9
        tokens.extend(word[start : start + step] for start in range(0, len(word), step))
    return tokens


def words(dice: random.Random, count: int) -> str:
    """Return `count` words with an aside now and then."""
    return " ".join(dice.choice(ASIDES) if dice.random() < 0.12 else dice.choice(WORDS) for _ in range(count))


def heading(dice: random.Random) -> str:
    return "## " + words(dice, 3)


def paragraph(dice: random.Random) -> str:
    return ". ".join(words(dice, dice.randint(6, 14)) for _ in range(3)) + "."


def bullets(dice: random.Random) -> str:
    return "\n".join(f"- {words(dice, 5)}" for _ in range(dice.randint(2, 4)))


def code(dice: random.Random) -> str:
    name = dice.choice(WORDS[:20])
    return f"```python\ndef {name}(value):\n    return value * {dice.randint(2, 99)}  # {dice.choice(ASIDES[:4])}\n```"


def table(dice: random.Random) -> str:
    rows = "\n".join(f"| {dice.choice(WORDS)} | {dice.randint(1, 999)} |" for _ in range(3))
    return f"| name | amount |\n|---|---:|\n{rows}"


def quote(dice: random.Random) -> str:
    return f"> {words(dice, 8)} $x^{dice.randint(2, 9)}$"
