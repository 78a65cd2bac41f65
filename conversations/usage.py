"""What somebody has used: sums of the ledger by day, model and purpose, how that stands to their limits, and which
kinds of help they asked for."""

import datetime
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext

from chatsite import counting

from . import quotas
from .errors import Invalid
from .models import Conversation, DailyUsage, Turn, UsageEntry

# What the ledger's sums are grouped by, and what they add up.
GROUPED = ("day", "model", "purpose", "counted", "currency")
SUMMED = ("prompt_tokens", "completion_tokens", "cached_tokens", "total_ms", "cost", "priced_calls", "calls")
DAYS_DEFAULT = 30
DAYS_LIMIT = 366
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class Sums:
    """Calls and their tokens; `estimated_tokens` are among them, `unpriced_calls` those whose price nobody knows."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    estimated_tokens: int = 0
    unpriced_calls: int = 0
    total_ms: int = 0
    # By currency; what nobody knows is in none.
    cost: dict[str, Decimal] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Prompt and answer together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def estimated_share(self) -> float:
        """Which part of the tokens nobody but us has counted, from 0 to 1."""
        return round(self.estimated_tokens / self.tokens, 4) if self.tokens else 0.0

    @property
    def average_ms(self) -> int:
        """How long a call took."""
        return round(self.total_ms / self.calls) if self.calls else 0

    def add(self, other: "Sums") -> None:
        """Add what another one counts."""
        for name in ("calls", "prompt_tokens", "completion_tokens", "cached_tokens"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.estimated_tokens += other.estimated_tokens
        self.unpriced_calls += other.unpriced_calls
        self.total_ms += other.total_ms
        for currency, amount in other.cost.items():
            self.cost[currency] = self.cost.get(currency, Decimal(0)) + amount


@dataclass(frozen=True, slots=True)
class Report:
    """What was used from `first` to `last`, both included, in UTC: every day in order, else the most used first."""

    first: datetime.date
    last: datetime.date
    total: Sums
    by_day: dict[datetime.date, Sums]
    by_model: dict[str, Sums]
    by_purpose: dict[str, Sums]


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit, what is used of it, and when that counts from nothing again (None: as answers end)."""

    limit: int | Decimal
    used: int | Decimal
    resets_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one person; None where nothing is limited."""

    tokens_per_day: Standing | None
    cost_per_month: Standing | None
    requests_per_minute: Standing | None
    concurrent_turns: Standing | None
    waiting_turns: int
    currency: str


def report(*, user, first: datetime.date | None = None, last: datetime.date | None = None) -> Report:
    """Return what a person has used, in one query; by default in the last 30 days. Raises Invalid."""
    last = last or quotas.utc_now().date()
    first = first or last - min(datetime.timedelta(days=DAYS_DEFAULT - 1), last - datetime.date.min)
    if first > last:
        raise Invalid(gettext("The first day comes after the last one."), code="invalid_range")
    if (last - first).days >= DAYS_LIMIT:
        raise Invalid(
            gettext("A report covers %(days_limit)s days at most.") % {"days_limit": DAYS_LIMIT}, code="invalid_range"
        )
    days = [first + datetime.timedelta(days=number) for number in range((last - first).days + 1)]
    found = Report(first, last, Sums(), {day: Sums() for day in days}, {}, {})
    for day, model, purpose, sums in _groups(user, first, last):
        found.total.add(sums)
        found.by_day[day].add(sums)
        found.by_model.setdefault(model, Sums()).add(sums)
        found.by_purpose.setdefault(purpose, Sums()).add(sums)
    return Report(first, last, found.total, found.by_day, _most_used(found.by_model), _most_used(found.by_purpose))


def kinds_of_help(*, user, first: datetime.date, last: datetime.date) -> dict[str, int]:
    """Return how many questions of these days got which kind of help, the most frequent first.

    Counted are those in conversations that are still there; the kind is empty where nobody looked for one.
    """
    # Whoever asks owns the conversation, and few of those wait for their end: without a join, an index has it all.
    gone = Conversation.everything.filter(owner=user, deleted_at__isnull=False)
    asked = Turn.objects.asked_by(user, first, last).exclude(conversation__in=gone.values("pk")).order_by()
    counts = asked.values_list("mode").annotate(questions=Count("*"))
    return dict(sorted(counts, key=lambda count: (-count[1], count[0])))


def limits(*, user) -> Limits:
    """Return what applies to a person, and how much of it is used."""
    applying = quotas.limits_of(user)
    now = quotas.utc_now()
    spent = quotas.used(user=user, limits=applying) if applying.has_budget else quotas.Used(0, Decimal(0))
    running = quotas.running_limit(applying)
    key = quotas.pace_key(user)
    minute = datetime.timedelta(seconds=counting.remaining(key, quotas.MINUTE_SECONDS))

    def standing(limit, used: Callable[[], int | Decimal], resets_at: datetime.datetime | None) -> Standing | None:
        return None if limit is None else Standing(limit, used(), resets_at)

    return Limits(
        tokens_per_day=standing(applying.tokens_per_day, lambda: spent.tokens, quotas.tomorrow(now)),
        cost_per_month=standing(applying.cost_per_month, lambda: spent.cost, quotas.next_month(now)),
        requests_per_minute=standing(applying.requests_per_minute, lambda: counting.counted(key), now + minute),
        concurrent_turns=standing(running, lambda: Turn.objects.open().filter(author=user).count(), None),
        waiting_turns=settings.USER_WAITING_TURNS if running is not None else 0,
        currency=settings.CURRENCY,
    )


def _groups(user, first: datetime.date, last: datetime.date):
    """Yield day, model, purpose and sums; the database has put together what is alike as it was entered."""
    sums = DailyUsage.objects.visible_to(user).between(first, last).values_list(*GROUPED, *SUMMED)
    for day, model, purpose, counted, currency, prompt, completion, cached, ms, cost, priced, calls in sums:
        estimated = counted == UsageEntry.Counted.ESTIMATED
        yield (
            day,
            model,
            purpose,
            Sums(
                calls=calls,
                prompt_tokens=prompt,
                completion_tokens=completion,
                cached_tokens=cached,
                estimated_tokens=prompt + completion if estimated else 0,
                unpriced_calls=calls - priced,
                total_ms=ms,
                cost={currency: cost} if priced else {},
            ),
        )


def _most_used(groups: dict[Key, Sums]) -> dict[Key, Sums]:
    return dict(sorted(groups.items(), key=lambda group: (-group[1].tokens, str(group[0]))))
