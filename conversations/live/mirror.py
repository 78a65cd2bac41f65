"""Turns that run in other processes: followed by their news, and compared with the rows when news got lost."""

import datetime
import uuid
from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.utils import timezone

from .. import events
from ..models import Conversation, Message, Turn
from . import feeds
from .feeds import ASKED, Feed, LiveMessage

# How far back a finished turn is looked for.
LOOK_BACK = datetime.timedelta(minutes=2)
# So many watched conversations are asked about at once.
NAMED_LIMIT = 500


def whole(message: LiveMessage) -> dict:
    """Return the news that carries all of a live message to other processes."""
    return {
        "type": "message.whole",
        "message": message.id,
        "turn": message.turn,
        "seq": message.seq,
        "text": message.text,
        "thinking": message.thinking,
    }


def hear(feed: Feed, event: dict) -> bool:
    """Apply steps, or a whole text, from another process; False if steps are missing before them."""
    message = feed.messages.get(event["message"])
    if message is not None and (message.own or message.redacted):
        # Whoever writes it may not have heard yet that it was removed.
        return True
    if message is None:
        if feed.told.get(event["turn"]) not in {None, *Turn.OPEN}:
            return True
        message = feed.open(id=event["message"], turn=event["turn"], own=False)
    if event["type"] == "message.whole":
        if event["seq"] >= message.seq:
            message.replace(event["seq"], event["text"], event["thinking"])
        return True
    for seq, text, thinking in event["deltas"]:
        if seq > message.seq + 1:
            return False
        if seq == message.seq + 1:
            message.advance(seq, text, thinking)
    return True


def before_event(feed: Feed, event: dict) -> None:
    """Open a mirror for a message that another process begins to write."""
    if events.begins_answer(event) and event["message"] not in feed.messages:
        begun = {"text": event["content"], "seq": event["seq"]}
        feed.open(id=event["message"], turn=event["turn"], model=event["model"], own=False, **begun)


def watched() -> dict[str, dict[str, str]]:
    """Return, for each watched conversation, what its watchers were told of its turns."""
    return {feed.id: dict(feed.told) for feed in feeds.current().values() if feed.watchers}


def differing(told: dict[str, dict[str, str]], worker: str) -> list[Turn]:
    """Return the turns of other processes whose news may have been lost, with their messages, in a query for every
    `NAMED_LIMIT` conversations: however many others there are, their turns are not read."""
    turns = Turn.objects.exclude(worker=worker).exclude(worker="").with_messages().order_by("created_at")
    turns = turns.filter(Q(status__in=Turn.OPEN) | Q(heartbeat_at__gte=timezone.now() - LOOK_BACK))
    asked = list(told)
    return [
        turn
        for first in range(0, len(asked), NAMED_LIMIT)
        for turn in turns.filter(conversation_id__in=asked[first : first + NAMED_LIMIT])
        if turn.is_open or told[str(turn.conversation_id)].get(str(turn.pk)) != turn.status
    ]


def begun() -> dict[str, uuid.UUID | None]:
    """Return the watched conversations that there were when last looked, with whose they were, None if unknown."""
    return {feed.id: feed.owner for feed in feeds.current().values() if feed.watchers and (feed.owner or feed.told)}


def owners(conversation_ids: Iterable[str]) -> dict[str, uuid.UUID]:
    """Return whose each of these conversations is; one that does not exist is not among them."""
    asked = list(conversation_ids)
    found: dict[str, uuid.UUID] = {}
    for first in range(0, len(asked), NAMED_LIMIT):
        rows = Conversation.objects.filter(pk__in=asked[first : first + NAMED_LIMIT])
        found |= {str(pk): owner for pk, owner in rows.values_list("pk", "owner_id")}
    return found


def tell_deleted(before: Mapping[str, uuid.UUID | None], now: Mapping[str, uuid.UUID]) -> None:
    """Tell the watchers of conversations that are gone, or somebody else's by now; `before` is what `begun` said."""
    for conversation_id, owner in before.items():
        feed = feeds.current().get(conversation_id)
        if feed is None:
            continue
        if conversation_id not in now or owner not in (None, now[conversation_id]):
            feed.deliver(events.conversation_deleted(conversation_id))
        else:
            feed.owner = now[conversation_id]


def converge(turns: Iterable[Turn]) -> None:
    """Bring the feeds in line with these rows: unknown turns are told, live texts catch up, ends are told."""
    for turn in turns:
        feed = feeds.current().get(str(turn.conversation_id))
        if feed is None:
            continue
        if turn.is_open and feed.told.get(str(turn.pk)) not in {None, *Turn.OPEN}:
            # Its end was told since the row was read.
            continue
        messages = list(turn.messages.all())
        if str(turn.pk) not in feed.told:
            feed.deliver(events.turn_started(turn))
            for message in messages:
                created = events.message_created(message, client_id=turn.client_id)
                before_event(feed, created)
                feed.deliver(created)
        for message in messages:
            if message.role == Message.Role.TOOL:
                _tell_tool(feed, message, client_id=turn.client_id)
            else:
                _catch_up(feed, message)
        if not turn.is_open and feed.told.get(str(turn.pk)) != turn.status:
            # A reader whose digest differs asks for the whole text.
            for event in events.ended(turn):
                feed.deliver(event)


def _tell_tool(feed: Feed, message: Message, *, client_id: str | None) -> None:
    """Tell what has become of a tool, as far as its news got lost."""
    told = feed.tools.get(str(message.pk))
    if told is None:
        feed.deliver(events.message_created(message, client_id=client_id))
    stand = ASKED if message.waits_for_permission else message.status
    if stand == told:
        return
    if "ok" in message.tool_run:
        feed.deliver(events.tool_returned(message))
    elif message.tool_run.get("asks") and message.status == Message.Status.STREAMING:
        feed.deliver(events.tool_asked(message))


def _catch_up(feed: Feed, message: Message) -> None:
    live = feed.messages.get(str(message.pk))
    if live is None and message.is_growing:
        live = feed.open(id=str(message.pk), turn=str(message.turn_id), model=message.model, own=False)
    if live is not None and not live.own and message.seq > live.seq:
        live.replace(message.seq, message.text, message.thinking)
