"""Finding: a page of titles, messages and files."""

import datetime
import uuid
from dataclasses import dataclass
from typing import cast

from django.db import connection
from django.db.models import QuerySet

from ..models import Attachment, Conversation, Message, Passage, SearchEntry
from . import files, query
from .snippets import Piece, marked, snippet
from .tables import Entry, entries, ids

PAGE_HITS = 20
ID_LAST = 2**63 - 1
# How many of a person's newest entries are looked through one by one before the index of everybody's is asked. Most
# people have no more; and what is not among them is rare enough for the index to be fast.
NEWEST_ENTRIES = 1000
# So many times more than fit the page are found at first, because a long file is found once and has many parts. Where
# that was all of such a file, or of conversations that were just deleted, so many times more are looked at in the next
# step, up to so many.
FIRST_STEP, STEP, STEP_LIMIT = 4, 8, 5000

NEWEST_FOUND = """
    SELECT id, file_id FROM (
        SELECT id, file_id, terms FROM conversations_searchentry
        WHERE owner_id = %s AND id < %s ORDER BY id DESC LIMIT %s
    ) AS newest WHERE terms @@ %s::tsquery ORDER BY id DESC LIMIT %s"""
NEWEST_LAST = (
    "SELECT id FROM conversations_searchentry WHERE owner_id = %s AND id < %s ORDER BY id DESC OFFSET %s LIMIT 1"
)
# Materialized, so that the planner does not walk through all of a person's entries in the hope of soon finding a page.
OLDER_FOUND = """
    WITH found AS MATERIALIZED (
        SELECT id, file_id FROM conversations_searchentry WHERE terms @@ %s::tsquery AND id <= %s
    ) SELECT id, file_id FROM found ORDER BY id DESC LIMIT %s"""
SQLITE_FOUND = """
    SELECT rowid, (SELECT file_id FROM conversations_searchentry WHERE id = conversations_searchtext.rowid)
    FROM conversations_searchtext WHERE conversations_searchtext MATCH %s AND rowid < %s
    ORDER BY rowid DESC LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A title or message that was found, and where; a title has no message, turn and role. What was found in the text
    of a file says `file`, and is of the message that has it."""

    id: int
    conversation_id: uuid.UUID
    title: str
    message_id: uuid.UUID | None
    turn_id: uuid.UUID | None
    role: str | None
    created_at: datetime.datetime
    snippet: list[Piece]
    file: files.InFile | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Hits, the newest first; `next` is the `before` of the page after them, None if there is none."""

    hits: list[Hit]
    next: int | None


def messages(*, user, typed: str, before: int | None = None, limit: int = PAGE_HITS, prefix: bool = False) -> Page:
    """Return a page of what a person's own titles, messages and attached files hold of `typed`, in at most four
    queries, and three more for files, unless some of it was just deleted.

    A file that holds it in many places is found once, at the first. With `prefix`, the last word may go on. Raises
    Invalid for a query that asks for nothing or far too much.
    """
    asked = query.read(typed, user=user, prefix=prefix)
    place = ID_LAST if before is None else before
    rows: list[SearchEntry] = []
    passed = _file_of(before)
    more, step = True, FIRST_STEP * (limit + 1)
    while more and len(rows) <= limit:
        found, more = _found(user, asked, place, step, enough=limit + 1 - len(rows))
        once = _once(found, passed)
        # Fewer than were found where some of them belong to conversations that were deleted a moment ago.
        rows += _rows(user, once)[: limit + 1 - len(rows)]
        place = found[-1][0] if found else place
        step = min(step * STEP, STEP_LIMIT)
    shown = rows[:limit]
    return Page(hits=_hits(shown, asked), next=shown[-1].pk if len(rows) > limit else None)


_MESSAGE_FIELDS = [f"message__{name}" for name in ("turn", "role", "text", "created_at")]


def _once(found: list[Entry], passed: set[uuid.UUID]) -> list[int]:
    """Return the ids of these entries without those of files that were `passed` already, which more are now."""
    ids = []
    for pk, file in found:
        if file not in passed:
            ids.append(pk)
        if file is not None:
            passed.add(file)
    return ids


def _rows(user, ids: list[int]) -> QuerySet[SearchEntry]:
    """Return those of these entries that this person may see, newest first."""
    rows = SearchEntry.objects.visible_to(user).with_attachment(user).filter(pk__in=ids)
    rows = rows.select_related("conversation", "message").order_by("-pk")
    return rows.only("conversation__title", "conversation__created_at", "file", "first", "last", *_MESSAGE_FIELDS)


def _found(user, asked: query.Query, before: int, limit: int, *, enough: int) -> tuple[list[Entry], bool]:
    """Return the newest entries older than `before`, newest first, at least `enough` if there are so many, and whether
    there may be more."""
    if connection.vendor == "sqlite":
        found = entries(SQLITE_FOUND, asked.for_sqlite(), before, limit)
        return found, len(found) == limit
    wanted = asked.for_postgresql()
    found = entries(NEWEST_FOUND, user.pk, before, NEWEST_ENTRIES, wanted, limit)
    if len(found) >= enough:
        return found, True
    for older in ids(NEWEST_LAST, user.pk, before, NEWEST_ENTRIES):
        found += entries(OLDER_FOUND, wanted, older, limit - len(found))
    return found, len(found) == limit


def _file_of(before: int | None) -> set[uuid.UUID]:
    """Return the file that the page before ended with, if it did: its other parts are not found again."""
    if before is None:
        return set()
    return set(SearchEntry.objects.filter(pk=before).exclude(file=None).values_list("file", flat=True))


def _hits(rows: list[SearchEntry], asked: query.Query) -> list[Hit]:
    passages = files.passages(rows, asked)
    wanted = [row.attachment_id for row in rows if row.pk in passages]
    sent = Attachment.objects.select_related("message__turn__conversation").defer("message__text")
    attached = sent.in_bulk(wanted) if wanted else {}
    hits = []
    for row in rows:
        if not row.file_id:
            hits.append(_hit(row, asked))
        elif row.attachment_id in attached:
            hits.append(_hit_in_file(row, attached[row.attachment_id], passages[row.pk], asked))
    return hits


def _hit(row: SearchEntry, asked: query.Query) -> Hit:
    conversation, message = cast(Conversation, row.conversation), row.message
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


def _hit_in_file(row: SearchEntry, attached: Attachment, passage: Passage, asked: query.Query) -> Hit:
    message = cast(Message, attached.message)
    return Hit(
        id=row.pk,
        conversation_id=message.turn.conversation_id,
        title=message.turn.conversation.title,
        message_id=message.pk,
        turn_id=message.turn_id,
        role=message.role,
        created_at=message.created_at,
        snippet=snippet(passage.text, asked, markdown=False),
        file=files.InFile(attached.pk, attached.name, passage.page, passage.position),
    )
