"""What always holds among the rows, counted by the database, so that a million messages take no memory here."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.audit import verification
from conversations.models import Conversation, DailyUsage, Message, RetentionPolicy, Turn, UsageEntry

from .finding import Finding, Severity

# A turn gives a sign of life every second, and is reaped after 15.
SILENT_SECONDS = 120
SUMS = ("prompt_tokens", "completion_tokens", "cached_tokens", "total_ms")
TELL_US = "Keep a backup of it as it is, and report it: no use of Chatsite leads there."


def conversations() -> Iterator[Finding]:
    """Whether conversations are trees of turns with their messages, and none is being written by nobody."""
    for code, what, wrong in _invariants():
        if count := wrong.count():
            yield Finding(Severity.ERROR, code, f"{count:,} {what}.", TELL_US)
    silent = timezone.now() - datetime.timedelta(seconds=SILENT_SECONDS)
    if left := Turn.objects.open().filter(heartbeat_at__lt=silent).count():
        what = f"{left:,} turns are open, and nobody works on them."
        yield Finding(Severity.WARNING, "turns_left", what, "A web process ends them within 20 seconds: start one.")


def _invariants():
    kept = Conversation.everything.order_by()
    turns = Turn.objects.order_by()
    messages = Message.objects.order_by()
    of_this = turns.filter(conversation=OuterRef("pk"))
    counted = messages.filter(turn__conversation=OuterRef("pk")).values("turn__conversation").annotate(n=Count("pk"))
    stored = Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)
    below = Q(parent__isnull=False)
    yield (
        "parent_elsewhere",
        "turns follow a turn of another conversation",
        turns.filter(below).exclude(parent__conversation=F("conversation")),
    )
    yield (
        "depth_wrong",
        "turns are not one deeper than the turn that they follow",
        turns.filter(below & ~Q(depth=F("parent__depth") + 1) | Q(parent=None) & ~Q(depth=0)),
    )
    yield (
        "leaf_elsewhere",
        "conversations show a turn of another conversation",
        kept.filter(leaf__isnull=False).exclude(leaf__conversation=F("pk")),
    )
    yield "leaf_missing", "conversations have turns and show none", kept.filter(Exists(of_this), leaf=None)
    yield (
        "turn_without_question",
        "turns do not begin with a question",
        turns.filter(~Exists(messages.filter(turn=OuterRef("pk"), position=0, role=Message.Role.USER))),
    )
    yield (
        "answer_without_end",
        "messages are being written in turns that have ended",
        messages.filter(status=Message.Status.STREAMING).exclude(turn__status__in=Turn.OPEN),
    )
    yield (
        "count_wrong",
        "conversations count other messages than they have",
        kept.annotate(stored=stored).exclude(message_count=F("stored")),
    )


def usage() -> Iterator[Finding]:
    """Whether the sums of each day are those of the ledger, as far back as no policy deletes its entries."""
    days = [policy.usage_days for policy in RetentionPolicy.objects.all() if policy.usage_days]
    first = timezone.now().date() - datetime.timedelta(days=min(days) - 2) if days else datetime.date.min
    calls = {"sum_of_calls": Count("pk")}
    ledger = _by_day(UsageEntry.objects.filter(day__gte=first), calls | _sums(*SUMS))
    sums = _by_day(DailyUsage.objects.filter(day__gte=first), _sums("calls", *SUMS))
    wrong = sorted(day for day in ledger.keys() | sums.keys() if ledger.get(day) != sums.get(day))
    if wrong:
        what = f"The sums of {len(wrong):,} days are not those of the ledger, first of {wrong[0]:%Y-%m-%d}."
        yield Finding(Severity.ERROR, "sums_differ", what, "Somebody changed rows in the database: restore a backup.")


def _sums(*names: str) -> dict[str, Any]:
    return {f"sum_of_{name}": Sum(name) for name in names}


def _by_day(entries: QuerySet, sums: dict[str, Any]) -> dict[datetime.date, tuple]:
    found = entries.order_by().values_list("day").annotate(**sums)
    return {day: tuple(numbers) for day, *numbers in found}


def audit() -> Iterator[Finding]:
    """Whether the audit ledger is whole."""
    path = Path(settings.AUDIT_ANCHOR_FILE) if settings.AUDIT_ANCHOR_FILE else None
    anchors: list[verification.Anchor] = []
    if path is not None:
        try:
            anchors = verification.read_anchors(path)
        except FileNotFoundError:
            what = "The file of AUDIT_ANCHOR_FILE is not there."
            yield Finding(Severity.WARNING, "anchors_missing", what, "A worker writes it every ten minutes: start one.")
        except (OSError, ValueError):
            what = "The file of AUDIT_ANCHOR_FILE cannot be read."
            yield Finding(Severity.ERROR, "anchors_unreadable", what, "Look at its rights and its content.")
    found = verification.verify(anchors=anchors)
    if not found.whole:
        what = f"Entry {found.bad} of the audit ledger {found.why}."
        fix = "Somebody changed the ledger in the database: keep it as it is, and compare with backups and exports."
        yield Finding(Severity.ERROR, "ledger_broken", what, fix)
