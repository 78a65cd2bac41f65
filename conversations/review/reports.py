"""Reporting an answer to the staff, and seeing what became of it."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from chatsite import counting

from ..errors import ChatError, Invalid, NotFound, OverQuota, TooLarge
from ..models import Flag, Message
from ..models.moderation import Severity
from ..turns import check_characters

WORDS_CHARACTERS = 2000
# More than anybody who reads answers finds; somebody has to look at each of them.
REPORTS_PER_HOUR = 30
HOUR_SECONDS = 3600
TOLD = 200
# How bad what people report is taken to be, until somebody has looked.
SEVERITY = {"harmful": Severity.HIGH, "hateful": Severity.HIGH, "private": Severity.HIGH}


class Reported(ChatError):
    status = 409
    code = "already_reported"
    detail = _("You have reported this answer already. You can see here what becomes of it.")


def report(*, message: Message, user, category: str, words: str = "") -> Flag:
    """Return the new report of an answer that this person may see; raises Invalid, TooLarge, Reported or OverQuota."""
    if category not in Flag.Category.values:
        raise Invalid(
            gettext("The category is one of: %(values)s.") % {"values": ", ".join(Flag.Category.values)},
            code="unknown_category",
        )
    check_characters(words)
    words = words.strip()
    if len(words) > WORDS_CHARACTERS:
        raise TooLarge(
            gettext("Write %(words_characters)s characters at most.") % {"words_characters": WORDS_CHARACTERS},
            code="words_too_long",
        )
    key = f"reports:{user.pk}"
    if counting.count(key, HOUR_SECONDS) > REPORTS_PER_HOUR:
        wait = counting.remaining(key, HOUR_SECONDS)
        raise OverQuota(
            gettext("You have reported %(number)s answers within an hour. Report the next one in %(minutes)s minutes.")
            % {"number": REPORTS_PER_HOUR, "minutes": -(-wait // 60)},
            code="too_many_reports",
            retry_after=wait,
        )
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
        raise NotFound(gettext("You have not reported this answer."), code="not_reported")
    return found


def listed(*, user) -> list[Flag]:
    """Return what this person has reported, the newest first."""
    return list(Flag.objects.visible_to(user).filter(source=Flag.Source.REPORT)[:TOLD])
