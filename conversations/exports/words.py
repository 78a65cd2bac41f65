"""What a reading copy says beside the messages themselves: who, when, and how it ended."""

import datetime
import json
import re
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.templatetags.pages import model_name

from .. import tools
from ..kept import sentence
from ..models import Message, Turn

ENDS = {
    Turn.Status.QUEUED: _("The answer was not written yet."),
    Turn.Status.RUNNING: _("The answer was still being written."),
    Turn.Status.STOPPED: _("Stopped before the end."),
    Turn.Status.FAILED: _("The answer could not be finished."),
    Turn.Status.INTERRUPTED: _("Interrupted before the end."),
    Turn.Status.BLOCKED: _("Not sent to the model."),
}
# What no file of words, and no XML, can hold, and what turns the direction of writing.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Return text with all that can be written down and nothing else, its lines ended alike."""
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def said(message: Message) -> str:
    """Return what a message says, as far as it can be written down; of a removed one, that it is gone."""
    return clean(sentence(message.text) if message.redacted_at else message.text)


def who(message: Message) -> str:
    """Return who said it."""
    if message.role == Message.Role.USER:
        return gettext("You")
    if message.role == Message.Role.TOOL:
        return gettext("Tool: %(name)s") % {"name": clean(sentence(tools.label(message.tool_name)) or gettext("Tool"))}
    return clean(model_name(message.model)) if message.model else gettext("Answer")


def when(at: datetime.datetime) -> str:
    """Return a moment as people read it, in UTC."""
    return f"{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC"


def how_it_ended(turn: Turn) -> str:
    """Return in a sentence how a turn ended, empty if as it should."""
    return str(ENDS.get(Turn.Status(turn.status), ""))


def attached(message: Message) -> list[str]:
    """Return the names of what is attached to a message."""
    return [clean(each.name) for each in message.attachments.all()]


def laid_out(arguments: dict[str, Any]) -> str:
    """Return what a tool was called with, as JSON for reading."""
    return clean(json.dumps(arguments, ensure_ascii=False, indent=2))
