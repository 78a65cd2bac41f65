"""Whether a person may ask just now, and how much is left of their budget."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from chatsite import counting
from llm.values import Usage

from . import prices
from .errors import OverQuota
from .models import DailyUsage, Quota, Turn
from .models.usage import PRICED_TOKENS

MINUTE_SECONDS = 60
# When somebody has too many answers under way, it is worth asking again after so long.
BUSY_SECONDS = 5
FIELDS = ("tokens_per_day", "cost_per_month", "requests_per_minute", "concurrent_turns")
# Why a question is refused, or an answer ends: the code of an error and the reason of an end.
USED_UP = "budget_exceeded"


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one person; None sets no limit."""

    tokens_per_day: int | None = None
    cost_per_month: Decimal | None = None
    requests_per_minute: int | None = None
    concurrent_turns: int | None = None

    @property
    def has_budget(self) -> bool:
        """Whether there is anything that answers use up."""
        return self.tokens_per_day is not None or self.cost_per_month is not None


@dataclass(frozen=True, slots=True)
class Used:
    """The tokens of this day and the money of this month, in the currency of the quotas."""

    tokens: int
    cost: Decimal


def limits_of(user) -> Limits:
    """Return what holds for this person: their own quota, else the most generous of their groups', else everybody's."""
    found = list(Quota.objects.applying_to(user))
    own = [quota for quota in found if quota.user_id]
    groups = [quota for quota in found if quota.group_id]
    applying = own or groups or found
    if not applying:
        return Limits()
    return Limits(**{name: _most_generous([getattr(quota, name) for quota in applying]) for name in FIELDS})


def running_limit(limits: Limits) -> int | None:
    """Return how many answers of one person are written at the same time; None: as many as they like."""
    return limits.concurrent_turns or settings.USER_RUNNING_TURNS or None


def admit(*, user, limits: Limits, others: int = 0) -> None:
    """Let one more question in, or raise OverQuota; call it in the transaction that commits the question.

    `others` are calls under way for this person that have no turn.
    """
    running = running_limit(limits)
    if running is not None:
        # One at a time for each person, so that two questions at once cannot both be the last one allowed.
        # SQLite has one writer at a time anyway.
        if connection.features.has_select_for_update:
            get_user_model().objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
        under_way = Turn.objects.open().filter(author=user).count() + others
        if under_way >= running + settings.USER_WAITING_TURNS:
            raise OverQuota(
                gettext("You have too many answers under way. Wait for one of them, or stop it."),
                code="too_many_generations",
                retry_after=BUSY_SECONDS,
            )
    check_budget(user=user, limits=limits)
    check_pace(user=user, limits=limits)


def check_pace(*, user, limits: Limits) -> None:
    """Count one more request of this minute, or raise OverQuota (`too_many_requests`)."""
    if limits.requests_per_minute is None:
        return
    key = pace_key(user)
    if counting.count(key, MINUTE_SECONDS) > limits.requests_per_minute:
        wait = counting.remaining(key, MINUTE_SECONDS)
        raise OverQuota(
            gettext("That was a little fast. Ask again in %(seconds)s.") % {"seconds": _seconds(wait)}, retry_after=wait
        )


def check_budget(*, user, limits: Limits) -> None:
    """Raise OverQuota (`budget_exceeded`) if the tokens of the day or the money of the month are used up."""
    if not limits.has_budget:
        return
    now = utc_now()
    spent = used(user=user, limits=limits)
    if limits.tokens_per_day is not None and spent.tokens >= limits.tokens_per_day:
        raise OverQuota(
            gettext("Your tokens for today are used up. There are new ones at midnight (UTC)."),
            code=USED_UP,
            retry_after=seconds_until(tomorrow(now), now),
        )
    if limits.cost_per_month is not None and spent.cost >= limits.cost_per_month:
        raise OverQuota(
            gettext("Your budget for this month is used up. There is a new one on the first of the next month (UTC)."),
            code=USED_UP,
            retry_after=seconds_until(next_month(now), now),
        )


def allowance(*, user, limits: Limits, provider: str, model: str, prompt: int) -> int | None:
    """Return how many tokens an answer of this model may have after a prompt of `prompt` tokens; None: any number.

    It is 0 or less when the prompt alone is too much.
    """
    if not limits.has_budget:
        return None
    spent = used(user=user, limits=limits)
    rooms = []
    if limits.tokens_per_day is not None:
        rooms.append(limits.tokens_per_day - spent.tokens - prompt)
    if limits.cost_per_month is not None:
        price = prices.of(provider=provider, model=model, usage=Usage(prompt_tokens=prompt, completion_tokens=0))
        left = limits.cost_per_month - spent.cost - (price.cost or 0)
        # A price that nobody knows, or in another currency, takes nothing from the budget.
        if price.completion and price.currency == settings.CURRENCY:
            rooms.append(int(left * PRICED_TOKENS / price.completion))
    return min(rooms, default=None)


def used(*, user, limits: Limits) -> Used:
    """Return what this person has used, in one query; what has no limit is not counted and 0."""
    today = utc_now().date()
    since = today.replace(day=1) if limits.cost_per_month is not None else today
    sums = DailyUsage.objects.visible_to(user).between(since, today)
    found = sums.aggregate(
        tokens=Sum(F("prompt_tokens") + F("completion_tokens"), filter=Q(day=today)),
        cost=Sum("cost", filter=Q(currency=settings.CURRENCY)),
    )
    return Used(tokens=found["tokens"] or 0, cost=found["cost"] or Decimal(0))


def pace_key(user) -> str:
    """Return under which name this person's requests of the minute are counted."""
    return f"requests:{user.pk}"


def utc_now() -> datetime.datetime:
    """Return the time by which days and months of quotas begin."""
    return timezone.now().astimezone(datetime.UTC)


def start_of_day(now: datetime.datetime) -> datetime.datetime:
    """Return the midnight before."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def tomorrow(now: datetime.datetime) -> datetime.datetime:
    """Return the midnight after."""
    return start_of_day(now) + datetime.timedelta(days=1)


def start_of_month(now: datetime.datetime) -> datetime.datetime:
    """Return when this month began."""
    return start_of_day(now).replace(day=1)


def next_month(now: datetime.datetime) -> datetime.datetime:
    """Return when the next month begins."""
    return start_of_month(start_of_month(now) + datetime.timedelta(days=32))


def seconds_until(moment: datetime.datetime, now: datetime.datetime) -> int:
    """Return in how many whole seconds the moment has passed."""
    return int((moment - now).total_seconds()) + 1


def _most_generous(values: list):
    return None if None in values else max(values)


def _seconds(wait: int) -> str:
    return ngettext("a second", "%(wait)s seconds", wait) % {"wait": wait}
