"""What may be in the HTML of a message: written down again here, on purpose, and not taken from the code."""

import re
from html.parser import HTMLParser

HTML_TAGS = """
a br code del em input label span strong blockquote div figcaption figure h3 hr li ol p pre table tbody td th
thead tr ul
"""
MATH_TAGS = """
math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle msub
msubsup msup mtable mtd mtext mtr munder munderover
"""
MATH = set(MATH_TAGS.split())
TAGS = {*HTML_TAGS.split(), *MATH}
EMPTY = {"br", "hr", "input"}
ATTRIBUTES = {
    "a": {"class", "href", "rel", "target", "title"},
    "div": {"aria-label", "class", "role", "tabindex"},
    "figcaption": {"class"},
    "figure": {"class"},
    "h3": {"class"},
    "input": {"checked", "disabled", "type"},
    "ol": {"class", "start"},
    "pre": {"aria-label", "role", "tabindex"},
    "span": {"class"},
    "td": {"align"},
    "th": {"align", "scope"},
    "ul": {"class"},
}
MATH_ATTRIBUTE_NAMES = """
accent accentunder class columnspan depth display displaystyle fence form height largeop linethickness lspace
mathvariant maxsize minsize movablelimits notation rowspan rspace scriptlevel separator stretchy symmetric voffset width
"""
MATH_ATTRIBUTES = set(MATH_ATTRIBUTE_NAMES.split())
CLASSES = {
    "a": r"chip",
    "div": r"long|table-scroll",
    "figcaption": r"code-head",
    "figure": r"code",
    "h3": r"minor",
    "mtd": r"end|start",
    "ol": r"tasks",
    "span": r"chip|[a-z][a-z0-9]{0,2}",
    "ul": r"tasks",
}
WEB = re.compile(r"(?:https?:|mailto:)", re.I)
REL = "noopener noreferrer nofollow"


class Checker(HTMLParser):
    """Reads HTML and notes everything that is not on the list."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.roots = 0
        self.text = ""
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.faults.append(f"tag {tag}")
        if tag == "a" and "a" in self.open:
            self.faults.append("a link in a link")
        allowed = MATH_ATTRIBUTES if tag in MATH else ATTRIBUTES.get(tag, set())
        for name, value in attrs:
            if name not in allowed:
                self.faults.append(f"attribute {tag} {name}")
            if name == "class" and not re.fullmatch(CLASSES.get(tag, r"(?!)"), value or ""):
                self.faults.append(f"class {tag} {value}")
            if name == "href" and not WEB.match(value or ""):
                self.faults.append(f"address {value}")
        given = dict(attrs)
        if tag == "a" and given.get("rel") != REL:
            self.faults.append("a link without rel")
        if tag == "a" and (given.get("href") or "").lower().startswith("http") and given.get("target") != "_blank":
            self.faults.append("a link that replaces the page")
        if tag == "input" and not (given.get("type") == "checkbox" and "disabled" in given):
            self.faults.append("a control that works")
        self.roots += not self.open
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults.append(f"self-closing {tag}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"unbalanced {tag}")

    def handle_data(self, data: str) -> None:
        self.text += data
        if not self.open:
            self.faults.append(f"text outside an element: {data[:40]!r}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data[:40]!r}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl[:40]!r}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"declaration {data[:40]!r}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data[:40]!r}")


def faults(block: str) -> list[str]:
    """Return what one block holds against the rules: an empty list when it is one element and everything is allowed."""
    checker = Checker()
    checker.feed(block)
    checker.close()
    found = checker.faults + [f"left open: {tag}" for tag in checker.open]
    return found if checker.roots == 1 else [*found, f"{checker.roots} elements"]


def words(html: str) -> str:
    """Return the text a reader sees."""
    checker = Checker()
    checker.feed(html)
    checker.close()
    return checker.text
