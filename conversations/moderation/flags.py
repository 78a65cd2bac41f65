"""Keeping that a rule applied: which one, where, and what was done; never the words."""

import datetime
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit, suspension
from chatsite import metrics

from ..models import Flag, ModerationRule
from ..models.moderation import Action
from .matcher import Found, Rule

logger = logging.getLogger(__name__)

# How far back the times are counted after which an account is suspended.
COUNTED_DAYS = 30
SPANS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Where:
    """To what rules applied: whose it is, and the ids of it as far as there are any."""

    user: Any
    place: str
    conversation_id: uuid.UUID | str | None = None
    turn_id: uuid.UUID | None = None
    message_id: uuid.UUID | str | None = None


def raise_for(
    found: Iterable[Found], where: Where, *, source: str = Flag.Source.RULE, suspends: bool = True
) -> list[Flag]:
    """Return one new flag for each rule that applied; whoever had it apply too often is suspended, if it `suspends`.

    Each is entered in the ledger; in a transaction, call it at its end.
    """
    spans: dict[Rule, list[Any]] = {}
    for each in found:
        spans.setdefault(each.rule, []).append([each.start, each.end] if each.end else each.mask)
    with transaction.atomic():
        kept = [_raise(rule, places, where, source) for rule, places in spans.items()]
        for rule in spans:
            if suspends and rule.action == Action.SUSPEND:
                _suspend_if_too_often(rule, where)
    return kept


def _raise(rule: Rule, spans: list[Any], where: Where, source: str) -> Flag:
    # It may have been deleted since it was read.
    exists = ModerationRule.objects.filter(pk=rule.id).exists()
    flag = Flag.objects.create(
        source=source,
        rule_id=rule.id if exists else None,
        rule_name=rule.name,
        severity=rule.severity,
        action=rule.action,
        place=where.place,
        user=where.user,
        conversation_id=where.conversation_id,
        turn_id=where.turn_id,
        message_id=where.message_id,
        spans=spans[:SPANS_KEPT],
    )
    metrics.rules_applied.add(str(rule.action))
    told: dict[str, Any] = {"rule": rule.id, "severity": rule.severity, "does": rule.action, "place": where.place}
    audit.note("flag.raised", target=flag, conversation=str(where.conversation_id or ""), **told)
    return flag


def _suspend_if_too_often(rule: Rule, where: Where) -> None:
    since = timezone.now() - datetime.timedelta(days=COUNTED_DAYS)
    times = Flag.objects.filter(user=where.user, rule=rule.id, created_at__gte=since).exclude(state="dismissed").count()
    if times < rule.suspend_after or not where.user.is_active:
        return
    if where.user.is_superuser:
        # Somebody must be left who can put it right.
        logger.warning("Rule %s would have suspended an administrator", rule.id)
        return
    told = rule.told or "A rule of this installation stood against what was written too often."
    suspension.suspend(user=where.user, told=told, rule=rule.id, times=times)
