"""A branch as one HTML file that opens anywhere: the page's own templates and sheets, no script, nothing outside."""

import base64
import hashlib
import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from ..models import Attachment, Message, Turn
from . import words
from .scope import Scope

SHEETS = ("tokens", "base", "layout", "chat", "files", "still", "print")
MARK = "<!--turns-->"


def as_html(scope: Scope) -> Iterator[bytes]:
    """Yield the HTML of the branch in scope."""
    yield from _page(scope, ((turn, {}) for turn in scope.branch()))


def every_branch_as_html(scope: Scope) -> Iterator[bytes]:
    """Yield the HTML of a whole conversation, for others than its owner: each turn after the one that it answers, and
    alternatives one after the other, with numbers that say which follows which."""
    numbers: dict[uuid.UUID, int] = {}

    def turns() -> Iterator[tuple[Turn, dict[str, Any]]]:
        for number, turn in enumerate(scope.turns(), start=1):
            numbers[turn.pk] = number
            follows = numbers.get(turn.parent_id) if turn.parent_id else None
            place = gettext("Turn %(number)s") % {"number": number} + (
                gettext(", after turn %(follows)s") % {"follows": follows} if follows else gettext(", the beginning")
            )
            # Nothing in it acts in anybody's name.
            yield turn, {"place": place, "asker": gettext("Question"), "reading": True}

    yield from _page(scope, turns())


def _page(scope: Scope, turns: Iterable[tuple[Turn, dict[str, Any]]]) -> Iterator[bytes]:
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
    for turn, more in turns:
        said = scope.messages(turn)
        for message in said:
            for each in message.attachments.all():
                vars(each)["picture"] = _picture(each)
        ending = words.how_it_ended(turn) if not scope.chosen else ""
        told = {"turn": turn, "messages": shown(said), "ending": ending, "own_icons": True, **more}
        yield template.render(told).encode()
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
