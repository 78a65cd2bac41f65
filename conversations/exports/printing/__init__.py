"""A branch as a PDF, set by Typst in a process of its own that may do nothing else."""

import logging
import re
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.translation import gettext

from ...attachments import let_connection_go
from ...errors import TooLarge
from ...extraction import in_line, process
from ...models import Message, Turn
from .. import elements, words
from ..scope import Scope
from ..word import MOST_CHARACTERS, taken

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
START = "import sys; sys.path += sys.argv[2:]; from press import main; main(sys.argv[1])"
PLACES = [str(HERE), *process.PLACES]
# Setting a long document takes more than reading a file, and a type setter with its fonts more memory.
SECONDS = 60
CPU_SECONDS = 45
MEMORY_TIMES = 3
# Between what they hold, white space is nothing.
HOLDS_BLOCKS = {"blockquote", "div", "ol", "ul"}
# As far as the data may be nested that the type setter takes, and as long as its links may be.
DEEPEST = 24
LINK_CHARACTERS = 8000
LANGUAGE = re.compile(r"[^a-z0-9+#-]")


def write_pdf(scope: Scope, target: IO[bytes]) -> None:
    """Write the PDF of the branch in scope; raises TooLarge."""
    told = {
        "title": " ".join(words.clean(str(scope.conversation)).split()),
        "messages": list(_messages(scope)),
    }
    job = {
        "template": str(HERE / "paper.typ"),
        "cpu_seconds": CPU_SECONDS,
        "memory_bytes": MEMORY_TIMES * settings.PARSER_MEMORY_MB * 1024 * 1024,
    }
    with tempfile.TemporaryFile(prefix="chatsite-prints-") as source:
        source.write(orjson.dumps(told))
        source.seek(0)
        try:
            setting = partial(process.run, source, job, seconds=SECONDS, start=START, places=PLACES)
            let_connection_go()
            # One of these takes more memory than a parser: however many people print, so many of them are at work.
            made, code = in_line(setting, whose=scope.conversation.owner_id)
        except process.TooMuch:
            made, code = b"", -1
    if code or not made.startswith(b"%PDF"):
        logger.warning("A PDF could not be set: the process ended with %d", code)
        raise TooLarge(
            gettext("This is too much for a PDF. Take one branch or message, or a web page, and print that."),
            code="export_too_large",
        )
    target.write(made)


def _messages(scope: Scope) -> Iterator[dict[str, Any]]:
    left = MOST_CHARACTERS
    for turn in scope.branch():
        said = scope.messages(turn)
        for message in said:
            left = taken(left, message)
            last = message is said[-1] and not scope.chosen
            yield _message(message, words.how_it_ended(turn) if last else "", turn)


def _message(message: Message, ending: str, turn: Turn) -> dict[str, Any]:
    text = words.said(message)
    answers, tool = message.role == Message.Role.ASSISTANT, message.role == Message.Role.TOOL
    given = message.tool_run.get("arguments")
    code = [words.laid_out(given)] if given else []
    return {
        "who": words.who(message),
        "when": words.when(message.created_at),
        "attached": words.attached(message),
        "thinking": words.clean(message.thinking),
        "code": "\n".join([*code, text]) if tool else "",
        "text": "" if answers or tool else text,
        "nodes": [_node(each, 0) for each in elements.of(text)] if answers else [],
        "ending": ending,
    }


def _node(node: elements.Node, depth: int) -> Any:
    """Return an element with what the template wants to know of it; what stands too deep in others is bare words."""
    if isinstance(node, str):
        return node
    if depth > DEEPEST:
        return elements.words_of([node])
    tag, attrs = node["tag"], node["attrs"]
    found: dict[str, Any] = {"tag": tag, "attrs": attrs}
    if tag == "figure":
        code, name = elements.code_of(node)
        return {**found, "in": [], "words": code, "language": LANGUAGE.sub("", name.lower()) or "text"}
    if tag == "code":
        return {**found, "in": [], "words": elements.words_of(node["in"])}
    if tag == "table":
        rows = elements.rows_of(node)
        columns = max(map(len, rows), default=1)
        empty: elements.Element = {"tag": "td", "attrs": {}, "in": []}
        told = [[_node(cell, depth + 1) for cell in [*row, *[empty] * (columns - len(row))]] for row in rows]
        return {**found, "in": [], "rows": told, "columns": columns}
    if tag == "a":
        address = elements.link_of(node)
        found["link"] = address if len(address.encode()) < LINK_CHARACTERS else ""
    if tag == "ol":
        start = str(attrs.get("start", ""))
        found["start"] = int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 1
    inner = [each for each in node["in"] if tag not in HOLDS_BLOCKS or not isinstance(each, str) or each.strip()]
    return {**found, "in": [_node(each, depth + 1) for each in inner]}
