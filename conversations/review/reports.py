"""Reporting an answer to the staff, and seeing what became of it."""

from django.db import IntegrityError, transaction

from accounts import audit

from ..errors import ChatError, Invalid, NotFound, TooLarge
from ..models import Flag, Message
from ..models.moderation import Severity
from ..turns import check_characters

WORDS_CHARACTERS = 2000
TOLD = 200
# How bad what people report is taken to be, until somebody has looked.
SEVERITY = {"harmful": Severity.HIGH, "hateful": Severity.HIGH, "private": Severity.HIGH}


class Reported(ChatError):
    status = 409
    code = "already_reported"
    detail = "You have reported this answer already. You can see here what becomes of it."


def report(*, message: Message, user, category: str, words: str = "") -> Flag:
    """Return the new report of an answer that this person may see; raises Invalid, TooLarge or Reported."""
    if category not in Flag.Category.values:
        raise Invalid(f"The category is one of: {', '.join(Flag.Category.values)}.", code="unknown_category")
    check_characters(words)
    words = words.strip()
    if len(words) > WORDS_CHARACTERS:
        raise TooLarge(f"Write {WORDS_CHARACTERS} characters at most.", code="words_too_long")
    try:
        with transaction.atomic():
            flag = Flag.objects.create(
                source=Flag.Source.REPORT,
                severity=SEVERITY.get(category, Severity.LOW),
                place=Flag.Place.ANSWER,
                user=user,
                conversation_id=message.turn.conversation_id,
                turn_id=message.turn_id,
                message_id=message.pk,
                reporter=user,
                category=category,
                words=words,
            )
            audit.enter("answer.reported", actor=user, target=flag, category=category, message=message.pk)
    except IntegrityError:
        raise Reported from None
    return flag


def find(*, message: Message, user) -> Flag:
    """Return this person's report of an answer; raises NotFound."""
    found = Flag.objects.visible_to(user).filter(message_id=message.pk, source=Flag.Source.REPORT).first()
    if found is None:
        raise NotFound("You have not reported this answer.", code="not_reported")
    return found


def listed(*, user) -> list[Flag]:
    """Return what this person has reported, the newest first."""
    return list(Flag.objects.visible_to(user).filter(source=Flag.Source.REPORT)[:TOLD])
