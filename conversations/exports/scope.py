"""What of a conversation is taken along: all of it, one branch, or one message."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import NotFound
from ..models import Conversation, Message, Turn

# How many turns are in memory at a time.
BATCH_TURNS = 50
# More than any branch has.
ALL_TURNS = 1_000_000


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a conversation; `kind` is "conversation", "branch" or "message"."""

    conversation: Conversation
    leaf: uuid.UUID | None
    message: Message | None = None
    kind: str = "conversation"

    def branch(self) -> Iterator[Turn]:
        """Yield the turns of the branch, or the one of the message, oldest first, with their messages."""
        if self.message is not None:
            ids = [self.message.turn_id]
        else:
            ids = Turn.objects.branch_ids(self.leaf, ALL_TURNS)[::-1]
        yield from _read(ids)

    def turns(self) -> Iterator[Turn]:
        """Yield what a program wants: the turns of all branches, where it is the whole conversation."""
        if self.kind != "conversation":
            yield from self.branch()
            return
        # Each after the one that it answers, and alternatives in their order.
        ids = self.conversation.turns.order_by("depth", "created_at", "pk").values_list("pk", flat=True)
        yield from _read(list(ids))

    def messages(self, turn: Turn) -> list[Message]:
        """Return the messages of a turn that are part of it, in their order."""
        said = list(turn.messages.all())
        return said if self.message is None else [each for each in said if each.pk == self.message.pk]


def of(conversation: Conversation, *, branch: uuid.UUID | None = None, message: uuid.UUID | None = None) -> Scope:
    """Return all of a conversation, the branch that ends in a turn, or a message; raises NotFound for one of another.

    To read all of a conversation is to read its open branch.
    """
    if message is not None:
        found = Message.objects.filter(pk=message, turn__conversation=conversation).first()
        if found is None:
            raise NotFound
        return Scope(conversation, found.turn_id, found, "message")
    if branch is not None:
        if not conversation.turns.filter(pk=branch).exists():
            raise NotFound
        return Scope(conversation, branch, None, "branch")
    return Scope(conversation, conversation.leaf_id)


def _read(ids: list[uuid.UUID]) -> Iterator[Turn]:
    for start in range(0, len(ids), BATCH_TURNS):
        some = ids[start : start + BATCH_TURNS]
        found = {turn.pk: turn for turn in Turn.objects.filter(pk__in=some).with_messages()}
        yield from (found[pk] for pk in some if pk in found)
