"""A branch as Markdown that stays whole: nothing in a message reaches beyond it."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext

from ..models import Message
from . import words
from .scope import Scope

RUN = re.compile(r"`{3,}")
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
# Raw HTML that would go on until it is ended, whatever stands in between; also at the beginning of a list's item or of
# a quotation, which end before it does. Nothing here renders HTML of a message.
OPENS_HTML = re.compile(
    r"^((?:\s|>|[-+*]\s|\d{1,9}[.)]\s)*)"
    r"<(?=[!?]|(?:script|pre|style|textarea|plaintext|xmp|iframe|noembed|noframes|noscript|template|title)\b)",
    re.IGNORECASE,
)
PUNCTUATION = re.compile(r"([\\`*_\[\]<>#~|!&])")


def as_markdown(scope: Scope) -> Iterator[bytes]:
    """Yield the Markdown of the branch in scope."""
    yield f"# {plain(str(scope.conversation))}\n".encode()
    for turn in scope.branch():
        for message in scope.messages(turn):
            yield "".join(_message(message)).encode()
        if not scope.chosen and (ending := words.how_it_ended(turn)):
            yield f"\n*{ending}*\n".encode()


def plain(text: str) -> str:
    """Return words on one line in which nothing means anything."""
    return PUNCTUATION.sub(r"\\\1", " ".join(words.clean(text).split()))


def fenced(text: str, info: str = "") -> str:
    """Return a text between fences that it cannot end."""
    fence = "`" * (max([2, *map(len, RUN.findall(text))]) + 1)
    return f"{fence}{info}\n{text}\n{fence}\n"


def closed(text: str) -> str:
    """Return somebody's Markdown with the fence ended that is open at its end, and no HTML begun."""
    lines, fence = [], ""
    for line in text.split("\n"):
        found = FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found and not (found[1][0] == "`" and "`" in found[2]):
            fence = found[1]
        else:
            line = OPENS_HTML.sub(r"\1\\<", line)
        lines.append(line)
    return "\n".join([*lines, fence] if fence else lines)


def quoted(text: str) -> str:
    """Return a text as a quotation, out of which nothing leads."""
    return "".join(f"> {line}".rstrip() + "\n" for line in closed(text).split("\n"))


def _message(message: Message) -> Iterator[str]:
    yield f"\n## {plain(words.who(message))}\n\n*{words.when(message.created_at)}*\n"
    if names := words.attached(message):
        yield "\nAttached: " + ", ".join(map(plain, names)) + "\n"
    if message.thinking:
        yield "\nThoughts:\n\n" + fenced(words.clean(message.thinking), "text")
    text = words.said(message)
    if message.role == Message.Role.TOOL:
        if given := message.tool_run.get("arguments"):
            yield gettext("\nCalled with:\n\n") + fenced(words.laid_out(given), "json")
        if text:
            yield "\nReturned:\n\n" + fenced(text)
    elif message.role == Message.Role.USER and text:
        yield "\n" + quoted(text)
    elif text:
        yield "\n" + closed(text) + "\n"
