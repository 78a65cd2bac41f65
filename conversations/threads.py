"""What the chat page shows: the open branch of a conversation."""

import uuid
from dataclasses import dataclass

from django.db.models import Q

from .models import Conversation, Message, Turn

ENTRIES_SHOWN = 50


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
