"""Markdown to HTML blocks: the only place that knows the parser."""

import re

import comrak

from .guard import MARK, guard, latex_is_cheap

NESTING = 48
BLOCK_HTML_CHARS = 400_000

TAG = re.compile(r"<[^<>]*>")
EDGE = re.compile(r"<(/?)(?:p|h[1-6]|ul|ol|blockquote|pre|table)(?: [^>]*)?>|<hr[^>]*>")
STYLE = re.compile(r"<(/?)(?:em|strong|del)>")
LINE = re.compile(r'data-sourcepos="(\d+):')


def _extensions(*, latex: bool) -> comrak.ExtensionOptions:
    extensions = comrak.ExtensionOptions()
    extensions.table = extensions.strikethrough = extensions.autolink = extensions.tasklist = True
    extensions.math_dollars = True
    extensions.math_latex = latex
    return extensions


def _rendering(*, positions: bool) -> comrak.RenderOptions:
    rendering = comrak.RenderOptions()
    rendering.escape = rendering.tasklist_classes = True
    rendering.sourcepos = positions
    return rendering


WITH_LATEX, WITHOUT_LATEX = _extensions(latex=True), _extensions(latex=False)
PARSING = comrak.ParseOptions()
PLAIN, POSITIONS = _rendering(positions=False), _rendering(positions=True)


def _render(text: str, rendering: comrak.RenderOptions) -> str:
    extensions = WITH_LATEX if latex_is_cheap(text) else WITHOUT_LATEX
    html = comrak.render_markdown(guard(text), extensions, PARSING, rendering)
    return html.replace(MARK, "").replace("%EF%B7%91", "")


def parse(text: str) -> list[str]:
    """Return the parser's HTML of each top-level block of a text: raw HTML escaped, links and images as written."""
    return _split(_render(text, PLAIN))


def starts(text: str) -> list[int]:
    """Return the offset of the line on which each top-level block of a tidy text begins, as far as it is known."""
    offsets: list[int] = []
    offset, line = 0, 1
    for block in _split(_render(text, POSITIONS)):
        found = LINE.search(block)
        if found:
            for _ in range(int(found[1]) - line):
                offset = text.find("\n", offset) + 1
            line = int(found[1])
            offsets.append(offset)
    return offsets


def _split(html: str) -> list[str]:
    if html.startswith("<p>") and html.find("</p>") == len(html) - 5:
        return [_flatten(html[:-1], depth=1)]
    blocks: list[str] = []
    start = depth = deepest = 0
    for edge in EDGE.finditer(html):
        closes = edge[1]
        if depth == 0 and (stray := html[start : edge.start()].strip()):
            blocks.append(f"<p>{stray}</p>")
        if depth == 0:
            start, deepest = edge.start(), 0
        if closes is None:
            ended = depth == 0
        else:
            depth += -1 if closes else 1
            deepest = max(deepest, depth)
            ended = depth == 0
        if ended:
            blocks.append(_flatten(html[start : edge.end()], depth=deepest))
            start = edge.end()
    if stray := html[start:].strip():
        blocks.append(f"<p>{stray}</p>")
    return blocks


def _flatten(block: str, *, depth: int) -> str:
    # The sanitiser takes quadratic time on deep nesting, and a browser a long time on very large blocks.
    if (
        depth <= NESTING < len(block) // 8
        and block.count("<em>") + block.count("<strong>") + block.count("<del>") > NESTING - depth
    ):
        level = 0
        for style in STYLE.finditer(block):
            level += -1 if style[1] else 1
            depth = max(depth, level)
    if depth > NESTING or len(block) > BLOCK_HTML_CHARS:
        return f"<p>{TAG.sub('', block)}</p>"
    return block
