"""How Word numbers lists and names headings: by styles, which refer to each other, and by numbering definitions."""

from typing import Any

BULLET = "-"
MAX_LEVELS = 9
# Styles refer to the one they are made from; a loop of them ends here.
MAX_ANCESTORS = 20


class Styles:
    """What a paragraph's style says: the level of its heading, and the list it belongs to."""

    def __init__(self, root: Any | None, w: str):
        self._w = w
        self._styles = {one.get(w + "styleId"): one for one in root.iter(w + "style")} if root is not None else {}
        self._headings: dict[str, int] = {}

    def heading(self, paragraph: Any | None, style: str | None) -> int:
        """Return the level of a heading, counted from 1, or 0 for other text."""
        outline = _value(paragraph, self._w, "outlineLvl")
        if outline is not None:
            return _level(outline)
        if style is None:
            return 0
        if style not in self._headings:
            self._headings[style] = self._heading_of(style)
        return self._headings[style]

    def list_of(self, style: str | None) -> tuple[str | None, str | None]:
        """Return the number of the list and the level that a style puts its paragraphs in."""
        for one in self._ancestry(style):
            properties = one.find(f"{self._w}pPr/{self._w}numPr")
            if properties is not None:
                return _value(properties, self._w, "numId"), _value(properties, self._w, "ilvl")
        return None, None

    def _heading_of(self, style: str) -> int:
        for one in self._ancestry(style):
            name = (_value(one, self._w, "name") or "").lower()
            if name.startswith("heading ") and name[8:].strip().isdigit():
                return min(int(name[8:]), MAX_LEVELS)
            if name == "title":
                return 1
            outline = _value(one.find(self._w + "pPr"), self._w, "outlineLvl")
            if outline is not None:
                return _level(outline)
        return 0

    def _ancestry(self, style: str | None) -> list[Any]:
        found: list[Any] = []
        while style in self._styles and len(found) < MAX_ANCESTORS:
            found.append(self._styles[style])
            style = _value(found[-1], self._w, "basedOn")
        return found


class Lists:
    """Counts the items of each list, as Word does when it shows them."""

    def __init__(self, root: Any | None, w: str):
        self._formats: dict[str, dict[int, tuple[str, int]]] = {}
        self._counts: dict[tuple[str, int], int] = {}
        if root is None:
            return
        kinds: dict[str | None, dict[int, tuple[str, int]]] = {}
        for kind in root.iter(w + "abstractNum"):
            kinds[kind.get(w + "abstractNumId")] = levels = {}
            for level in kind.iter(w + "lvl"):
                start = _value(level, w, "start") or "1"
                shown = _value(level, w, "numFmt") or "decimal"
                levels[_number(level.get(w + "ilvl"))] = (shown, _number(start))
        for one in root.iter(w + "num"):
            self._formats[one.get(w + "numId")] = kinds.get(_value(one, w, "abstractNumId"), {})

    def mark(self, number: str, level: str | None) -> str:
        """Return what stands before the next item of a list at this level, indented, such as "- " or "  2. "."""
        depth = min(_number(level or "0"), MAX_LEVELS - 1)
        shown, start = self._formats.get(number, {}).get(depth, ("bullet", 1))
        for deeper in range(depth + 1, MAX_LEVELS):
            self._counts.pop((number, deeper), None)
        indent = "  " * depth
        if shown in {"bullet", "none"}:
            return f"{indent}{BULLET} "
        count = self._counts[number, depth] = self._counts.get((number, depth), start - 1) + 1
        return f"{indent}{_shown(count, shown)}. "


def _shown(count: int, shown: str) -> str:
    if shown in {"lowerLetter", "upperLetter"} and 0 < count <= 26:
        letter = chr(ord("a") + count - 1)
        return letter if shown == "lowerLetter" else letter.upper()
    if shown in {"lowerRoman", "upperRoman"} and 0 < count < 400:
        roman = _roman(count)
        return roman if shown == "lowerRoman" else roman.upper()
    return str(count)


def _roman(count: int) -> str:
    said = ""
    for value, letters in (
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ):
        said += letters * (count // value)
        count %= value
    return said


def _value(element: Any | None, w: str, name: str) -> str | None:
    found = element.find(w + name) if element is not None else None
    return found.get(w + "val") if found is not None else None


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else 0


def _level(outline: str) -> int:
    # 9 is what Word calls body text.
    level = _number(outline) + 1
    return level if level <= MAX_LEVELS else 0
