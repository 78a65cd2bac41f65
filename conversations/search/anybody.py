"""Finding in what anybody said, for staff who give a reason: how often and where, and the words only where they may
read."""

import uuid
from collections import Counter
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import QuerySet

from ..models import Attachment, Conversation, Passage, SearchEntry
from . import files, query
from .hits import ID_LAST, OLDER_FOUND, SQLITE_FOUND
from .snippets import Piece, marked, snippet
from .tables import entries

# So many of the newest finds are counted; who has more looks for something rarer.
FINDS_COUNTED = 2000
EXCERPTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finds:
    """How many titles, messages and files hold it by conversation, the newest find first; `is_cut` where there are
    older ones that were not counted."""

    by_conversation: dict[uuid.UUID, int]
    is_cut: bool


def finds(*, typed: str, owner_id: uuid.UUID | None = None) -> Finds:
    """Return where anybody's titles, messages and attached files hold `typed`, or this person's; raises Invalid."""
    asked = _asked(typed, owner_id)
    most = FINDS_COUNTED + 1
    if connection.vendor == "sqlite":
        found = entries(SQLITE_FOUND, asked.for_sqlite(), ID_LAST, most)
    else:
        found = entries(OLDER_FOUND, asked.for_postgresql(), ID_LAST, most)
    counted = found[:FINDS_COUNTED]
    said = SearchEntry.objects.filter(pk__in=[pk for pk, file_id in counted if file_id is None])
    there = dict(said.filter(conversation__deleted_at=None).values_list("pk", "conversation"))
    attached = _attached({file_id for _, file_id in counted if file_id})
    # A Counter keeps the order in which it first saw them. Wherever a file is attached, it counts once.
    by_conversation: Counter[uuid.UUID] = Counter()
    for pk, file_id in counted:
        by_conversation.update([there[pk]] if pk in there else attached.pop(file_id, ()) if file_id else ())
    return Finds(dict(by_conversation), len(found) == most)


def excerpts(*, conversation: Conversation, typed: str) -> list[list[Piece]]:
    """Return the newest places of a conversation that hold `typed`, for somebody who may read it."""
    asked = _asked(typed, conversation.owner_id)
    names = dict(_sent().filter(message__turn__conversation=conversation).values_list("file", "name"))
    matching = SearchEntry.objects.filter(terms__match_too=asked).select_related("message").order_by("-pk")
    said = matching.filter(conversation=conversation)[:EXCERPTS_SHOWN]
    # Of each file once: its beginning comes first.
    first = {row.file_id: row for row in reversed(matching.filter(file__in=names))} if names else {}
    rows = sorted([*said, *first.values()], key=lambda row: -row.pk)[:EXCERPTS_SHOWN]
    passages = files.passages(rows, asked)
    return [_excerpt(row, passages.get(row.pk), names, conversation, asked) for row in rows]


def _excerpt(row: SearchEntry, passage: Passage | None, names: dict, conversation: Conversation, asked) -> list[Piece]:
    if passage is not None:
        page = f", p. {passage.page}" if passage.page else ""
        where = Piece(f"[{names[passage.file_id]}{page}] ", found=False)
        return [where, *snippet(passage.text, asked, markdown=False)]
    return snippet(row.message.text, asked) if row.message else marked(conversation.title, asked)


def _attached(found: set[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Return for each of these files the conversations that have it."""
    where: dict[uuid.UUID, set[uuid.UUID]] = {}
    there = _sent().filter(file__in=found, message__turn__conversation__deleted_at=None)
    for file, conversation in there.values_list("file", "message__turn__conversation"):
        where.setdefault(file, set()).add(conversation)
    return where


def _sent() -> QuerySet[Attachment]:
    return Attachment.objects.exclude(message=None).order_by()


def _asked(typed: str, owner_id: uuid.UUID | None) -> query.Query:
    asked = query.read(typed, user=None)
    return replace(asked, owner=query.owner_term(owner_id)) if owner_id else asked
