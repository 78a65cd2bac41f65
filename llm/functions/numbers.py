"""Arithmetic that stays exact as long as it can, and small whatever is asked of it.

Whole numbers and decimals are fractions, so 0.1 + 0.2 is 0.3; roots, logarithms and angles are floats. Every operation
looks at the size of its result before it is computed, as far as that size can explode.
"""

import math
import operator
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

from ..errors import ToolError

Number = Fraction | float

LARGEST_DIGITS = 1000
LARGEST = 10**LARGEST_DIGITS
SHOWN_DIGITS = 15  # of a result that is not exact
LONGEST_DECIMAL = 50
TOO_LARGE = f"a number in it is too large or too small (whole numbers may have {LARGEST_DIGITS} digits)"
NOT_REAL = "its result is not a real number"


def checked(value: Number) -> Number:
    """Return a result, as a float if it is a fraction with too many digits; `ToolError` if it is too large."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ToolError(TOO_LARGE)
        return value
    if abs(value.numerator) < LARGEST and value.denominator < LARGEST:
        return value
    if value.denominator == 1:
        raise ToolError(TOO_LARGE)
    return as_float(value)


def as_float(value: Number) -> float:
    """Return a number as a float; `ToolError` if there is none as large."""
    try:
        return float(value)
    except OverflowError:
        raise ToolError(TOO_LARGE) from None


def whole(value: Number, what: str) -> int:
    """Return a number that must be a whole one; `what` begins the sentence if it is none."""
    if value != int(value):
        raise ToolError(f"{what} must be a whole number")
    return int(value)


def combine(operation: Callable[[Any, Any], Any], left: Number, right: Number) -> Number:
    """Return what an operator makes of two numbers, exact if both are."""
    if isinstance(left, float) or isinstance(right, float):
        left, right = as_float(left), as_float(right)
    try:
        result = operation(left, right)
    except ZeroDivisionError:
        raise ToolError("it divides by zero") from None
    except OverflowError:
        raise ToolError(TOO_LARGE) from None
    return checked(Fraction(result) if isinstance(result, int) else result)


def power(base: Number, exponent: Number) -> Number:
    """Return base ** exponent; exact where the exponent is whole and the result not too long."""
    if base == 0 and exponent < 0:
        raise ToolError("it divides by zero")
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        if abs(base) == 1 or base == 0:
            return base if base == 0 and exponent else base ** (int(exponent) % 2)
        longest = max(abs(base.numerator), base.denominator)
        if abs(exponent) * math.log10(longest) <= LARGEST_DIGITS + 1:
            return checked(base ** int(exponent))
        if base.denominator == 1 and exponent > 0:
            raise ToolError(TOO_LARGE)
    if base < 0 and exponent != int(exponent):
        raise ToolError(NOT_REAL)
    try:
        return checked(math.pow(as_float(base), as_float(exponent)))
    except OverflowError:
        raise ToolError(TOO_LARGE) from None


def root(value: Number) -> Number:
    """Return the square root, exact if it is a fraction itself."""
    if value < 0:
        raise ToolError(NOT_REAL)
    if isinstance(value, Fraction):
        over, under = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if over * over == value.numerator and under * under == value.denominator:
            return Fraction(over, under)
    return math.sqrt(as_float(value))


def rounded(value: Number, places: Number = Fraction(0)) -> Number:
    """Return a number with this many decimal places, halves away from zero, as people round."""
    shift = whole(places, "the number of places")
    if abs(shift) > LARGEST_DIGITS:
        raise ToolError(f"the number of places must be between -{LARGEST_DIGITS} and {LARGEST_DIGITS}")
    # What a float shows, not its last bits: 2.675 computed with a sine rounds like 2.675.
    exact = Fraction(repr(value)) if isinstance(value, float) else value
    scaled = abs(exact) * Fraction(10) ** shift + Fraction(1, 2)
    return checked(Fraction(math.floor(scaled)) / Fraction(10) ** shift * (-1 if exact < 0 else 1))


def factorial(value: Number) -> Number:
    """Return n! of a whole number that is not negative."""
    number = whole(value, "the number that a factorial is asked of")
    if number < 0:
        raise ToolError("a negative number has no factorial")
    if number > LARGEST_DIGITS:
        raise ToolError(TOO_LARGE)
    return checked(Fraction(math.factorial(number)))


def logarithm(value: Number, base: Number | None = None) -> Number:
    """Return the logarithm to a base, e if there is none."""
    if value <= 0 or (base is not None and (base <= 0 or base == 1)):
        raise ToolError("only positive numbers have logarithms, and only to a positive base other than 1")
    if base is None:
        return natural(value)
    if base == 10 and value == int(value):
        return math.log10(int(value))
    return combine(operator.truediv, natural(value), natural(base))


def natural(value: Number) -> float:
    """Return the natural logarithm of a positive number, which may be larger or smaller than any float."""
    if isinstance(value, Fraction) and (value.denominator == 1 or as_float(value) == 0):
        return math.log(value.numerator) - math.log(value.denominator)
    return math.log(as_float(value))


def median(*values: Number) -> Number:
    """Return the middle one of numbers, or the mean of the middle two."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else mean(*ordered[middle - 1 : middle + 1])


def total(*values: Number) -> Number:
    """Return the sum of numbers."""
    *_, last = accumulate(values, lambda left, right: combine(operator.add, left, right))
    return last


def mean(*values: Number) -> Number:
    """Return the average of numbers."""
    return combine(operator.truediv, total(*values), Fraction(len(values)))


def over_floats(function: Callable[[float], float]) -> Callable[[Number], Number]:
    """Return a function of `math` as one of numbers."""

    def run(value: Number) -> Number:
        try:
            return checked(function(as_float(value)))
        except OverflowError:
            raise ToolError(TOO_LARGE) from None

    return run


def over_integers(function: Callable[[int, int], int]) -> Callable[..., Number]:
    """Return a function of `math` for two integers as one of many whole numbers."""

    def run(*values: Number) -> Number:
        numbers = [whole(value, "each number here") for value in values]
        result = numbers[0]
        for number in numbers:
            result = function(result, number)
            checked(Fraction(result))
        return Fraction(result)

    return run


def shown(value: Number) -> str:
    """Return a result as people write it: "= 0.3" if that is all of it, "≈ 0.333333333333333" if it is rounded."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return f"= {value.numerator}"
        places = decimal_places(value.denominator)
        if places is not None:
            digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
            if len(digits) <= LONGEST_DECIMAL:
                return f"= {'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
        return f"≈ {brief(Context(prec=SHOWN_DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator)))}"
    return f"≈ {brief(Context(prec=SHOWN_DIGITS).create_decimal_from_float(value))}"


def decimal_places(denominator: int) -> int | None:
    """Return how many places a fraction with this denominator has, None if they never end or are too many."""
    twos = (denominator & -denominator).bit_length() - 1
    odd = denominator >> twos
    for fives in range(LONGEST_DECIMAL + 1):
        if odd == 5**fives:
            places = max(twos, fives)
            return places if places <= LONGEST_DECIMAL else None
    return None


def brief(value: Decimal) -> str:
    """Return a decimal without zeros at its end, with an exponent only where the number is very large or small."""
    text = f"{value:f}" if -7 <= value.adjusted() < SHOWN_DIGITS else f"{value:E}".lower()
    mantissa, mark, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}{mark}{exponent}"
