"""What the one renderer made of a text, as elements that other writers than a browser can follow."""

import re
from html.parser import HTMLParser
from typing import Any

from ..rendering import blocks, translated
from . import words

# A text, or {"tag", "attrs", "in"}.
Element = dict[str, Any]
Node = str | Element

VOID = {"br", "hr", "input", "mspace"}
SPACE = re.compile(r"[ \t\n]+")
# Signs between factors and after functions, which nobody is to see.
INVISIBLE_OPERATORS = re.compile("[\u2061-\u2064]")
LINKS = ("http://", "https://", "mailto:")


def of(text: str) -> list[Node]:
    """Return the elements of a Markdown text: one of each of its blocks."""
    found: list[Node] = []
    for block in translated(blocks(words.clean(text))):
        found += parse(block)
    return found


def parse(html: str) -> list[Node]:
    """Return the elements of HTML that the renderer made."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return [node for node in parser.root["in"] if not isinstance(node, str) or node.strip()]


def words_of(nodes: list[Node]) -> str:
    """Return the bare text of elements."""
    return "".join(node if isinstance(node, str) else words_of(node["in"]) for node in nodes)


def link_of(element: Element) -> str:
    """Return where a link leads, empty if that is nowhere on the web."""
    href = str(element["attrs"].get("href", ""))
    return href if href.lower().startswith(LINKS) else ""


def code_of(figure: Element) -> tuple[str, str]:
    """Return the code of a code block and the name of its language."""
    inner = {node["tag"]: node for node in figure["in"] if isinstance(node, dict)}
    name = words_of(inner["figcaption"]["in"]) if "figcaption" in inner else ""
    return words_of(inner["pre"]["in"] if "pre" in inner else figure["in"]).removesuffix("\n"), name


def rows_of(table: Element) -> list[list[Element]]:
    """Return the cells of a table, row by row; those of its head are `th`."""
    if table["tag"] == "tr":
        return [[cell for cell in table["in"] if isinstance(cell, dict)]]
    return [row for inner in table["in"] if isinstance(inner, dict) for row in rows_of(inner)]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: Element = {"tag": "", "attrs": {}, "in": []}
        self._open = [self.root]
        self._exact = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element: Element = {"tag": tag, "attrs": {name: words.clean(value or "") for name, value in attrs}, "in": []}
        self._open[-1]["in"].append(element)
        if tag not in VOID:
            self._open.append(element)
            self._exact += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and what was left open in it."""
        if tag in VOID or not any(element["tag"] == tag for element in self._open[1:]):
            return
        while True:
            closed = self._open.pop()
            self._exact -= closed["tag"] == "pre"
            if closed["tag"] == tag:
                return

    def handle_data(self, data: str) -> None:
        """Take text, its white space as a browser sees it."""
        # Again: what cannot be written can also be spelt as a reference, such as `&#12;`.
        text = words.clean(data if self._exact else SPACE.sub(" ", data))
        text = INVISIBLE_OPERATORS.sub("", text)
        if text:
            self._open[-1]["in"].append(text)
