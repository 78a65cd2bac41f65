"""What the list of conversations beside every page needs to know: how far it goes, whose days, and which tag."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest

from . import chats, tags
from .models import Tag

# The browser says in which time zone it is; the installation's stands in until then.
ZONE_COOKIE = "zone"
SESSION_TAG = "chats_tag"


def context(request: HttpRequest, *, current: uuid.UUID | str = "") -> dict[str, Any]:
    """Return what the templates of the list are given; `current` is the id of the conversation that is open."""
    mine = list(tags.listing(user=request.user))
    chosen = _chosen(request, mine)
    limit = max(chats.CHATS_SHOWN, min(_number(request.GET.get("shown")), chats.CHATS_SHOWN_LIMIT))
    page = chats.page(
        user=request.user, cursor=request.GET.get("before"), zone=zone_of(request), tag=chosen, limit=limit
    )
    return {
        "groups": page.groups,
        "chats_cursor": page.cursor,
        "current": str(current),
        "tags": mine,
        "tag": chosen,
        "further": "before" in request.GET,
    }


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """Return the time zone that the browser says it is in, None if it says none that exists."""
    try:
        return ZoneInfo(request.COOKIES[ZONE_COOKIE])
    except (KeyError, ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _chosen(request: HttpRequest, mine: list[Tag]) -> Tag | None:
    """Return the tag that the list is narrowed to; it stays until another one, or none, is chosen."""
    asked = request.GET.get("tag")
    if asked is None:
        asked = request.session.get(SESSION_TAG, "")
    elif asked != request.session.get(SESSION_TAG, ""):
        request.session[SESSION_TAG] = asked[:40]
    return next((tag for tag in mine if str(tag.pk) == asked), None)


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
