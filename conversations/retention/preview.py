"""What a run would do now, in numbers, without doing any of it."""

import datetime
from dataclasses import dataclass

from django.db.models import Min, Sum
from django.utils import timezone

from ..models import Attachment
from .due import Look
from .policies import Kind, Rule


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one rule would do: counts of conversations, and of what would go with those that are due."""

    rule: Rule
    due: int
    messages: int
    files: int
    told: int
    # When the next of those whose owners are told goes.
    next_at: datetime.datetime | None
    to_tell: int
    held: int
    pinned: int


def preview(*, now: datetime.datetime | None = None) -> list[Outlook]:
    """Return what a run would do at this moment, for each policy and kind of thing."""
    now = now or timezone.now()
    return [_outlook(look, rule) for look in (Look(kind, now) for kind in Kind) for rule in look.rules]


def _outlook(look: Look, rule: Rule) -> Outlook:
    due, told = look.due(rule), look.told(rule)
    waiting = told.exclude(pk__in=due.values("pk"))
    held = look.kept_by(rule, look.held)
    return Outlook(
        rule=rule,
        due=due.count(),
        messages=(due.aggregate(said=Sum("message_count"))["said"] or 0) if look.kind is Kind.CHATS else 0,
        files=Attachment.objects.filter(message__turn__conversation__in=due.values("pk")).count(),
        told=waiting.count(),
        next_at=waiting.aggregate(first=Min(look.told_in))["first"],
        to_tell=look.to_tell(rule).count(),
        held=held.count(),
        pinned=look.kept_by(rule, look.kept).exclude(look.held).count(),
    )
