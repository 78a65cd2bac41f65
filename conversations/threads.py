"""What the chat page shows: the open branch of a conversation."""

import uuid
from dataclasses import dataclass, field, replace

from . import versions
from .models import Conversation, Feedback, Message, Turn

ENTRIES_SHOWN = 18
# Of a place further up, so many turns are shown before it, and so many after it.
BEFORE_SHOWN, AFTER_SHOWN = 4, 10
# Of what was asked again and again, so many stand side by side.
ALTERNATIVES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn on the page, where it stands among its alternatives, and what its reader said of it."""

    turn: Turn
    question: Message
    answers: list[Message]
    place: versions.Place
    feedback: Feedback | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not shown of a branch: the turns that come after one and before another."""

    after: uuid.UUID
    until: uuid.UUID


@dataclass(frozen=True, slots=True)
class Thread:
    """Part of a branch, oldest first; `earlier` is the turn from which more can be read, if there is more.

    `around` are turns further up, of which the first comes after `earlier`; `gap` says what is missing between them and
    the `entries`.
    """

    entries: list[Entry]
    earlier: uuid.UUID | None
    around: list[Entry] = field(default_factory=list)
    gap: Gap | None = None

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


def thread_at(*, conversation: Conversation, turn: Turn) -> Thread | None:
    """Return the end of the open branch, with the turns around `turn` if that is further up; None if it is not on that
    branch. The number of queries is constant."""
    end = thread(conversation=conversation, leaf_id=conversation.leaf_id)
    if any(entry.turn == turn for entry in end.entries):
        return end
    if not _is_above(turn, end):
        return None
    before = Turn.objects.branch(turn.pk, limit=BEFORE_SHOWN + 2)
    earlier = before[0].pk if len(before) > BEFORE_SHOWN + 1 else None
    shown = [*before[-BEFORE_SHOWN - 1 :], *_between(conversation, turn, end.entries[0].turn, AFTER_SHOWN)]
    return replace(end, earlier=earlier, around=_entries(conversation, shown), gap=_gap(shown[-1], end.entries[0].turn))


def alternatives(*, conversation: Conversation, turn: Turn) -> list[Entry]:
    """Return a turn and the last of those beside it, at most ALTERNATIVES_SHOWN, oldest first: other questions at its
    place and other answers to the same one."""
    beside = conversation.turns.filter(parent=turn.parent_id).order_by("-created_at", "-pk").with_messages()
    return _entries(conversation, list(beside[:ALTERNATIVES_SHOWN])[::-1])


def between(*, conversation: Conversation, after: Turn, until: Turn) -> Thread:
    """Return the next turns after one, towards another one further down, and the gap that is left; none if that is no
    way down."""
    shown = _between(conversation, after, until, ENTRIES_SHOWN)
    gap = _gap(shown[-1], until) if shown else None
    return Thread(entries=[], earlier=None, around=_entries(conversation, shown), gap=gap)


def _is_above(turn: Turn, end: Thread) -> bool:
    if not end.entries or turn.depth >= end.entries[0].turn.depth:
        return False
    below = Turn.objects.branch_after(end.entries[0].turn.pk, turn, limit=1)
    return bool(below) and below[0].parent_id == turn.pk


def _between(conversation: Conversation, after: Turn, until: Turn, limit: int) -> list[Turn]:
    found = Turn.objects.branch_after(until.pk, after, limit=min(limit, max(0, until.depth - after.depth - 1)))
    return found if found and found[0].parent_id == after.pk else []


def _gap(last: Turn, until: Turn) -> Gap | None:
    return Gap(after=last.pk, until=until.pk) if until.parent_id != last.pk else None


def _entries(conversation: Conversation, turns: list[Turn]) -> list[Entry]:
    places = versions.of(conversation, turns)
    said = Feedback.objects.visible_to(conversation.owner_id).of_turns(places)
    entries = []
    for turn in turns:
        question, *answers = turn.messages.all()
        entries.append(Entry(turn, question, answers, place=places[turn.pk], feedback=said.get(turn.pk)))
    return entries
