"""TeX to MathML, within limits that keep the converter from exhausting the stack."""

import re
from html import escape

from math_core import LatexError, LatexToMathML

from .cache import Cache

FORMULA_CHARS = 1_500
NESTING = 30
COMMANDS_IN_A_ROW = 30
MACRO_EXPANSIONS = 20

COMMAND_RUN = re.compile(rf"(?:\\(?:[A-Za-z]++|[^A-Za-z])\s*+){{{COMMANDS_IN_A_ROW},}}+")
STEP = re.compile(r"(\{|\\left\b|\\begin\b)|(\}|\\right\b|\\end\b)|\\.", re.S)
OPENING = {"}": "{", r"\right": r"\left", r"\end": r"\begin"}
ALIGNED = re.compile(r' style="text-align: (right|left);[^"]*"')
STYLE = re.compile(r' style="[^"]*"')
SIDES = {"right": ' class="end"', "left": ' class="start"'}

_converter = LatexToMathML(fancy_error=False, max_expansions=MACRO_EXPANSIONS)
_formulas = Cache(limit=500_000)


def _is_safe(tex: str) -> bool:
    if len(tex) > FORMULA_CHARS:
        return False
    depths = {"{": 0, "\\left": 0, "\\begin": 0}
    for step in STEP.finditer(tex):
        if step[1]:
            depths[step[1]] += 1
        elif step[2]:
            depths[OPENING[step[2]]] -= 1
        if sum(depths.values()) > NESTING or min(depths.values()) < 0:
            return False
    return not COMMAND_RUN.search(tex)


def _convert(tex: str, *, display: bool) -> str:
    if _is_safe(tex):
        try:
            html = _converter.convert_with_local_state(tex, displaystyle=display)
        except LatexError:
            return as_written(tex, display=display)
        return STYLE.sub("", ALIGNED.sub(lambda side: SIDES[side[1]], html))
    return as_written(tex, display=display)


def as_written(tex: str, *, display: bool) -> str:
    """Return TeX that cannot be drawn as code, between its dollar signs."""
    sign = "$$" if display else "$"
    return f"<code>{sign}{escape(tex, quote=False)}{sign}</code>"


def formula(tex: str, *, display: bool) -> str:
    """Return a formula as a MathML element, or as code when it is too long, too deep or not understood."""
    return _formulas.get((tex, display), lambda: _convert(tex, display=display))
