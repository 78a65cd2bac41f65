"""What of a conversation is taken along: all of it, one branch, or some messages of one."""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext

from ..errors import Invalid, NotFound
from ..models import Conversation, Message, Turn

# How many turns are in memory at a time.
BATCH_TURNS = 50
# More than any branch has.
ALL_TURNS = 1_000_000


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a conversation; `kind` is "conversation", "branch" or "message", which has those that were `chosen`."""

    conversation: Conversation
    leaf: uuid.UUID | None
    chosen: frozenset[uuid.UUID] = frozenset()
    kind: str = "conversation"

    def branch(self) -> Iterator[Turn]:
        """Yield the turns of the branch, or of the chosen messages, oldest first, with their messages."""
        ids = Turn.objects.branch_ids(self.leaf, ALL_TURNS)[::-1]
        if self.chosen:
            holding = set(Turn.objects.filter(messages__in=self.chosen).values_list("pk", flat=True))
            ids = [pk for pk in ids if pk in holding]
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
        return [each for each in said if each.pk in self.chosen] if self.chosen else said


def of(conversation: Conversation, *, branch: uuid.UUID | None = None, messages: Collection[uuid.UUID] = ()) -> Scope:
    """Return all of a conversation, the branch that ends in a turn, or messages of one branch.

    To read all of a conversation is to read its open branch. Raises NotFound for what is of another conversation, and
    Invalid for messages that do not follow each other.
    """
    if messages:
        return _chosen(conversation, frozenset(messages))
    if branch is not None:
        if not conversation.turns.filter(pk=branch).exists():
            raise NotFound
        return Scope(conversation, branch, kind="branch")
    return Scope(conversation, conversation.leaf_id)


def _chosen(conversation: Conversation, messages: frozenset[uuid.UUID]) -> Scope:
    found = Message.objects.filter(pk__in=messages, turn__conversation=conversation)
    turns = dict(found.order_by("turn__depth").values_list("pk", "turn_id"))
    if len(turns) < len(messages):
        raise NotFound
    last = list(turns.values())[-1]
    if len(set(turns.values())) > 1 and not set(turns.values()) <= set(Turn.objects.branch_ids(last, ALL_TURNS)):
        raise Invalid(gettext("Choose messages of one branch."), code="not_one_branch")
    return Scope(conversation, last, messages, "message")


def _read(ids: list[uuid.UUID]) -> Iterator[Turn]:
    for start in range(0, len(ids), BATCH_TURNS):
        some = ids[start : start + BATCH_TURNS]
        found = {turn.pk: turn for turn in Turn.objects.filter(pk__in=some).with_messages()}
        yield from (found[pk] for pk in some if pk in found)
