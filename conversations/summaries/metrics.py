"""The figures of a conversation: who said how much, with which models, and how long that took."""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from ..models import Conversation, Message
from ..search.terms import SINGLE_CHARACTER

ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures, and how the conversation stood when they were taken."""

    figures: dict[str, Any]
    active_at: datetime.datetime
    message_count: int

    def holds_for(self, conversation: Conversation) -> bool:
        """Whether nothing has been said since."""
        return (self.active_at, self.message_count) == (conversation.active_at, conversation.message_count)


def measure(conversation: Conversation) -> Measured:
    """Return the figures of all branches of a conversation: counts, words, tokens and times (ms); two queries."""
    stand = conversation.active_at, conversation.message_count
    roles: Counter[str] = Counter()
    words: Counter[str] = Counter()
    said = Message.objects.filter(turn__conversation=conversation).values_list("role", "text")
    for role, text in said.iterator(ROWS_AT_ONCE):
        roles[role] += 1
        words[role] += count_words(text)
    statuses: Counter[str] = Counter()
    models: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    prompt = completion = 0
    exact = True
    first: list[int] = []
    whole: list[int] = []
    times_and_tokens = ("prompt_tokens", "completion_tokens", "usage_exact", "first_token_ms", "total_ms")
    turns = conversation.turns.values_list("status", "model", "mode", *times_and_tokens)
    for status, model, mode, read, written, counted, first_ms, total_ms in turns:
        statuses[status] += 1
        if mode:
            modes[mode] += 1
        if model:
            models[model] += 1
        prompt += read or 0
        completion += written or 0
        exact = exact and (counted or read is None)
        if first_ms is not None:
            first.append(first_ms)
        if total_ms is not None:
            whole.append(total_ms)
    figures = {
        "messages": {**{role: roles[role] for role in Message.Role.values}, "total": roles.total()},
        "words": {role: words[role] for role in (Message.Role.USER, Message.Role.ASSISTANT)},
        "tokens": {"prompt": prompt, "completion": completion, "total": prompt + completion, "exact": exact},
        "turns": dict(sorted(statuses.items())),
        "tool_calls": roles[Message.Role.TOOL],
        "first_token_ms": times(first),
        "answer_ms": times(whole),
        "models": dict(models.most_common()),
        "modes": dict(modes.most_common()),
    }
    return Measured(figures, *stand)


def times(values: Sequence[int]) -> dict[str, int | None]:
    """Return the mean of times and the one that 95 of 100 stay within, None where there are none."""
    if not values:
        return {"mean": None, "p95": None}
    return {"mean": round(sum(values) / len(values)), "p95": sorted(values)[ceil(len(values) * 0.95) - 1]}


def count_words(text: str) -> int:
    """Return how many words a text has; of scripts without spaces, each character is one."""
    if text.isascii():
        return len(text.split())
    return len(SINGLE_CHARACTER.sub(" x ", text).split())
