"""The ledger's entries that a policy no longer keeps: the sums of their days stay, whoever asks for them."""

import datetime
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q

from ..models import Conversation, LegalHold, RetentionPolicy, UsageEntry
from ..models.usage import UsageQuerySet
from . import holds
from .policies import Rule

# So many are deleted in one transaction.
BATCH = 5000


def due(rule: Rule, now: datetime.datetime) -> UsageQuerySet:
    """Return the entries that are old enough and not held."""
    return old(rule, now).exclude(held())


def old(rule: Rule, now: datetime.datetime) -> UsageQuerySet:
    """Return the entries of this rule's people that are old enough."""
    return UsageEntry.objects.filter(rule.of("user"), created_at__lte=now - rule.age)


def held() -> Q:
    """Return the condition that an entry is of a person or a conversation that is held."""
    found = LegalHold.objects.open()
    people = found.filter(words="", owner_id__isnull=False).values("owner_id")
    chats = found.filter(conversation_id__isnull=False).values("conversation_id")
    there = Conversation.everything.filter(holds.held()).values("pk")
    return Q(user__in=people) | Q(conversation_id__in=chats) | Q(conversation_id__in=there)


def delete(rule: Rule, now: datetime.datetime) -> Iterator[list[int]]:
    """Delete what is due, a short transaction for each batch, and yield the ids of each."""
    while True:
        with transaction.atomic():
            # Whoever places a hold waits for this batch, or this batch sees the hold.
            RetentionPolicy.objects.select_for_update(no_key=True).filter(pk=rule.policy.pk).values_list("pk").first()
            ids = list(due(rule, now).order_by("pk").values_list("pk", flat=True)[:BATCH])
            UsageEntry.objects.filter(pk__in=ids).delete()
        yield ids
        if len(ids) < BATCH:
            return
