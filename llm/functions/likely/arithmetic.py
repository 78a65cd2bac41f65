"""Is a calculation asked for? "What is 12 * 7 + 3", "15 % of 80", "wie viel ist 3,5 mal 4"."""

import re
from typing import Any

from ...errors import ToolError
from ..expressions import CONSTANTS, FUNCTIONS, evaluate
from .message import Message

# Longer ones are seldom typed, and computing them takes longer than all other reading.
LONGEST_EXPRESSION = 80

# What is told to be a calculation may look like anything that can be computed.
ORDER = re.compile(
    "(?:calculate|compute|evaluate|work out|how much (?:is|are)|what (?:does|do)"
    "|berechne|rechne|wie ?viel (?:ist|sind|macht|ergibt|gibt)|was (?:ergibt|macht|gibt)"
    "|calcule|combien (?:font|fait|ca fait)|quel est le resultat de|que (?:fait|font)"
    "|calcula|cuanto (?:es|son|da|suma)|cual es el resultado de)(?: mir| moi| me)?:? "
)
QUESTION = re.compile("(?:what(?:'s| is|s| are)|was ist|was sind|c'est quoi|que es) ")
ENGLISH = re.compile("(?:what|how|calculate|compute|evaluate|work)(?![a-z])")

PLUS = re.compile("(?<= )(?:plus|mas)(?= )")
MINUS = re.compile("(?<= )(?:minus|moins|menos)(?= )")
TIMES = re.compile("(?<= )(?:times|multiplied by|mal|fois|multiplie par|por|multiplicado por|x)(?= )")
OVER = re.compile("(?<= )(?:divided by|over|geteilt durch|durch|divise par|sur|dividido (?:por|entre)|entre)(?= )")
POWER = re.compile("(?<= )(?:to the power of|hoch|puissance|elevado a)(?= )")
SIGNS = ((PLUS, "+"), (MINUS, "-"), (TIMES, "*"), (OVER, "/"), (POWER, "**"))
PERCENT = re.compile(r" ?(?:%|percent|prozent|pour cent|por ?ciento) (?:of|von|de|del) ")
ROOT = re.compile(
    "(?:the )?square root of ([0-9.]+)|(?:die )?(?:quadrat)?wurzel (?:aus|von) ([0-9.]+)"
    "|(?:la )?racine carree de ([0-9.]+)|(?:la )?raiz cuadrada de ([0-9.]+)"
)
THOUSANDS = re.compile(r"(?<![0-9.])([0-9]{1,3}),([0-9]{3})(?![0-9.,])")
DECIMAL_COMMA = re.compile(r"(?<![0-9.,])([0-9]+),([0-9]{1,2}|[0-9]{4,})(?![0-9.,])")
# A thousand and some, or one and some? Only the person knows.
UNCLEAR = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}\.[0-9]{3}(?![0-9.])")
SYMBOLS = re.compile(r"[0-9a-zπ.+\-*/%^()×÷−–· ,]+")
NAME = re.compile("[a-z]+(?:10)?")
KNOWN = frozenset([*FUNCTIONS, *CONSTANTS, "of"])
# An operator between two operands, or a function.
OPERATION = re.compile(r"[0-9).πei%] ?(?:\*\*|//|[-+*/%^×÷−–·]) ?(?:of )?[-+]?[0-9.(πa-z]|[a-z0] ?\(")

# What looks like a calculation and is a date, a range, a ratio, a version or a telephone number.
DATE = re.compile(r"[0-9]{1,4}([-/.–])[0-9]{1,2}\1[0-9]{1,4}")
CHAIN = re.compile(r"\+?[0-9]+(?:[-–][0-9]+){2,}|[0-9]{3}[-–][0-9]{4}|\+[0-9]+(?: ?[-/]? ?[0-9]+)*")
RANGE = re.compile(r"[0-9]{4}[-–/][0-9]{2,4}")
RATIO = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
LARGEST_DAY = 31
USUAL_RATIOS = ("24/7", "50/50", "60/40", "70/30", "80/20", "90/10")
# Without any word around it, only these are surely meant to be computed.
BARE = re.compile(r".*(?:[+*^×÷·]| [-/−–] | ?% of |\().*")


def asked(message: Message) -> dict[str, Any] | None:
    """Return the arguments of `calculate`, None if no calculation is asked for."""
    plain = message.plain
    ordered = ORDER.match(plain)
    start = ordered or QUESTION.match(plain)
    english = bool(ENGLISH.match(plain))
    if start and not english and UNCLEAR.search(plain):
        return None
    expression = spelled(plain[start.end() if start else 0 :], english=english)
    if expression is None or len(expression) > LONGEST_EXPRESSION or not OPERATION.search(expression):
        return None
    if not ordered and (no_calculation(expression) or not (start or BARE.fullmatch(expression))):
        return None
    try:
        evaluate(expression)
    except ToolError:
        return None
    return {"expression": expression}


def spelled(text: str, *, english: bool) -> str | None:
    """Return what is asked with signs instead of words and points instead of commas, None if it is no expression."""
    text = f"{text.rstrip(' =')} "
    for ending in (" equals ", " equal ", " make ", " aus "):
        text = text.removesuffix(ending)
    text = PERCENT.sub(" % of ", text)
    for words, sign in SIGNS:
        text = words.sub(sign, text)
    text = ROOT.sub(lambda match: f"sqrt({next(filter(None, match.groups()))})", text)
    if "," in text and "(" not in text:
        text = THOUSANDS.sub(r"\1\2", text) if english else DECIMAL_COMMA.sub(r"\1.\2", text)
    text = text.strip()
    if not SYMBOLS.fullmatch(text) or any(name not in KNOWN for name in NAME.findall(text)):
        return None
    return text


def no_calculation(expression: str) -> bool:
    """Tell whether an expression is more likely a date, a range, a ratio or a number in parts."""
    if DATE.fullmatch(expression) or CHAIN.fullmatch(expression) or RANGE.fullmatch(expression):
        return True
    ratio = RATIO.fullmatch(expression)
    if ratio is None:
        return False
    return expression in USUAL_RATIOS or max(int(ratio[1]), int(ratio[2])) <= LARGEST_DAY
