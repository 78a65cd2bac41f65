"""What happens to a text before it is parsed: odd characters, length and nesting."""

import re

MESSAGE_CHARS = 131_072
PIECE_CHARS = 16_384
CONTAINERS_PER_LINE = 12
INDENT_COLUMNS = 64
TABLE_COLUMNS = 50
TABLE_CELLS = 20_000
LATEX_WORK = 4_000_000

# A noncharacter: put in front of what must not be taken for Markdown, and taken out of the HTML again.
MARK = "\ufdd1"

UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd1]")
CONTAINER = r"(?:[ \t]*+(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t])))"
# Lines are found by the newline before them, which is many times faster than by `^`.
RAW_HTML = re.compile(rf"\n{CONTAINER}*+[ \t]*+(?=<)")
RULE = r"[ \t]*+([-*_])(?:[ \t]*+\1)*+[ \t]*+(?:\n|$)"
DEEP_LINE = re.compile(rf"\n(?={CONTAINER}{{{CONTAINERS_PER_LINE}}})(?!{RULE}){CONTAINER}{{{CONTAINERS_PER_LINE}}}")
DEEP_INDENT = re.compile(
    rf"\n(?:[ \t]{{{INDENT_COLUMNS},}}+|[ ]*+\t[ \t]{{{INDENT_COLUMNS // 4 - 1},}}+)(?=[-+*>\d])",
)
DELIMITER_ROW = re.compile(r"^(?=[^|\n]*+\|)(?=[^-\n]*+-)[ \t>:|-]++$", re.M)


def tidy(text: str) -> str:
    """Return the text with plain newlines and without characters that no page may carry."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return UNWANTED.sub("\N{REPLACEMENT CHARACTER}", text)


def guard(text: str) -> str:
    """Return a tidy text marked so that raw HTML stays text and nesting stays shallow."""
    text = f"\n{text}"
    if "<" in text:
        text = RAW_HTML.sub(rf"\g<0>{MARK}", text)
    text = DEEP_LINE.sub(rf"\g<0>{MARK}", text)
    if " " * INDENT_COLUMNS in text or "\t" in text:
        text = DEEP_INDENT.sub(rf"\g<0>{MARK}", text)
    text = text[1:]
    if text.count("|") > TABLE_COLUMNS or (text.count("\n") * TABLE_COLUMNS > TABLE_CELLS and "|" in text):
        text = "\n\n".join(map(_guard_table, text.split("\n\n")))
    return text


def _guard_table(part: str) -> str:
    # The parser fills every short row up to the width of the table, so a small text can make a huge table.
    columns = max((row[0].count("|") + 1 for row in DELIMITER_ROW.finditer(part)), default=0)
    if columns <= TABLE_COLUMNS and columns * part.count("\n") <= TABLE_CELLS:
        return part
    return DELIMITER_ROW.sub(rf"{MARK}\g<0>", part)


def latex_is_cheap(text: str) -> bool:
    r"""Tell whether `\(` and `\[` take little time: each may be searched to the end of its paragraph for its end."""
    if "\\" not in text or _latex_work(text) <= LATEX_WORK:
        return True
    return max(map(_latex_work, text.split("\n\n"))) <= LATEX_WORK


def _latex_work(text: str) -> int:
    return (text.count(r"\(") + text.count(r"\[")) * len(text)


def cut(text: str) -> int:
    """Return how many characters of a tidy text are rendered as Markdown; the rest is shown as it is."""
    if len(text) <= MESSAGE_CHARS:
        return len(text)
    return text.rfind("\n", 0, MESSAGE_CHARS) + 1 or MESSAGE_CHARS


def piece_end(text: str, start: int) -> int:
    """Return where the piece of unrendered text that begins at `start` ends."""
    if len(text) - start <= PIECE_CHARS:
        return len(text)
    return text.rfind("\n", start, start + PIECE_CHARS) + 1 or start + PIECE_CHARS
