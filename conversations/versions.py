"""Where a turn stands among its alternatives: questions asked differently, and answers given again."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import MD5

from .models import Conversation, Message, Turn

Asked = tuple[uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Versions:
    """One of `count` alternatives, 1-based, and the turns that open the ones beside it, None where there are none."""

    position: int = 1
    count: int = 1
    previous: uuid.UUID | None = None
    next: uuid.UUID | None = None


ONLY = Versions()


@dataclass(frozen=True, slots=True)
class Place:
    """A turn's question among the differing ones at its place, and its answer among those to the same words."""

    question: Versions = ONLY
    answer: Versions = ONLY


def of(conversation: Conversation, turns: Iterable[Turn]) -> dict[uuid.UUID, Place]:
    """Return the places of these turns, in one query."""
    asked = list(turns)
    parents = {turn.parent_id for turn in asked}
    beside = Q(parent_id__in=parents - {None})
    if None in parents:
        beside |= Q(parent_id=None)
    siblings: dict[uuid.UUID | None, list[Asked]] = {}
    if asked:
        found = conversation.turns.filter(beside, messages__position=0, messages__role=Message.Role.USER)
        found = found.annotate(words=MD5("messages__text")).order_by("created_at", "pk")
        for parent_id, pk, words in found.values_list("parent_id", "pk", "words"):
            siblings.setdefault(parent_id, []).append((pk, words))
    return {turn.pk: _place(turn.pk, siblings[turn.parent_id]) for turn in asked}


def _place(turn_id: uuid.UUID, siblings: list[Asked]) -> Place:
    groups: dict[str, list[uuid.UUID]] = {}
    for pk, words in siblings:
        groups.setdefault(words, []).append(pk)
    mine = next(group for group in groups.values() if turn_id in group)
    # A question is opened with the newest answer to it.
    newest = [group[-1] for group in groups.values()]
    return Place(question=_versions(newest, newest.index(mine[-1])), answer=_versions(mine, mine.index(turn_id)))


def _versions(ids: list[uuid.UUID], at: int) -> Versions:
    return Versions(
        position=at + 1,
        count=len(ids),
        previous=ids[at - 1] if at else None,
        next=ids[at + 1] if at + 1 < len(ids) else None,
    )
