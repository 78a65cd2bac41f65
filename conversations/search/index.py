"""Keeping what is searched: entries are written in the transaction that writes what they are of."""

import heapq
from collections.abc import Iterable
from itertools import islice
from operator import itemgetter

from django.db import transaction

from ..models import Conversation, Message, SearchEntry
from . import tables, terms
from .query import owner_term

ROLES = (Message.Role.USER, Message.Role.ASSISTANT)
# How many rows are read and written at a time when all are.
BATCH_ROWS = 2000


def keep_messages(conversation: Conversation, messages: Iterable[Message], *, titled: bool = False) -> None:
    """Let these messages be found by what they say now, and a conversation that was just `titled` by its title; what
    says nothing is left out."""
    entries = [entry(conversation, message.text, message.pk) for message in messages]
    if titled:
        entries[:0] = _new_title(conversation)
    # An answer that was reaped and then ended by its own process after all is kept twice, the second time whole.
    SearchEntry.objects.bulk_create(
        [one for one in entries if one.says_something],
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=["terms"],
    )


def keep_title(conversation: Conversation) -> None:
    """Let the conversation be found by its title."""
    for written in _new_title(conversation):
        written.save()


def _new_title(conversation: Conversation) -> list[SearchEntry]:
    """Return the new, unsaved entry for a title; none where an earlier one has been changed."""
    written = entry(conversation, conversation.title)
    titles = SearchEntry.objects.filter(conversation=conversation, message=None)
    return [] if titles.update(terms=written.terms) else [written]


def entry(conversation: Conversation, text: str, message_id=None) -> SearchEntry:
    """Return the new, unsaved entry for a message, or for the title if there is none."""
    names = [owner_term(conversation.owner_id), *terms.names_in(text)]
    return SearchEntry(
        owner_id=conversation.owner_id, conversation_id=conversation.pk, message_id=message_id, terms=names
    )


def rebuild() -> int:
    """Write all entries anew, oldest first; returns how many there are."""
    titled = Conversation.everything.exclude(title="").order_by("created_at", "pk").only("owner", "title", "created_at")
    said = Message.objects.filter(role__in=ROLES).exclude(text="").order_by("created_at", "position", "pk")
    said = said.select_related("turn__conversation").only("text", "created_at", "turn__conversation__owner")
    with transaction.atomic(), tables.indexed_afterwards():
        SearchEntry.objects.all().delete()
        titles = ((row.created_at, row, row.title, None) for row in titled.iterator(BATCH_ROWS))
        texts = ((row.created_at, row.turn.conversation, row.text, row.pk) for row in said.iterator(BATCH_ROWS))
        rows = heapq.merge(titles, texts, key=itemgetter(0))
        entries = (entry(conversation, text, message_id) for _, conversation, text, message_id in rows)
        count = 0
        while batch := list(islice(entries, BATCH_ROWS)):
            found = [one for one in batch if one.says_something]
            # What was said meanwhile may be there already.
            count += len(SearchEntry.objects.bulk_create(found, ignore_conflicts=True))
    return count
