"""A whole text as HTML, and as plain words."""

import re
from functools import lru_cache
from html import escape, unescape

from . import labels
from .cache import Cache
from .guard import cut, piece_end, tidy
from .markdown import TAG, parse
from .polish import IMAGE, polish

CACHED_BLOCK_CHARS = 20_000
# Whole texts that were rendered lately: enough for the answers that end within a moment.
READY_TEXTS = 32
REST_NOTICE = f"<p><em>{labels.REST_NOTICE}</em></p>"
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]")

polished = Cache(limit=2_000_000)


def polish_once(block: str) -> str:
    """Return the safe HTML of a finished block, remembered from the last time if it is short."""
    if len(block) > CACHED_BLOCK_CHARS:
        return polish(block)
    return polished.get(block, lambda: polish(block))


def plain_piece(text: str) -> str:
    """Return text as one paragraph that keeps its line breaks and is not formatted."""
    return f"<p>{escape(text, quote=False).replace(chr(10), '<br>')}</p>"


def blocks(text: str) -> list[str]:
    """Return the safe HTML of each top-level block of a Markdown text: one element each, in order."""
    text = tidy(text)
    end = cut(text)
    html = [polish_once(block) for block in parse(text[:end])]
    if end < len(text):
        html.append(REST_NOTICE)
    while end < len(text):
        start, end = end, piece_end(text, end)
        html.append(plain_piece(text[start:end]))
    return html


@lru_cache(maxsize=READY_TEXTS)
def ready_blocks(text: str) -> tuple[str, ...]:
    """Return the blocks of a whole text, remembered for the next readers of the same."""
    return tuple(blocks(text))


def render(text: str) -> str:
    """Return a Markdown text as safe HTML."""
    return "".join(blocks(text))


def plain(text: str) -> str:
    """Return the words of a Markdown text on one line, unescaped, without marks and invisible characters."""
    text = tidy(text)
    html = "\n".join(parse(text[: cut(text)]))
    words = unescape(TAG.sub("", IMAGE.sub(lambda image: image[2], html)))
    return " ".join(INVISIBLE.sub(" ", words).split())
