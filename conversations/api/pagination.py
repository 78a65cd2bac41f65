"""Lists in pages: a cursor is a place in the order, so that nothing is told twice or left out while rows move."""

import base64
import datetime
import uuid
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from ..errors import Invalid
from ..models import Conversation
from ..models.conversation import ConversationQuerySet
from .links import absolute

PAGE_SIZE = 50
PAGE_SIZE_LIMIT = 100
PARAMETERS = frozenset({"cursor", "page_size"})


class InvalidPagination(Invalid):
    code = "invalid_pagination"
    detail = _("This cursor is not one of ours. Begin with the first page.")


class Place(NamedTuple):
    """A place in the order of conversations, and the way to read from there: `towards` "older" or "newer"."""

    towards: str
    active_at: datetime.datetime
    id: uuid.UUID

    def encode(self) -> str:
        """Return the place as a cursor."""
        return base64.urlsafe_b64encode(f"{self.towards}~{self.active_at.isoformat()}~{self.id}".encode()).decode()


def page_size(request: Request) -> int:
    """Return how much of a list was asked for; raises InvalidPagination."""
    asked = request.query_params.get("page_size", str(PAGE_SIZE))
    size = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    if not 1 <= size <= PAGE_SIZE_LIMIT:
        raise InvalidPagination(
            gettext("page_size is a number from 1 to %(page_size_limit)s.") % {"page_size_limit": PAGE_SIZE_LIMIT}
        )
    return size


class ConversationPagination(CursorPagination):
    """Conversations by their last activity, newest first; `next` leads to older ones, `previous` to newer ones."""

    page_size = PAGE_SIZE
    max_page_size = PAGE_SIZE_LIMIT
    page_size_query_param = "page_size"

    # DRF's own cursor has one field of the order only, and loses its way among rows that share a moment.
    def paginate_queryset(self, queryset: ConversationQuerySet, request: Request, view: Any = None) -> list:
        """Return one page; raises InvalidPagination."""
        self.request = request
        size = page_size(request)
        place = _decode(request.query_params.get("cursor"))
        newer = place is not None and place.towards == "newer"
        found = queryset.recent()
        if place is not None:
            found = found.after(*place[1:]) if newer else found.before(*place[1:])
        rows: list[Conversation] = list((found.reverse() if newer else found)[: size + 1])
        page = rows[:size][::-1] if newer else rows[:size]
        more = len(rows) > size
        # Beside an empty page is what lies around its cursor.
        first, last = (page[0], page[-1]) if page else (place, place)
        self.next = self._link("older", last) if newer or more else None
        self.previous = self._link("newer", first) if (more if newer else place) else None
        self.display_page_controls = bool(self.next or self.previous)
        return page

    def get_next_link(self) -> str | None:
        return self.next

    def get_previous_link(self) -> str | None:
        return self.previous

    def _link(self, towards: str, beside: Conversation | Place | None) -> str | None:
        if beside is None:
            return None
        cursor = Place(towards, beside.active_at, beside.id).encode()
        return absolute(self.request, self.request.path, **{**self.request.query_params.dict(), "cursor": cursor})


def _decode(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        towards, moment, id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().split("~")
        active_at = datetime.datetime.fromisoformat(moment)
        place = Place(towards, active_at.astimezone(datetime.UTC), uuid.UUID(id))
    except (ValueError, OverflowError):
        raise InvalidPagination from None
    if towards not in {"older", "newer"} or active_at.tzinfo is None:
        raise InvalidPagination
    return place
