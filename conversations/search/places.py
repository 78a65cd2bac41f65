"""Finding the conversations that hold something, in the order in which they are listed."""

import uuid
from dataclasses import replace

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from ..models import SearchEntry
from . import query
from .tables import ids

# What so many of a person's newest conversations hold is looked for in one conversation after the other.
COMMON_AMONG, COMMON_PLACES = 50, 10
# Into a long one the probe does not look any further.
PROBED_ENTRIES = 20
PROBE = """
    SELECT newest.id FROM (
        SELECT id FROM conversations_conversation WHERE owner_id = %s ORDER BY active_at DESC, id DESC LIMIT %s
    ) AS newest WHERE EXISTS (
        SELECT 1 FROM (
            SELECT terms FROM conversations_searchentry WHERE conversation_id = newest.id LIMIT %s
        ) AS said WHERE terms @@ %s::tsquery
    ) LIMIT %s"""
# On SQLite finding is cheap, and looking up where that was is not: so what was found so often.
COMMON_FINDS = 1000
SQLITE_PROBE = "SELECT rowid FROM conversations_searchtext WHERE conversations_searchtext MATCH %s LIMIT %s"


class OneByOne(Exists):
    """Looks into each row's entries as the row comes; PostgreSQL would collect all that is found anywhere first."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


def conversations(*, user, typed: str) -> Q:
    """Return the condition that a title or a message of a person's own conversation holds `typed`, whose last word may
    go on; takes one query. Raises Invalid for a query that asks for nothing or far too much."""
    asked = query.read(typed, user=user, prefix=True)
    if _is_common(user, asked):
        # The query itself asks for the owner's term; with the column too, SQLite would read the rows.
        return Q(OneByOne(SearchEntry.objects.filter(conversation=OuterRef("pk"), terms__match_too=asked)))
    # Deleted ones are left out where this condition is used, among the conversations.
    found = SearchEntry.objects.filter(owner=user, file=None, terms__matches=asked)
    return Q(pk__in=found.values("conversation"))


def anybodys(*, typed: str, owner_id: uuid.UUID | None = None) -> Q:
    """Return the condition that a title or a message of a conversation, deleted ones included, holds `typed`, of this
    person or of anybody: for what is kept, never for what is shown. Raises Invalid."""
    asked = query.read(typed, user=None)
    if owner_id:
        asked = replace(asked, owner=query.owner_term(owner_id))
    return Q(pk__in=SearchEntry.objects.filter(file=None, terms__matches=asked).values("conversation"))


def _is_common(user, asked: query.Query) -> bool:
    """Whether so much holds it that a page of conversations is soon full."""
    if connection.vendor == "sqlite":
        return len(ids(SQLITE_PROBE, asked.for_sqlite(), COMMON_FINDS)) == COMMON_FINDS
    found = ids(PROBE, user.pk, COMMON_AMONG, PROBED_ENTRIES, asked.for_postgresql(), COMMON_PLACES)
    return len(found) == COMMON_PLACES
