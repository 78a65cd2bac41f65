"""The list of conversations beside every page: those that are pinned, then by the day of their last word, in pages."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .models import Conversation, Tag
from .models.conversation import ConversationQuerySet

CHATS_SHOWN = 50
# A list that is shown again may be as long as it was before, up to here.
CHATS_SHOWN_LIMIT = 500
PINNED = _("Pinned")


@dataclass(frozen=True, slots=True)
class Group:
    """Conversations under one heading; `begun` where an earlier page has begun it."""

    label: str
    chats: list[Conversation]
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Chats:
    """A page of conversations in groups, and the cursor for the ones after them."""

    groups: list[Group]
    cursor: str | None


def page(
    *, user, cursor: str | None = None, zone: ZoneInfo | None = None, tag: Tag | None = None, limit: int = CHATS_SHOWN
) -> Chats:
    """Return the next conversations of a person that are not archived, newest activity first, those that are pinned
    before all others; days are those of `zone`."""
    found = _listed(Conversation.objects.visible_to(user).filter(archived=False))
    if tag is not None:
        found = found.filter(tags=tag)
    place = _place(cursor)
    rows, after = _cut(found.filter(pinned=False), place, limit)
    today = timezone.localdate(timezone=zone)
    begun = label(timezone.localdate(place[0], timezone=zone), today) if place else None
    groups = [] if place else _pinned(found)
    for row in rows:
        name = label(timezone.localdate(row.active_at, timezone=zone), today)
        if not groups or groups[-1].label != name:
            groups.append(Group(name, [], begun=name == begun))
        groups[-1].chats.append(row)
    return Chats(groups=groups, cursor=after)


def archived(*, user, cursor: str | None = None) -> tuple[list[Conversation], str | None]:
    """Return the next archived conversations of a person, newest activity first, and the cursor after them."""
    found = _listed(Conversation.objects.visible_to(user).filter(archived=True))
    return _cut(found, _place(cursor), CHATS_SHOWN)


def named(*, user, ids: Iterable[uuid.UUID]) -> list[Conversation]:
    """Return those of these conversations that this person may see."""
    return list(_listed(Conversation.objects.visible_to(user).filter(pk__in=list(ids))))


def label(day: datetime.date, today: datetime.date) -> str:
    """Return the heading under which what was said on a day is listed."""
    age = (today - day).days
    if age <= 0:
        return gettext("Today")
    if age == 1:
        return gettext("Yesterday")
    if age <= 7:
        return gettext("Previous 7 days")
    if age <= 30:
        return gettext("Previous 30 days")
    return date_format(day, "F" if day.year == today.year else "F Y")


def _listed(found: ConversationQuerySet) -> ConversationQuerySet:
    return found.with_news().recent().defer("instructions").prefetch_related("tags")


def _pinned(found: ConversationQuerySet) -> list[Group]:
    pinned = list(found.filter(pinned=True)[:CHATS_SHOWN_LIMIT])
    return [Group(str(PINNED), pinned)] if pinned else []


def _cut(
    found: ConversationQuerySet, place: tuple[datetime.datetime, uuid.UUID] | None, limit: int
) -> tuple[list[Conversation], str | None]:
    """Return so many rows after a place, and the cursor of those after them."""
    rows = list((found.before(*place) if place else found)[: limit + 1])
    shown = rows[:limit]
    return shown, f"{shown[-1].active_at.isoformat()}~{shown[-1].pk}" if len(rows) > limit else None


def _place(cursor: str | None) -> tuple[datetime.datetime, uuid.UUID] | None:
    """Return what a cursor says; None for one that nobody here made."""
    active_at, _, pk = (cursor or "").partition("~")
    try:
        when, chat = datetime.datetime.fromisoformat(active_at).astimezone(datetime.UTC), uuid.UUID(pk)
    except (ValueError, OverflowError):
        return None
    # At the ends of the calendar there is no day in other time zones.
    return (when, chat) if datetime.MINYEAR < when.year < datetime.MAXYEAR else None
