"""A branch as one HTML file that opens anywhere: the page's own templates and sheets, no script, nothing outside."""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.utils.safestring import mark_safe

from ..models import Attachment, Message
from . import words
from .scope import Scope

SHEETS = ("tokens", "base", "layout", "chat", "files", "still", "print")
MARK = "<!--turns-->"


def as_html(scope: Scope) -> Iterator[bytes]:
    """Yield the HTML of the branch in scope."""
    style = _style()
    about = {
        "title": " ".join(words.clean(str(scope.conversation)).split()),
        "style": mark_safe(style),
        "style_digest": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "sprite": mark_safe(_sprite()),
    }
    before, _, after = get_template("conversations/still/file.html").render(about).lstrip().partition(MARK)
    yield before.encode()
    template = get_template("conversations/still/_turn.html")
    for turn in scope.branch():
        said = scope.messages(turn)
        for message in said:
            for each in message.attachments.all():
                vars(each)["picture"] = _picture(each)
        ending = words.how_it_ended(turn) if scope.message is None else ""
        yield template.render({"turn": turn, "messages": shown(said), "ending": ending, "own_icons": True}).encode()
    yield after.encode()


def shown(messages: list[Message]) -> list[Message]:
    """Return the messages without those that have nothing to show."""
    return [each for each in messages if each.role != Message.Role.ASSISTANT or each.text or each.thinking]


def _picture(attachment: Attachment) -> str:
    """Return a picture as an address that holds it; empty for a file that is none, or is lost."""
    image = attachment.file.image
    if not image:
        return ""
    try:
        with image.open("rb") as content:
            return "data:image/jpeg;base64," + base64.b64encode(content.read()).decode()
    except OSError:
        return ""


@cache
def _style() -> str:
    """Return the sheets that a conversation needs, as one."""
    return "\n".join(_static(f"css/{name}.css") for name in SHEETS)


@cache
def _sprite() -> str:
    return _static("icons.svg").replace("<svg ", '<svg hidden aria-hidden="true" ', 1)


def _static(name: str) -> str:
    found = finders.find(name)
    assert isinstance(found, str), name
    return Path(found).read_text()
