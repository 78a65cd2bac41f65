"""A text that is still being written, as HTML blocks that are kept up to date at little cost."""

import re

from .guard import MESSAGE_CHARS, tidy
from .markdown import parse, starts
from .page import CACHED_BLOCK_CHARS, blocks, polished
from .polish import polish

# A re-rendering takes time for each element, each character of HTML and each of text: the more there are, the more new
# characters it waits for.
ELEMENTS_PER_CHAR = 40
HTML_PER_CHAR = 1_000
TEXT_PER_CHAR = 400
EAGER_CHARS = 24

# A link definition changes how text before and after it reads, so from then on the text is parsed as a whole.
DEFINITION = re.compile(r"^(?:(?:[ \t>*+-]|\d{1,9}[.)])*+\[(?:[^\]\\\n]|\\.)*+|[^\[\]\n]++)\]:", re.M)
ENDS_IN_CODE = re.compile(r"</code></pre>(?:\s*+</(?:li|ul|ol|blockquote)>)*+$")
BOUNDARY = re.compile(r"(?<=\n\n)[^\n]|(?<=\n)(?:#|```|~~~)")
FENCE = re.compile(r"^[ \t>]*+(?:(?:[-+*]|\d{1,9}[.)])[ \t]++)*+(`{3,}+|~{3,}+)([^\n]*+)$", re.M)


class LiveBlocks:
    """The safe HTML blocks of a text that grows, or is replaced, while it is being written."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._forget()

    def _forget(self) -> None:
        self._text = ""
        self._tail = ""
        self._stable = 0
        self._known: list[str] = []
        self._whole = False
        # Characters not shown yet: even an empty text is news when it takes the place of another.
        self._waiting = 1
        self._patience = 0
        self._tried = 0

    def update(self, text: str, done: bool = False) -> int:
        """Take the whole text so far and return the index of the first block that changed, `len(blocks)` if none did.

        A reader who cuts its list at that index and appends `blocks[index:]` has the same list. With `done` the blocks
        equal `blocks(text)`; before, an open code block has no colours and a very long last block may lag a little.
        """
        if done:
            self._forget()
            return self._replace(0, blocks(text))
        self._take(text)
        if not self._waiting or (self._patience > EAGER_CHARS and self._waiting < self._patience):
            return len(self.blocks)
        self._waiting = 0
        return self._render_tail() if len(text) <= MESSAGE_CHARS else self._render_whole(text)

    def _take(self, text: str) -> None:
        if not text.startswith(self._text):
            self._forget()
        added = text[len(self._text) :]
        if added.startswith("\n") and self._text.endswith("\r"):
            added = added[1:]
        added = tidy(added)
        self._text = text
        self._tail += added
        self._waiting += len(added)

    def _render_whole(self, text: str) -> int:
        html = blocks(text)
        self._rest(html)
        return self._replace(0, html)

    def _rest(self, html: list[str]) -> None:
        elements, size = sum(block.count("<") for block in html), sum(map(len, html))
        waits = elements // ELEMENTS_PER_CHAR, size // HTML_PER_CHAR, len(self._tail) // TEXT_PER_CHAR
        self._patience = sum(waits)

    def _render_tail(self) -> int:
        if not self._whole and "]:" in self._tail and DEFINITION.search(self._tail):
            self._whole, self._stable, self._known, self._tail = True, 0, [], tidy(self._text)
        parsed = parse(self._tail)
        last = len(parsed) - 1
        is_open = last >= 0 and ends_in_open_code(self._tail, parsed[last])
        html: list[str] = []
        for index, block in enumerate(parsed):
            if is_open and index == last:
                html.append(polish(block, closed=False))
            elif index < len(self._known) and self._known[index] == block:
                html.append(self.blocks[self._stable + index])
            else:
                html.append(polish(block))
        changed = self._replace(self._stable, html)
        self._known = [*parsed[:last], ""] if is_open else parsed
        self._rest(html)
        if last > 0 and not self._whole:
            self._settle(parsed)
        return changed

    def _settle(self, parsed: list[str]) -> None:
        # What comes before a top-level block is final once the line that begins this block cannot become another: it
        # follows a blank line or is a heading or a fence, and it is complete or begins with a letter.
        candidates = [
            found.start()
            for found in BOUNDARY.finditer(self._tail, self._tried)
            if found[0].isalpha() or self._tail.find("\n", found.start()) >= 0
        ]
        if not candidates:
            return
        self._tried = candidates[-1] + 1
        offsets = starts(self._tail)
        settled = [index for index, offset in enumerate(offsets) if index and offset in candidates]
        if not settled or len(offsets) != len(parsed):
            return
        count = settled[-1]
        for block, html in zip(parsed[:count], self.blocks[self._stable :], strict=False):
            if len(block) <= CACHED_BLOCK_CHARS:
                polished.keep(block, html)
        self._stable += count
        self._tail = self._tail[offsets[count] :]
        self._known = self._known[count:]
        self._tried = 0

    def _replace(self, start: int, html: list[str]) -> int:
        old = self.blocks[start:]
        changed = 0
        for before, after in zip(old, html, strict=False):
            if before != after:
                break
            changed += 1
        if changed == len(html) < len(old):
            # The list only became shorter: name its last block, so that the change is not taken for none.
            changed = max(changed - 1, 0)
        self.blocks[start:] = html
        return start + changed


def ends_in_open_code(text: str, block: str) -> bool:
    """Tell whether the last block of a text, given as the parser's HTML, ends in a code fence that is still open."""
    if "</pre>" not in block or not ENDS_IN_CODE.search(block):
        return False
    opening = FENCE.match(text)
    if opening and text.find(opening[1], opening.end()) < 0:
        return True
    fence = ""
    for line in FENCE.finditer(text):
        run, info = line[1], line[2]
        if not fence:
            fence = run if run[0] == "~" or "`" not in info else ""
        elif run.startswith(fence) and not info.strip():
            fence = ""
    return bool(fence)
