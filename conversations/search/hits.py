"""Finding: a page of titles and messages."""

import datetime
import uuid
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from ..models import SearchEntry
from . import query
from .snippets import Piece, marked, snippet
from .tables import ids

PAGE_HITS = 20
ID_LAST = 2**63 - 1
# How many of a person's newest entries are looked through one by one before the index of everybody's is asked. Most
# people have no more; and what is not among them is rare enough for the index to be fast.
NEWEST_ENTRIES = 1000
# Where what was found belongs to conversations that were just deleted, so many times more are looked at in the next
# step, up to so many.
STEP, STEP_LIMIT = 8, 5000

NEWEST_FOUND = """
    SELECT id FROM (
        SELECT id, terms FROM conversations_searchentry WHERE owner_id = %s AND id < %s ORDER BY id DESC LIMIT %s
    ) AS newest WHERE terms @@ %s::tsquery ORDER BY id DESC LIMIT %s"""
NEWEST_LAST = (
    "SELECT id FROM conversations_searchentry WHERE owner_id = %s AND id < %s ORDER BY id DESC OFFSET %s LIMIT 1"
)
# Materialized, so that the planner does not walk through all of a person's entries in the hope of soon finding a page.
OLDER_FOUND = """
    WITH found AS MATERIALIZED (
        SELECT id FROM conversations_searchentry WHERE terms @@ %s::tsquery AND id <= %s
    ) SELECT id FROM found ORDER BY id DESC LIMIT %s"""
SQLITE_FOUND = """
    SELECT rowid FROM conversations_searchtext WHERE conversations_searchtext MATCH %s AND rowid < %s
    ORDER BY rowid DESC LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A title or message that was found, and where; a title has no message, turn and role."""

    id: int
    conversation_id: uuid.UUID
    title: str
    message_id: uuid.UUID | None
    turn_id: uuid.UUID | None
    role: str | None
    created_at: datetime.datetime
    snippet: list[Piece]


@dataclass(frozen=True, slots=True)
class Page:
    """Hits, the newest first; `next` is the `before` of the page after them, None if there is none."""

    hits: list[Hit]
    next: int | None


def messages(*, user, typed: str, before: int | None = None, limit: int = PAGE_HITS, prefix: bool = False) -> Page:
    """Return a page of what a person's own titles and messages hold of `typed`, in at most four queries, unless some
    of it was just deleted.

    With `prefix`, the last word may go on. Raises Invalid for a query that asks for nothing or far too much.
    """
    asked = query.read(typed, user=user, prefix=prefix)
    place = ID_LAST if before is None else before
    rows: list[SearchEntry] = []
    more, step = True, limit + 1
    while more and len(rows) <= limit:
        found = _found(user, asked, place, step)
        more = len(found) == step
        # Fewer than were found where some of them belong to conversations that were deleted a moment ago.
        rows += _rows(user, found)[: limit + 1 - len(rows)]
        place = found[-1] if found else place
        step = min(step * STEP, STEP_LIMIT)
    shown = rows[:limit]
    return Page(hits=[_hit(row, asked) for row in shown], next=shown[-1].pk if len(rows) > limit else None)


_MESSAGE_FIELDS = [f"message__{name}" for name in ("turn", "role", "text", "created_at")]


def _rows(user, ids: list[int]) -> QuerySet[SearchEntry]:
    """Return those of these entries that this person may see, newest first."""
    rows = SearchEntry.objects.visible_to(user).filter(pk__in=ids).select_related("conversation", "message")
    return rows.only("conversation__title", "conversation__created_at", *_MESSAGE_FIELDS).order_by("-pk")


def _found(user, asked: query.Query, before: int, limit: int) -> list[int]:
    """Return the ids of the newest entries older than `before`, newest first."""
    if connection.vendor == "sqlite":
        return ids(SQLITE_FOUND, asked.for_sqlite(), before, limit)
    wanted = asked.for_postgresql()
    found = ids(NEWEST_FOUND, user.pk, before, NEWEST_ENTRIES, wanted, limit)
    if len(found) < limit:
        for older in ids(NEWEST_LAST, user.pk, before, NEWEST_ENTRIES):
            found += ids(OLDER_FOUND, wanted, older, limit - len(found))
    return found


def _hit(row: SearchEntry, asked: query.Query) -> Hit:
    conversation, message = row.conversation, row.message
    return Hit(
        id=row.pk,
        conversation_id=conversation.pk,
        title=conversation.title,
        message_id=message.pk if message else None,
        turn_id=message.turn_id if message else None,
        role=message.role if message else None,
        created_at=message.created_at if message else conversation.created_at,
        snippet=snippet(message.text, asked) if message else marked(conversation.title, asked),
    )
