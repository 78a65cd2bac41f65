"""The tool `calculate`: arithmetic that a model would otherwise guess."""

from typing import Any

from ..errors import ToolError
from ..values import Tool
from .expressions import CONSTANTS, FUNCTIONS, LONGEST_EXPRESSION, evaluate
from .numbers import shown

DESCRIPTION = (
    "Computes an arithmetic expression exactly and returns its value. Use it for every calculation instead of doing it "
    "yourself. Operators: + - * / // (whole part) % (remainder) ** (power), parentheses, and percentages as "
    f'"15 % of 80". Functions: {", ".join(FUNCTIONS)}; angles are in radians, log(x) is the natural logarithm and '
    f"log(x, b) the one to base b, round takes halves away from zero. Constants: {', '.join(CONSTANTS)}. "
    "Numbers have a decimal point and no separators between thousands: 1234.5."
)
PARAMETERS = {
    "type": "object",
    "properties": {
        "expression": {
            "type": "string",
            "description": "The expression, for example (3 + 4) * 2 or sqrt(2) / 3 or 19 % of 249.90.",
            "minLength": 1,
            "maxLength": LONGEST_EXPRESSION,
        }
    },
    "required": ["expression"],
}


def calculator() -> Tool:
    """Return the tool that computes arithmetic."""

    async def run(arguments: dict[str, Any]) -> str:
        return calculate(arguments["expression"])

    return Tool("calculate", DESCRIPTION, PARAMETERS, run)


def calculate(expression: str) -> str:
    """Return an expression with its value, "0.1 + 0.2 = 0.3", or with ≈ if the value is rounded.

    `ToolError` says in a sentence why there is none.
    """
    try:
        return f"{' '.join(expression.split())} {shown(evaluate(expression))}"
    except ToolError as error:
        raise ToolError(f"The expression cannot be computed: {error}.") from None
