"""An expression of arithmetic and its value, with a grammar of our own: what is not in it cannot be asked for.

    sum      product (("+" | "-") product)*
    product  signed (("*" | "/" | "//" | "%" | "% of") signed)*
    signed   ("+" | "-")* power
    power    operand ("**" signed)?
    operand  number | constant | function "(" sum ("," sum)* ")" | "(" sum ")"

It is computed while it is read; there is no tree that could be deep, and nothing is ever handed to Python's own parser.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from ..errors import ToolError
from . import numbers
from .numbers import Number

LONGEST_EXPRESSION = 1000
DEEPEST = 50
LARGEST_EXPONENT = 1000

TOKEN = re.compile(
    r"(?P<space>[ \t\r\n\u00a0\u2009\u202f]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|//|[-+*/%(),])"
)
SIGNS = str.maketrans({"×": "*", "·": "*", "⋅": "*", "÷": "/", "∕": "/", "−": "-", "–": "-", "^": "**", "π": "pi"})

CONSTANTS = {"pi": math.pi, "e": math.e}
SUMS = {"+": operator.add, "-": operator.sub}
PRODUCTS = {"*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod}

# Each with the fewest and the most arguments; None: as many as one likes.
FUNCTIONS: dict[str, tuple[Callable[..., Number], int, int | None]] = {
    "sqrt": (numbers.root, 1, 1),
    "abs": (abs, 1, 1),
    "round": (numbers.rounded, 1, 2),
    "floor": (lambda value: Fraction(math.floor(value)), 1, 1),
    "ceil": (lambda value: Fraction(math.ceil(value)), 1, 1),
    "min": (min, 1, None),
    "max": (max, 1, None),
    "sum": (numbers.total, 1, None),
    "mean": (numbers.mean, 1, None),
    "median": (numbers.median, 1, None),
    "log": (numbers.logarithm, 1, 2),
    "ln": (numbers.logarithm, 1, 1),
    "log10": (lambda value: numbers.logarithm(value, Fraction(10)), 1, 1),
    "exp": (numbers.over_floats(math.exp), 1, 1),
    "sin": (numbers.over_floats(math.sin), 1, 1),
    "cos": (numbers.over_floats(math.cos), 1, 1),
    "tan": (numbers.over_floats(math.tan), 1, 1),
    "degrees": (numbers.over_floats(math.degrees), 1, 1),
    "radians": (numbers.over_floats(math.radians), 1, 1),
    "factorial": (numbers.factorial, 1, 1),
    "gcd": (numbers.over_integers(math.gcd), 1, None),
    "lcm": (numbers.over_integers(math.lcm), 1, None),
}
PERCENT = 'write a percentage as "15 % of 80" or as 0.15; a % by itself is the remainder of a division'
COMMA = "a comma stands only between the numbers of a function; decimals have a point: 1234.5"


def evaluate(expression: str) -> Number:
    """Return the value of an expression; `ToolError` with the half sentence that says what is wrong with it."""
    if len(expression) > LONGEST_EXPRESSION:
        raise ToolError(f"it is longer than {LONGEST_EXPRESSION} characters")
    reader = Reader(expression)
    value = reader.sum()
    if reader.kind != "end":
        raise ToolError(COMMA if reader.text == "," else f"there is no operator before {reader.named()}")
    return value


def tokens(expression: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each token, and an empty one of kind "end"."""
    text = expression.translate(SIGNS)
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ToolError(f"{text[place]!r} is not part of arithmetic")
        if match.lastgroup != "space":
            yield str(match.lastgroup), match[0]
        place = match.end()
    yield "end", ""


class Reader:
    """Reads an expression from left to right, one token ahead; each method returns the value of what it has read."""

    def __init__(self, expression: str) -> None:
        self.tokens = tokens(expression)
        self.depth = 0
        self.kind = self.text = ""
        self.next()

    def next(self) -> str:
        """Go on to the next token and return the text of the one before it."""
        read = self.text
        self.kind, self.text = next(self.tokens)
        return read

    def took(self, text: str) -> bool:
        """Go on if the token is this one, and tell whether it was."""
        if self.kind == "number" or self.text != text:
            return False
        self.next()
        return True

    def named(self) -> str:
        return f"{self.text!r}" if self.text else "its end"

    def sum(self) -> Number:
        value = self.product()
        while self.text in SUMS:
            operation = SUMS[self.next()]
            value = numbers.combine(operation, value, self.product())
        return value

    def product(self) -> Number:
        value = self.signed()
        while self.text in PRODUCTS:
            operation = PRODUCTS[self.next()]
            if operation is operator.mod:
                if self.took("of"):
                    value = numbers.combine(operator.truediv, value, Fraction(100))
                    operation = operator.mul
                elif self.kind not in ("number", "name") and self.text != "(":
                    # In "20% - 5" it is meant as a percentage, and would be the remainder of a division by -5.
                    raise ToolError(PERCENT)
            value = numbers.combine(operation, value, self.signed())
        return value

    def signed(self) -> Number:
        negative = False
        while self.text in SUMS:
            negative ^= self.next() == "-"
        value = self.power()
        return -value if negative else value

    def power(self) -> Number:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ToolError(f"it is nested more than {DEEPEST} levels deep")
        value = self.operand()
        if self.took("**"):
            value = numbers.power(value, self.signed())
        self.depth -= 1
        return value

    def operand(self) -> Number:
        if self.kind == "number":
            return literal(self.next())
        if self.kind == "name":
            return self.name(self.next())
        if self.took("("):
            value = self.sum()
            self.close()
            return value
        raise ToolError(f"a number is missing before {self.named()}")

    def name(self, name: str) -> Number:
        known = name.lower()
        if known in CONSTANTS:
            return CONSTANTS[known]
        if known not in FUNCTIONS:
            raise ToolError(f"there is no {name[:40]!r}; there are {', '.join([*FUNCTIONS, *CONSTANTS])}")
        function, fewest, most = FUNCTIONS[known]
        if not self.took("("):
            raise ToolError(f"{known} needs parentheses: {known}(…)")
        values = [self.sum()]
        while self.took(","):
            values.append(self.sum())
        self.close()
        if len(values) < fewest or (most is not None and len(values) > most):
            raise ToolError(f"{known} takes {'1 number' if most == 1 else f'{fewest} or {most} numbers'}")
        return numbers.checked(function(*values))

    def close(self) -> None:
        if self.text == ",":
            raise ToolError(COMMA)
        if not self.took(")"):
            raise ToolError(f"a closing parenthesis is missing before {self.named()}")


def literal(text: str) -> Number:
    """Return the number that is written here."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > 1 and mantissa[0] == "0" and mantissa[1] != ".":
        raise ToolError(f"{text[:40]!r} begins with a zero; numbers are written without spaces or commas in them")
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > LARGEST_EXPONENT):
        raise ToolError(numbers.TOO_LARGE)
    return numbers.checked(Fraction(text))
