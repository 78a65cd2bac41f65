"""Keeping what is searched: entries are written in the transaction that writes what they are of."""

import datetime
import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter, itemgetter

from django.db import transaction

from ..models import Conversation, Message, Passage, SearchEntry, StoredFile
from . import tables, terms
from .query import owner_term

ROLES = (Message.Role.USER, Message.Role.ASSISTANT)
# So long a part of a file is found as one. A longer one would hold common words more often than PostgreSQL remembers
# where they stand, and phrases with them would be missed.
PART_TERMS = 4000
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


def file_entries(file: StoredFile, passages: Iterable[Passage]) -> list[SearchEntry]:
    """Return the new, unsaved entries for the parts of a file; its beginning is the last, so that it is found first."""
    owner = owner_term(file.owner_id)
    entries: list[SearchEntry] = []
    for passage in passages:
        said = terms.names_in(passage.text)
        if not said:
            continue
        if not entries or len(entries[-1].terms) + len(said) > PART_TERMS:
            part = SearchEntry(owner_id=file.owner_id, file_id=file.pk, first=passage.position, terms=[owner])
            entries.append(part)
        entries[-1].terms += said
        entries[-1].last = passage.position
    return entries[::-1]


def rebuild() -> int:
    """Write all entries anew, oldest first; returns how many there are."""
    with transaction.atomic(), tables.indexed_afterwards():
        SearchEntry.objects.all().delete()
        return _write(each for _, each in heapq.merge(_titles(), _said(), _files(), key=itemgetter(0)))


def add_files() -> None:
    """Write the entries of all files, which had none."""
    _write(each for _, each in _files())


Dated = Iterator[tuple[datetime.datetime, SearchEntry]]


def _titles() -> Dated:
    rows = Conversation.everything.exclude(title="").order_by("created_at", "pk").only("owner", "title", "created_at")
    return ((row.created_at, entry(row, row.title)) for row in rows.iterator(BATCH_ROWS))


def _said() -> Dated:
    rows = Message.objects.filter(role__in=ROLES).exclude(text="").order_by("created_at", "position", "pk")
    rows = rows.filter(redacted_at=None).select_related("turn__conversation")
    rows = rows.only("text", "created_at", "turn__conversation__owner")
    for row in rows.iterator(BATCH_ROWS):
        yield row.created_at, entry(row.turn.conversation, row.text, row.pk)


def _files() -> Dated:
    rows = Passage.objects.select_related("file").order_by("file__created_at", "file", "position")
    rows = rows.only("text", "position", "file__owner", "file__created_at")
    for _, passages in groupby(rows.iterator(BATCH_ROWS), key=attrgetter("file_id")):
        theirs = list(passages)
        for each in file_entries(theirs[0].file, theirs):
            yield theirs[0].file.created_at, each


def _write(entries: Iterator[SearchEntry]) -> int:
    count = 0
    while batch := list(islice(entries, BATCH_ROWS)):
        found = [one for one in batch if one.says_something]
        # What was said meanwhile may be there already.
        count += len(SearchEntry.objects.bulk_create(found, ignore_conflicts=True))
    return count
