"""Saying whether an answer was good, and why; changing one's mind, and taking it back."""

import uuid

from django.utils.translation import gettext

from .errors import Invalid, NotFound, TooLarge
from .models import Feedback, Message, Turn
from .turns import check_characters

REASON_CHARACTERS = 2000


def answer(*, message_id: uuid.UUID, user) -> Message:
    """Return the answer with this id if this person may see it and it is whole or was cut off; raises NotFound."""
    found = Message.objects.visible_to(user).filter(pk=message_id, role=Message.Role.ASSISTANT)
    message = found.select_related("turn").first()
    if message is None or message.turn.is_open:
        raise NotFound
    return message


def answer_of(turn: Turn) -> Message:
    """Return the answer of a turn that is over; raises NotFound."""
    message = turn.messages.filter(role=Message.Role.ASSISTANT).last()
    if message is None or turn.is_open:
        raise NotFound
    return message


def find(*, message: Message, user) -> Feedback:
    """Return what this person has said of an answer; raises NotFound if that is nothing."""
    said = Feedback.objects.visible_to(user).filter(message=message).first()
    if said is None:
        raise NotFound(gettext("You have said nothing of this answer."), code="no_feedback")
    return said


def give(*, message: Message, user, value: str, reason: str = "") -> Feedback:
    """Return what this person says of an answer now, in place of what they said before."""
    if value not in Feedback.Value.values:
        raise Invalid(
            gettext("The value is one of: %(values)s.") % {"values": ", ".join(Feedback.Value.values)},
            code="unknown_value",
        )
    check_characters(reason)
    reason = reason.strip()
    if len(reason) > REASON_CHARACTERS:
        raise TooLarge(
            gettext("A reason may have %(reason_characters)s characters at most.")
            % {"reason_characters": REASON_CHARACTERS},
            code="reason_too_long",
        )
    told = {"value": Feedback.Value(value), "reason": reason}
    return Feedback.objects.update_or_create(message=message, user=user, defaults=told)[0]


def take_back(*, message: Message, user) -> None:
    """Forget what this person said of an answer."""
    Feedback.objects.visible_to(user).filter(message=message).delete()
