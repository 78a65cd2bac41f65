"""The log of a conversation: everything that happened in it, on all branches, in order, a page at a time."""

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Q

from .models import Conversation, Message, Summary, Turn

# How a turn ended, in the log.
ENDS = {
    Turn.Status.STOPPED: "answer.stopped",
    Turn.Status.FAILED: "answer.failed",
    Turn.Status.INTERRUPTED: "answer.interrupted",
    Turn.Status.BLOCKED: "answer.blocked",
    Turn.Status.COMPLETED: "answer",
}
TYPES = ("question", *ENDS.values(), "tool.called", "tool.returned", "session.ended", "summary", "rating")


class Place(NamedTuple):
    """A place in the log: what happened at the same moment is told apart by its id."""

    at: datetime.datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `data` holds what there is to say about it."""

    type: str
    at: datetime.datetime
    turn: uuid.UUID | None = None
    message: uuid.UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Log:
    """Part of a log, and the place after which it goes on, None at its end."""

    events: list[Event]
    next: Place | None


class _Entry(NamedTuple):
    place: Place
    events: list[Event]


def read(*, conversation: Conversation, after: Place | None = None, limit: int) -> Log:
    """Return the next `limit` turns, endings, summaries and ratings, each with all that belongs to it; the number of
    queries is always the same."""
    streams = [stream(conversation, after, limit) for stream in (_turns, _endings, _summaries, _rating)]
    found = sorted((entry for stream in streams for entry in stream), key=lambda entry: entry.place)[: limit + 1]
    shown = found[:limit]
    more = len(found) > limit
    return Log([event for entry in shown for event in entry.events], shown[-1].place if more else None)


def _turns(conversation: Conversation, after: Place | None, limit: int) -> Iterator[_Entry]:
    turns = conversation.turns.order_by("created_at", "id")
    if after is not None:
        turns = turns.filter(created_at__gte=after.at).filter(Q(created_at__gt=after.at) | Q(id__gt=after.id))
    for turn in turns.with_messages()[: limit + 1]:
        yield _Entry(Place(turn.created_at, turn.pk), list(_turn(turn)))


def _turn(turn: Turn) -> Iterator[Event]:
    """Yield what happened in a turn: the question, what the model did, and how it ended."""
    over = turn.finished_at or turn.created_at
    answer: Message | None = None
    for message in turn.messages.all():
        match message.role:
            case Message.Role.USER:
                files = [each.name for each in message.attachments.all()]
                data: dict[str, Any] = {"content": message.text, "attachments": files}
                yield Event("question", turn.created_at, turn.pk, message.pk, data)
            case Message.Role.TOOL:
                yield from _tool(turn, message)
            case _:
                answer = message
    if turn.is_open:
        return
    data = {
        "content": answer.text if answer else "",
        "model": turn.model,
        "error": turn.error_code,
        "detail": turn.error_detail,
        "first_token_ms": turn.first_token_ms,
        "total_ms": turn.total_ms,
    }
    yield Event(ENDS[Turn.Status(turn.status)], over, turn.pk, answer.pk if answer else None, data)


def _tool(turn: Turn, message: Message) -> Iterator[Event]:
    """Yield that a tool was called, and what it answered if it did."""
    named = {"name": message.tool_name, "id": message.tool_call_id}
    called = {**named, "arguments": message.tool_run.get("arguments", {})}
    yield Event("tool.called", message.created_at, turn.pk, message.pk, called)
    if "ok" in message.tool_run:
        ms = message.tool_run.get("ms") or 0
        returned = {**named, "result": message.text, "ok": message.tool_run["ok"], "ms": ms}
        over = message.created_at + datetime.timedelta(milliseconds=ms)
        yield Event("tool.returned", over, turn.pk, message.pk, returned)


def _endings(conversation: Conversation, after: Place | None, limit: int) -> Iterator[_Entry]:
    summaries = conversation.summaries.order_by("created_at", "id")
    if after is not None:
        summaries = summaries.filter(Q(created_at__gt=after.at) | Q(created_at=after.at, id__gt=after.id))
    yield from map(_ending, summaries[: limit + 1])


def _summaries(conversation: Conversation, after: Place | None, limit: int) -> Iterator[_Entry]:
    summaries = conversation.summaries.exclude(written_at=None).order_by("written_at", "id")
    if after is not None:
        summaries = summaries.filter(Q(written_at__gt=after.at) | Q(written_at=after.at, id__gt=after.id))
    yield from map(_written, summaries[: limit + 1])


def _ending(summary: Summary) -> _Entry:
    data = {"number": summary.number, "by": summary.ended_by}
    return _Entry(Place(summary.created_at, summary.pk), [Event("session.ended", summary.created_at, data=data)])


def _written(summary: Summary) -> _Entry:
    at = summary.written_at or summary.created_at
    data = {"number": summary.number, "status": summary.state, "content": summary.text, "model": summary.model}
    return _Entry(Place(at, summary.pk), [Event("summary", at, data=data)])


def _rating(conversation: Conversation, after: Place | None, limit: int) -> Iterator[_Entry]:
    if conversation.rated_at is None:
        return
    place = Place(conversation.rated_at, conversation.pk)
    if after is None or place > after:
        yield _Entry(place, [Event("rating", conversation.rated_at, data={"rating": conversation.rating})])
