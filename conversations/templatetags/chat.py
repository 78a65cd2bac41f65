"""What templates need to show a conversation."""

from typing import Any

import orjson
from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from chatsite.languages import grouped

from .. import parameters, tools
from ..kept import sentence
from ..models import Message, Mode, Turn
from ..rendering import blocks, translated
from ..wire import thought

register = template.Library()

MODE_ICONS: dict[str, str] = {Mode.CHAT: "spark", Mode.CODE: "code", Mode.TUTORIAL: "book", Mode.SUPPORT: "tool"}


register.filter("sentence", sentence)
register.filter("parameters_told", parameters.told)
register.filter("thought", thought)


@register.filter
def tool_label(name: str) -> str:
    """Return what a tool is called for people."""
    return sentence(tools.label(name))


@register.filter
def mode_icon(mode: str) -> str:
    """Return the name of the icon that stands for a kind of help."""
    return MODE_ICONS.get(mode, "spark")


@register.filter
def all_modes(turn: Turn) -> list[tuple[str, str]]:
    """Return the kinds of help, each with its name."""
    return [(value, str(label)) for value, label in Mode.choices]


@register.filter
def other_modes(turn: Turn) -> list[tuple[str, str]]:
    """Return the kinds of help that an answer was not."""
    return [(value, str(label)) for value, label in Mode.choices if value != turn.mode]


@register.filter
def pairs(arguments: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return what a call was given, name by name: `.items` in a template would be an argument of that name."""
    return list(arguments.items())


@register.filter
def laid_out(result: str) -> str:
    """Return what a tool answered with its JSON laid out for reading; anything else as it is."""
    try:
        return orjson.dumps(orjson.loads(result), option=orjson.OPT_INDENT_2).decode()
    except ValueError:
        return result


@register.filter
def last_end(entries: list) -> Turn | None:
    """Return the last turn of a thread that is over."""
    return next((entry.turn for entry in reversed(entries) if not entry.turn.is_open), None)


@register.filter
def window_label(turn: Turn | None) -> str:
    """Return how full the model's window was with a turn; empty if nobody knows."""
    if turn is None or not turn.window or turn.window_used is None:
        return ""
    return gettext("Context window: %(window_used)s of %(window)s tokens used") % {
        "window_used": grouped(turn.window_used),
        "window": grouped(turn.window),
    }


@register.filter
def said(message: Message) -> str:
    """Return what a message says; of one that a moderator has removed, that it is gone, in the reader's language."""
    return sentence(message.text) if message.redacted_at else message.text


@register.filter
def markdown(text: str) -> SafeString:
    """Return a model's words as HTML, made safe by the one renderer, with its labels in the reader's language."""
    return mark_safe("".join(translated(blocks(text))))
