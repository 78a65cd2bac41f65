"""From the parser's HTML of one block to what the page shows, the sanitiser last."""

import re
from html import unescape
from typing import Final

import nh3

from . import code, formula

LONG_TEXT_CHARS = 20_000

HEADING = re.compile(r"<(/?)h([1-6])>")
PRE = re.compile(r'<pre><code(?: class="language-([^"]*)")?[^>]*>([^<]*)</code></pre>')
MATH = re.compile(r'<span data-math-style="(inline|display)">([^<]*)</span>')
MATH_LANGUAGES = frozenset({"math", "latex-math"})
IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
LINK_OR_IMAGE = re.compile(rf'<a href="([^"]*)"( title="[^"]*")?>|</a>|{IMAGE.pattern}')
WEB = re.compile(r"https?:", re.I)
TASK = re.compile(
    r'<li class="task-list-item"><input type="checkbox" class="task-list-item-checkbox"( checked="")? disabled="" />'
    r"[ \n]*(?:(<p>)(.*?)</p>|(.*?)(?=\n<(?:ul|ol|blockquote|figure|div|pre|h[1-6]|hr|p)\b|</li>))",
    re.S,
)
# Headings from this level on look smaller than the ones above them.
MINOR_HEADING = 3
COLUMN_HEAD = re.compile(r"<th(?=[ >])")
TAG = re.compile(r"<[^<>]*>")

MATHML: Final = {
    "math": {"display"},
    "menclose": {"notation"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mmultiscripts": set(),
    "mn": set(),
    "mo": {
        "fence",
        "form",
        "largeop",
        "lspace",
        "maxsize",
        "minsize",
        "movablelimits",
        "rspace",
        "separator",
        "stretchy",
        "symmetric",
    },
    "mover": {"accent"},
    "mpadded": {"depth", "height", "lspace", "voffset", "width"},
    "mphantom": set(),
    "mprescripts": set(),
    "mroot": set(),
    "mrow": set(),
    "mspace": {"depth", "height", "width"},
    "msqrt": set(),
    "mstyle": {"displaystyle", "scriptlevel"},
    "msub": set(),
    "msubsup": set(),
    "msup": set(),
    "mtable": {"displaystyle", "scriptlevel"},
    "mtd": {"columnspan", "rowspan"},
    "mtext": set(),
    "mtr": set(),
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
}
BARE_TAGS = """
blockquote br code del em figcaption figure h3 hr input label li p span strong table tbody td th thead tr ul
"""
HTML: Final = {
    "a": {"href", "title"},
    "div": {"aria-label"},
    "ol": {"start"},
    "pre": {"aria-label"},
    **dict.fromkeys(BARE_TAGS.split(), set[str]()),
}

_box = {"tabindex": {"0"}, "role": {"group"}}
_sides = {"align": {"left", "center", "right"}}
_cleaner = nh3.Cleaner(
    tags={*HTML, *MATHML},
    clean_content_tags=set(),
    attributes={tag: names for tag, names in (HTML | MATHML).items() if names},
    tag_attribute_values={
        "a": {"target": {"_blank"}},
        "div": _box,
        "pre": _box,
        "input": {"type": {"checkbox"}, "disabled": {""}, "checked": {""}},
        "td": _sides,
        "th": {**_sides, "scope": {"col"}},
    },
    set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
    allowed_classes={
        "a": {"chip"},
        "div": {"long", "table-scroll"},
        "figcaption": {"code-head"},
        "figure": {"code"},
        "h3": {"minor"},
        "mtd": {"end", "start"},
        "span": {"chip", *code.CLASSES},
        "ul": {"tasks"},
        "ol": {"tasks"},
    },
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


def polish(block: str, *, closed: bool = True) -> str:
    """Return the parser's HTML of one block as one safe element; `closed` tells if its last code block has ended."""
    html = block
    if "<pre>" in html:
        last = html.rfind("<pre>")
        html = PRE.sub(lambda pre: _code(pre, closed=closed or pre.start() < last), html)
    if "<span data-math-style" in html:
        html = MATH.sub(_math, html)
    if "<a href" in html or "<img " in html:
        html = LINK_OR_IMAGE.sub(_Links().write, html)
    if "<h" in html:
        html = HEADING.sub(_heading, html)
    if "<table>" in html:
        html = _tables(html)
    if "task-list" in html:
        html = TASK.sub(_task, html).replace('class="contains-task-list"', 'class="tasks"')
    if len(html) > LONG_TEXT_CHARS and len(TAG.sub("", html)) > LONG_TEXT_CHARS:
        html = f'<div class="long" tabindex="0" role="group" aria-label="Long passage">{html}</div>'
    return _cleaner.clean(html)


def _heading(tag: re.Match[str]) -> str:
    """Return a heading's tag: level three whatever the answer says, so that the page's outline never skips a level."""
    if tag[1]:
        return "</h3>"
    return "<h3>" if int(tag[2]) < MINOR_HEADING else '<h3 class="minor">'


def _code(pre: re.Match[str], *, closed: bool) -> str:
    language, text = unescape(pre[1] or ""), unescape(pre[2])
    if language.lower() in MATH_LANGUAGES and closed:
        return f"<p>{formula.formula(text.strip(), display=True)}</p>"
    return code.figure(text, language, closed=closed)


def _math(span: re.Match[str]) -> str:
    tex = unescape(span[2]).strip()
    if len(tex) > 2 and tex[0] == tex[-1] == "`":
        tex = tex[1:-1]
    return formula.formula(tex, display=span[1] == "display")


class _Links:
    """Writes the links and images of one block: no link in a link, only addresses of the web and of mail."""

    def __init__(self) -> None:
        self.closers: list[str] = []

    def write(self, found: re.Match[str]) -> str:
        address, title, source, words = found.groups()
        if source is not None:
            return (words or "Image") if self.closers else _chip(source, words or "Image")
        if address is None:
            return self.closers.pop() if self.closers else ""
        start = "" if self.closers else _link_start(address, title or "")
        self.closers.append("</a>" if start else "")
        return start


def _link_start(address: str, title: str) -> str:
    if WEB.match(address):
        return f'<a href="{address}"{title} target="_blank">'
    return f'<a href="{address}"{title}>' if address[:7].lower() == "mailto:" else ""


def _chip(address: str, words: str) -> str:
    if WEB.match(address):
        return f'<a class="chip" href="{address}" target="_blank">{words}</a>'
    return f'<span class="chip">{words}</span>'


def _tables(html: str) -> str:
    html = html.replace("<table>", '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>')
    return COLUMN_HEAD.sub('<th scope="col"', html.replace("</table>", "</table></div>"))


def _task(item: re.Match[str]) -> str:
    box = f'<label><input type="checkbox" disabled=""{item[1] or ""}> '
    return f"<li><p>{box}{item[3]}</label></p>" if item[2] else f"<li>{box}{item[4]}</label>"
