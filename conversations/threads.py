"""What the chat page shows: the open branch of a conversation, and the list of conversations beside it."""

import datetime
import uuid
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from .models import Conversation, Message, Turn

ENTRIES_SHOWN = 50
CHATS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn on the page, and where it stands among its alternatives (1-based, ids of the neighbours or None)."""

    turn: Turn
    question: Message
    answers: list[Message]
    position: int = 1
    count: int = 1
    previous: uuid.UUID | None = None
    next: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """Part of a branch, oldest first; `earlier` is the turn from which more can be read, if there is more."""

    entries: list[Entry]
    earlier: uuid.UUID | None

    @property
    def running(self) -> Turn | None:
        """The turn that is open, if there is one; only the last can be."""
        if self.entries and self.entries[-1].turn.is_open:
            return self.entries[-1].turn
        return None


@dataclass(frozen=True, slots=True)
class Chats:
    """Conversations grouped by day, and the cursor for the ones after them."""

    groups: list[dict]
    cursor: str | None


def thread(*, conversation: Conversation, leaf_id: uuid.UUID | None) -> Thread:
    """Return the last ENTRIES_SHOWN turns of the branch that ends in `leaf_id`, in a constant number of queries."""
    turns = Turn.objects.branch(leaf_id, limit=ENTRIES_SHOWN + 1)
    earlier = turns[0].pk if len(turns) > ENTRIES_SHOWN else None
    turns = turns[-ENTRIES_SHOWN:]
    return Thread(entries=_entries(conversation, turns), earlier=earlier)


def _entries(conversation: Conversation, turns: list[Turn]) -> list[Entry]:
    parents = {turn.parent_id for turn in turns}
    beside = Q(parent_id__in=parents - {None})
    if None in parents:
        beside |= Q(parent_id=None)
    siblings: dict[uuid.UUID | None, list[uuid.UUID]] = {}
    if turns:
        found = conversation.turns.filter(beside).order_by("created_at", "pk").values_list("parent_id", "pk")
        for parent_id, pk in found:
            siblings.setdefault(parent_id, []).append(pk)
    entries = []
    for turn in turns:
        question, *answers = turn.messages.all()
        versions = siblings[turn.parent_id]
        at = versions.index(turn.pk)
        entries.append(
            Entry(
                turn=turn,
                question=question,
                answers=answers,
                position=at + 1,
                count=len(versions),
                previous=versions[at - 1] if at else None,
                next=versions[at + 1] if at + 1 < len(versions) else None,
            )
        )
    return entries


def chats(*, user, cursor: str | None = None) -> Chats:
    """Return the next CHATS_SHOWN conversations of a person, newest activity first, in one query."""
    found = Conversation.objects.visible_to(user).filter(archived=False).recent().defer("instructions")
    if cursor and (place := _place(cursor)):
        found = found.before(*place)
    page = list(found[: CHATS_SHOWN + 1])
    more = len(page) > CHATS_SHOWN
    page = page[:CHATS_SHOWN]
    groups: list[dict] = []
    today = timezone.localdate()
    for conversation in page:
        label = _label(timezone.localtime(conversation.active_at).date(), today)
        if not groups or groups[-1]["label"] != label:
            groups.append({"label": label, "chats": []})
        groups[-1]["chats"].append(conversation)
    after = f"{page[-1].active_at.isoformat()}~{page[-1].pk}" if more else None
    return Chats(groups=groups, cursor=after)


def _place(cursor: str) -> tuple[datetime.datetime, uuid.UUID] | None:
    """Return what a cursor says; None for one that nobody here made."""
    active_at, _, pk = cursor.partition("~")
    try:
        return datetime.datetime.fromisoformat(active_at).astimezone(datetime.UTC), uuid.UUID(pk)
    except (ValueError, OverflowError):
        return None


def _label(day: datetime.date, today: datetime.date) -> str:
    age = (today - day).days
    if age <= 0:
        return "Today"
    if age == 1:
        return "Yesterday"
    if age <= 7:
        return "Previous 7 days"
    return day.strftime("%B") if day.year == today.year else day.strftime("%B %Y")
