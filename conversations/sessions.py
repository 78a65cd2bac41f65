"""Sessions that were left: when a conversation was last open somewhere, and ending those that nobody came back to."""

import datetime
import logging
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from . import lifecycle
from .errors import NotFound, TurnRunning
from .models import Conversation, Summary

logger = logging.getLogger(__name__)

# While somebody has a conversation open, that is put down so often.
SEEN_SECONDS = 60.0
# How many one look ends; the rest is for the next, a minute later.
ENDED_AT_ONCE = 200


def seen(conversation_ids: Iterable[uuid.UUID | str]) -> set[str]:
    """Put down that somebody has these conversations open; return those of which it could not be put down, because
    somebody is writing to them just now. One statement for all of them."""
    asked = {str(each) for each in conversation_ids}
    there = Conversation.objects.filter(pk__in=asked)
    now = timezone.now()
    with transaction.atomic():
        # Those that somebody is writing to are left for the next time: nobody waits here, in whatever order they lock.
        free = there.select_for_update(skip_locked=True).values("pk")
        if Conversation.objects.filter(pk__in=free).update(seen_at=now) == len(asked):
            return set()
    behind = there.filter(Q(seen_at=None) | Q(seen_at__lt=now))
    return {str(pk) for pk in behind.values_list("pk", flat=True)}


def end_left() -> int:
    """Return how many sessions were ended because nobody has had them open for SESSION_IDLE_MINUTES."""
    if not settings.SESSION_IDLE_MINUTES:
        return 0
    # Never sooner than two signs of life may lie apart.
    idle = max(settings.SESSION_IDLE_MINUTES * 60, 2 * SEEN_SECONDS)
    since = timezone.now() - datetime.timedelta(seconds=idle)
    left = Conversation.objects.left(since).exclude(leaf=None).order_by("seen_at")[:ENDED_AT_ONCE]
    return sum(_end(conversation, since) for conversation in left)


def _end(conversation: Conversation, since: datetime.datetime) -> bool:
    by = Summary.EndedBy.CLOCK
    try:
        ended = lifecycle.end(conversation=conversation, by=by, left_since=since)
    except (TurnRunning, NotFound):
        return False
    return ended.status == Conversation.Status.COMPLETED
