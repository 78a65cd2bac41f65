"""What a run would do now, in numbers, without doing any of it."""

import datetime
from dataclasses import dataclass

from django.db.models import Min, Sum
from django.utils import timezone

from ..models import Attachment
from . import details, policies
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
    # Of the ledger's entries; everything else is of conversations.
    entries: int = 0
    held_entries: int = 0


def preview(*, now: datetime.datetime | None = None) -> list[Outlook]:
    """Return what a run would do at this moment, for each policy and kind of thing."""
    now = now or timezone.now()
    looks = [Look(kind, now) for kind in (Kind.CHATS, Kind.FILES)]
    found = [_outlook(look, rule) for look in looks for rule in look.rules]
    return found + [_of_usage(rule, now) for rule in policies.rules(Kind.USAGE)]


def _of_usage(rule: Rule, now: datetime.datetime) -> Outlook:
    due = details.due(rule, now).count()
    return Outlook(
        rule=rule,
        due=0,
        messages=0,
        files=0,
        told=0,
        next_at=None,
        to_tell=0,
        held=0,
        pinned=0,
        entries=due,
        held_entries=details.old(rule, now).count() - due,
    )


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
