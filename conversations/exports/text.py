"""A branch as plain text, as it was written."""

from collections.abc import Iterator

from django.utils.translation import gettext

from ..models import Message
from . import words
from .scope import Scope

LINE_CHARACTERS = 72


def as_text(scope: Scope) -> Iterator[bytes]:
    """Yield the text of the branch in scope."""
    title = " ".join(words.clean(str(scope.conversation)).split())
    yield f"{title}\n{'=' * LINE_CHARACTERS}\n".encode()
    for turn in scope.branch():
        for message in scope.messages(turn):
            yield "\n".join(_message(message)).encode() + b"\n"
        if not scope.chosen and (ending := words.how_it_ended(turn)):
            yield f"\n[{ending}]\n".encode()


def _message(message: Message) -> Iterator[str]:
    yield f"\n{words.who(message)} · {words.when(message.created_at)}\n{'-' * LINE_CHARACTERS}"
    if names := words.attached(message):
        yield f"[Attached: {', '.join(names)}]"
    if message.thinking:
        yield gettext("[Thoughts]\n%(clean)s\n[End of the thoughts]") % {"clean": words.clean(message.thinking)}
    if given := message.tool_run.get("arguments"):
        yield gettext("[Called with] %(laid_out)s") % {"laid_out": words.laid_out(given)}
    yield words.said(message)
