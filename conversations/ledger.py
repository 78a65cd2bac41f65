"""Writing the ledger: each call of a model becomes an entry, with the price of the day."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llm.meter import Measured

from . import prices
from .models import UsageEntry

PURPOSE, OUTCOME = UsageEntry.Purpose, UsageEntry.Outcome
NAME_CHARACTERS = 200
PROVIDER_CHARACTERS = 30


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model as the ledger keeps it."""

    provider: str
    model: str
    measured: Measured
    purpose: str = PURPOSE.CHAT
    outcome: str = OUTCOME.COMPLETED


def calls(*, provider: str, model: str, measured: Sequence[Measured], outcome: str) -> list[Call]:
    """Return the calls of one answer: the first one is the chat, later ones go on after tools; the last one tells
    how the answer ended."""
    last = len(measured) - 1
    return [
        Call(
            provider=provider,
            model=model,
            measured=each,
            purpose=PURPOSE.TOOL if number else PURPOSE.CHAT,
            outcome=outcome if number == last else OUTCOME.COMPLETED,
        )
        for number, each in enumerate(measured)
    ]


def enter(
    calls: Iterable[Call], *, user_id: uuid.UUID, conversation_id: uuid.UUID | None = None, turn_id=None
) -> list[UsageEntry]:
    """Return the new entries for these calls."""
    return keep(draft(calls), user_id=user_id, conversation_id=conversation_id, turn_id=turn_id)


def draft(calls: Iterable[Call]) -> list[UsageEntry]:
    """Return entries with today's prices that are not kept yet: made before a transaction, because prices take time."""
    return [_entry(call) for call in calls]


def keep(
    drafts: list[UsageEntry], *, user_id: uuid.UUID, conversation_id: uuid.UUID | None = None, turn_id=None
) -> list[UsageEntry]:
    """Return the entries, now in the ledger, for this person, conversation and turn."""
    for entry in drafts:
        entry.user_id, entry.conversation_id, entry.turn_id = user_id, conversation_id, turn_id
    return UsageEntry.objects.bulk_create(drafts)


def _entry(call: Call) -> UsageEntry:
    usage = call.measured.usage
    price = prices.of(provider=call.provider, model=call.model, usage=usage)
    return UsageEntry(
        purpose=call.purpose,
        provider=call.provider[:PROVIDER_CHARACTERS],
        model=call.model[:NAME_CHARACTERS],
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        counted=UsageEntry.Counted.EXACT if usage.exact else UsageEntry.Counted.ESTIMATED,
        first_token_ms=call.measured.first_token_ms,
        total_ms=call.measured.total_ms,
        outcome=call.outcome,
        prompt_price=price.prompt,
        cached_price=price.cached,
        completion_price=price.completion,
        currency=price.currency,
        cost=price.cost,
    )
