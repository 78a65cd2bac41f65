"""Telling owners when retention will delete a chat or its files: never sooner than a policy's grace after they could
know."""

import uuid

from django.db import transaction

from ..models import Conversation
from ..models.conversation import ConversationQuerySet
from .due import Look

# So many rows are changed in one transaction.
BATCH = 500


def refresh(look: Look) -> None:
    """Tell who has to know, put off what was told too soon, and take back what is not so any more."""
    told_in = look.told_in
    _each(look.withdrawn(), lambda batch: batch.update(**{told_in: None}))
    for rule in look.rules:
        soonest = look.now + rule.grace

        def tell(batch: ConversationQuerySet, age=rule.age, soonest=soonest) -> None:
            _set(batch, told_in, lambda active_at: max(active_at + age, soonest))

        def put_off(batch: ConversationQuerySet, age=rule.age) -> None:
            _set(batch, told_in, lambda active_at: active_at + age)

        _each(look.to_tell(rule), tell)
        _each(look.put_off(rule), put_off)


def _each(found: ConversationQuerySet, change) -> None:
    """Change what is found, a short transaction for each batch; a row that has become another one is left alone."""
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            batch = found.filter(pk__in=ids[start : start + BATCH])
            locked = list(batch.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
            change(Conversation.objects.filter(pk__in=locked))


def _set(batch: ConversationQuerySet, told_in: str, moment) -> None:
    rows = list(batch.only("pk", "active_at"))
    for row in rows:
        setattr(row, told_in, moment(row.active_at))
    Conversation.objects.bulk_update(rows, [told_in])


def files_gone(conversation_id: uuid.UUID) -> None:
    """Note that there is nothing left to tell about files."""
    Conversation.objects.filter(pk=conversation_id).update(files_expire_at=None)
