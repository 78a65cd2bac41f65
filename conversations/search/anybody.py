"""Finding in what anybody said, for staff who give a reason: how often and where, and the words only where they may
read."""

import uuid
from collections import Counter
from dataclasses import dataclass, replace

from django.db import connection

from ..models import Conversation, SearchEntry
from . import query
from .hits import ID_LAST, OLDER_FOUND, SQLITE_FOUND
from .snippets import Piece, marked, snippet
from .tables import ids

# So many of the newest finds are counted; who has more looks for something rarer.
FINDS_COUNTED = 2000
EXCERPTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finds:
    """How many titles and messages hold it by conversation, the newest find first; `is_cut` where there are older ones
    that were not counted."""

    by_conversation: dict[uuid.UUID, int]
    is_cut: bool


def finds(*, typed: str, owner_id: uuid.UUID | None = None) -> Finds:
    """Return where anybody's titles and messages hold `typed`, or this person's; raises Invalid."""
    asked = _asked(typed, owner_id)
    most = FINDS_COUNTED + 1
    if connection.vendor == "sqlite":
        found = ids(SQLITE_FOUND, asked.for_sqlite(), ID_LAST, most)
    else:
        found = ids(OLDER_FOUND, asked.for_postgresql(), ID_LAST, most)
    rows = SearchEntry.objects.filter(pk__in=found[:FINDS_COUNTED], conversation__deleted_at=None).order_by("-pk")
    # A Counter keeps the order in which it first saw them.
    return Finds(dict(Counter(rows.values_list("conversation_id", flat=True))), len(found) == most)


def excerpts(*, conversation: Conversation, typed: str) -> list[list[Piece]]:
    """Return the newest places of a conversation that hold `typed`, for somebody who may read it."""
    asked = _asked(typed, conversation.owner_id)
    rows = SearchEntry.objects.filter(conversation=conversation, terms__match_too=asked).select_related("message")
    return [
        snippet(row.message.text, asked) if row.message else marked(conversation.title, asked)
        for row in rows.order_by("-pk")[:EXCERPTS_SHOWN]
    ]


def _asked(typed: str, owner_id: uuid.UUID | None) -> query.Query:
    asked = query.read(typed, user=None)
    return replace(asked, owner=query.owner_term(owner_id)) if owner_id else asked
