"""How a conversation stands at one moment: what a reader starts from, before the news."""

import uuid
from dataclasses import dataclass

from django.utils import timezone

from . import events, live
from .live.mirror import LOOK_BACK
from .models import Conversation, Message, Turn

# How many turns of the open branch a reader is told, so that it sees whether it missed one.
TURNS_TOLD = 50


@dataclass(frozen=True, slots=True)
class Stand:
    """The rows of a moment: the conversation, the end of its open branch, and the messages of its last turn."""

    conversation: Conversation | None
    branch: list[Turn]
    recent: dict[str, str]
    last: Turn | None
    messages: list[Message]

    @property
    def finished(self) -> set[str]:
        """The turns of which nothing more will come."""
        return {turn for turn, status in self.recent.items() if status not in Turn.OPEN}


def read(conversation_id: uuid.UUID) -> Stand:
    """Return how the conversation stands in the database, in a constant number of queries; empty if it is new."""
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        return Stand(conversation=None, branch=[], recent={}, last=None, messages=[])
    # The branch last: what it says is the newer word, and it is what the reader is told.
    lately = conversation.turns.filter(heartbeat_at__gte=timezone.now() - 2 * LOOK_BACK)
    recent = {str(pk): status for pk, status in lately.values_list("pk", "status")}
    branch = Turn.objects.branch(conversation.leaf_id, limit=TURNS_TOLD, messages=False)
    last = branch[-1] if branch else None
    return Stand(
        conversation=conversation,
        branch=branch,
        recent=recent | {str(turn.pk): turn.status for turn in branch},
        last=last,
        messages=list(last.messages.with_files()) if last else [],
    )


def settle(feed: live.Feed, stand: Stand, watcher: live.Watcher) -> dict:
    """Return the snapshot frame for a reader that has just joined, and drop the news that it already holds."""
    before, feed.owner = feed.owner, stand.conversation.owner_id if stand.conversation else feed.owner
    unheard = [turn for turn in stand.recent if turn not in feed.told]
    feed.told.update({turn: stand.recent[turn] for turn in unheard})
    if unheard or before not in (None, feed.owner):
        # News of these turns, or that it was deleted, may have been lost on the way here, so the readers before this
        # one start over too.
        for earlier in feed.watchers - {watcher}:
            earlier.lose()
    running = stand.last if stand.last is not None and stand.last.is_open else None
    messages, have = [], {}
    if running is not None:
        for message in stand.messages:
            fields = events.message_fields(message)
            growing = feed.messages.get(fields["id"])
            # Told of its end since the rows were read: they are older than what the readers know.
            outdated = feed.told.get(fields["turn"]) not in {None, *Turn.OPEN}
            behind = growing is None or growing.seq < message.seq
            if message.is_growing and behind and not outdated:
                # It runs in another process, whose news continue from here.
                growing = growing or feed.open(id=fields["id"], turn=fields["turn"], model=message.model, own=False)
                growing.replace(message.seq, message.text, message.thinking)
            if growing is not None and growing.seq >= message.seq:
                fields.update(content=growing.text, thinking=growing.thinking, seq=growing.seq)
                if watcher.format.html:
                    # The very blocks that the next delta continues.
                    fields["blocks"] = list(growing.html())
            have[fields["id"]] = fields["seq"]
            messages.append(fields)
    watcher.settle(known=set(stand.recent), finished=stand.finished, have=have)
    conversation = stand.conversation
    return {
        "type": "conversation.snapshot",
        "conversation": events.conversation_fields(conversation) if conversation else None,
        "title": conversation.title if conversation else "",
        "status": conversation.status if conversation else Conversation.Status.ACTIVE,
        "leaf": str(conversation.leaf_id) if conversation and conversation.leaf_id else None,
        "turns": [{"id": str(turn.pk), "status": turn.status, "client_id": turn.client_id} for turn in stand.branch],
        "running": running
        and {"id": str(running.pk), "status": running.status, "stage": feed.stages.get(str(running.pk))},
        "messages": messages,
    }
