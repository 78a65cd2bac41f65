"""Which kind of help a question gets: what the person chose for it or the conversation, else what it looks like."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from llm import intent

from .errors import Invalid
from .models import Conversation, Message, Mode, Turn

PERSON, CONVERSATION, DETECTED, MODEL = "person", "conversation", "detected", "model"
# Below this confidence a model is asked too, if there is one for such tasks.
SURE = 0.6


def warm() -> None:
    """Read the words by which questions are told apart, so that the first question need not wait for it."""
    intent.detect("")


def check(mode: str) -> str:
    """Return the mode; raises Invalid for one that there is not."""
    if mode and mode not in Mode.values:
        raise Invalid(
            gettext("The mode is one of: %(values)s.") % {"values": ", ".join(Mode.values)}, code="unknown_mode"
        )
    return mode


def of(*, conversation: Conversation, parent: Turn | None, text: str, asked: str) -> dict[str, Any]:
    """Return the `mode` of a new turn, and as its `intent` why."""
    if asked:
        return {"mode": asked, "intent": {"by": PERSON, "reason": "You chose it for this question."}}
    if conversation.mode:
        return {
            "mode": conversation.mode,
            "intent": {"by": CONVERSATION, "reason": "It was chosen for this conversation."},
        }
    if not settings.DETECT_INTENT:
        return {"mode": "", "intent": {}}
    found = intent.detect(text, earlier=_earlier(parent))
    return {
        "mode": Mode(found.mode),
        "intent": {"by": DETECTED, "confidence": round(found.confidence, 2), "reason": found.reason},
    }


def is_unsure(turn: Turn) -> bool:
    """Whether the words of the question leave open which kind of help it asks for."""
    return turn.intent.get("by") == DETECTED and turn.intent.get("confidence", 1) < SURE


def overrule(turn: Turn, mode: str) -> None:
    """Give the turn the kind of help that a model took the question for."""
    turn.mode = Mode(mode)
    turn.intent = {**turn.intent, "by": MODEL, "reason": "A model took the question for this."}
    Turn.objects.filter(pk=turn.pk).update(mode=turn.mode, intent=turn.intent)


def again(turn: Turn, *, asked: str) -> str:
    """Return the mode in which a question is asked again: another one, or what a person had chosen for it."""
    return asked or (turn.mode if turn.intent.get("by") == PERSON else "")


def instructions(turn: Turn, *, personal: str = "", before: str = "") -> str:
    """Return what the model is told before the conversation: what it always is, how to help, and what the person wants
    of every one, and of this one."""
    told = [
        before,
        intent.prompt(intent.Mode(turn.mode)) if turn.mode else "",
        personal,
        turn.conversation.instructions,
    ]
    return "\n\n".join(filter(None, told))


def _earlier(parent: Turn | None) -> list[intent.Earlier]:
    """Return the question before this one: what a short question means depends on it."""
    if parent is None or not parent.mode:
        return []
    asked = Message.objects.filter(turn=parent.pk, role=Message.Role.USER).values_list("text", flat=True).first()
    return [intent.Earlier(text=asked, mode=intent.Mode(parent.mode))] if asked else []
