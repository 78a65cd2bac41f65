"""Digests as rows: which there are of a branch, which one serves, and making the next one of the last."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import transaction
from django.db.models import Max

from llm.values import Message as Said

from .. import context
from ..branches import Branch, Words
from ..models import ContextDigest, Conversation
from . import wording
from .choice import choose
from .facts import Fact, facts, packed, unpacked

# The part of the budget that a digest may take, and its upper bound in tokens.
SHARE = 0.2
MOST_TOKENS = 2048
# In less room than this nothing worth reading can be said.
LEAST_TOKENS = 80
# The part of the room that is filled with whole messages after a digest is made: the next one is not needed for long,
# and until then a server finds the same beginning that it has read before.
VERBATIM_SHARE = 0.5
# How many turns are taken apart before their facts are chosen among.
TURNS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a branch goes into a room: its last `verbatim` turns as they are, those before in the digest.

    Without a digest, `missing` messages are sent in no form.
    """

    verbatim: int
    digest: ContextDigest | None = None
    missing: int = 0


def fit(branch: Branch, *, conversation_id: uuid.UUID, room: int, budget: int) -> Fitted:
    """Return how the branch fits so many tokens, with as little of it condensed as possible.

    A digest that is needed and not there yet is made and kept. `budget` is what all that is sent may take.
    """
    most = min(int(budget * SHARE), room // 2, MOST_TOKENS)
    there = _there(conversation_id)
    taken, fitting = 0, None
    for number, step in enumerate(branch):
        usable = [each for each in there.get(step.turn, ()) if each.tokens <= min(most, room - taken)]
        if usable:
            fitting = (number, max(usable, key=_worth))
        if taken + step.tokens > room:
            break
        taken += step.tokens
    else:
        return Fitted(verbatim=len(branch.steps))
    if fitting is not None:
        number, chosen = fitting
        return Fitted(verbatim=number, digest=ContextDigest.objects.get(pk=chosen.pk))
    number, tail = _tail(branch, room - most)
    if most < LEAST_TOKENS:
        return Fitted(verbatim=number, missing=sum(len(words.said) for words in branch.words(number)))
    return Fitted(verbatim=number, digest=_made(branch, number, there, conversation_id, min(most, room - tail)))


def message(digest: ContextDigest) -> Said:
    """Return the digest as a model is sent it: what a person said once does not become an instruction by it."""
    return Said(role="user", text=wording.fenced(digest.text, digest.messages))


def keep(
    *,
    conversation_id: uuid.UUID,
    through: uuid.UUID,
    found: Sequence[Fact],
    text: str,
    turns: int,
    messages: int,
    by: str = ContextDigest.By.EXTRACT,
    model: str = "",
) -> ContextDigest:
    """Return the new version of the digest through a turn."""
    tokens = context.cost([Said(role="user", text=wording.fenced(text, messages))])
    with transaction.atomic():
        # The conversation first, as everywhere, so that nobody waits for somebody who waits for him.
        Conversation.everything.select_for_update().filter(pk=conversation_id).values_list("pk").first()
        before = ContextDigest.objects.filter(through=through).aggregate(last=Max("version"))["last"] or 0
        return ContextDigest.objects.create(
            conversation_id=conversation_id,
            through_id=through,
            version=before + 1,
            text=text,
            facts=packed(found),
            turns=turns,
            messages=messages,
            tokens=tokens,
            by=by,
            model=model,
        )


def fitted_text(found: Iterable[Fact], *, tokens: int, messages: int) -> str:
    """Return as many facts as a digest of so many tokens has room for, as its text."""
    around = context.cost([Said(role="user", text=wording.fenced("", messages))])
    return wording.text(choose(found, tokens=max(0, tokens - around)))


def _there(conversation_id: uuid.UUID) -> dict[uuid.UUID, list[ContextDigest]]:
    """Return the digests of a conversation by the turn they go to, without their words."""
    found: dict[uuid.UUID, list[ContextDigest]] = {}
    for digest in ContextDigest.objects.filter(conversation=conversation_id).order_by().only("through", "tokens", "by"):
        found.setdefault(digest.through_id, []).append(digest)
    return found


def _worth(digest: ContextDigest) -> tuple[bool, int]:
    return digest.by == ContextDigest.By.MODEL, digest.tokens


def _tail(branch: Branch, room: int) -> tuple[int, int]:
    """Return how many of the last turns are sent as they are, and their tokens; the last one in any case it fits."""
    taken = 0
    for number, step in enumerate(branch):
        if taken + step.tokens > (room * VERBATIM_SHARE if number else room):
            return number, taken
        taken += step.tokens
    return len(branch.steps), taken


def _made(
    branch: Branch,
    number: int,
    there: dict[uuid.UUID, list[ContextDigest]],
    conversation_id: uuid.UUID,
    tokens: int,
) -> ContextDigest:
    """Return a new digest of all before the last `number` turns, made of the digest before it and what came since."""
    through, base = branch.steps[number].turn, None
    since: list[Words] = []
    for words in branch.words(number):
        if words.turn in there:
            base = ContextDigest.objects.get(pk=max(there[words.turn], key=_worth).pk)
            break
        since.append(words)
    since.reverse()
    known = unpacked(base.facts) if base else []
    for start in range(0, len(since), TURNS_AT_ONCE):
        part = since[start : start + TURNS_AT_ONCE]
        new = chain.from_iterable(facts(role, text) for words in part for role, text in words.said)
        known = choose([*known, *new], tokens=MOST_TOKENS)
    messages = sum(len(words.said) for words in since) + (base.messages if base else 0)
    return keep(
        conversation_id=conversation_id,
        through=through,
        found=known,
        text=fitted_text(known, tokens=tokens, messages=messages),
        turns=len(since) + (base.turns if base else 0),
        messages=messages,
    )
