"""What goes on in an installation, over days: who uses it how much, what it costs, how quick and how good it is."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet, Sum, Value

from accounts.models import User

from . import figures, quotas
from .models import DailyFigure, DailyUsage, UsageEntry
from .usage import Sums

MEDIAN, SLOWEST = 0.5, 0.95
NO_GROUP = ""
CHAT = Q(purpose=UsageEntry.Purpose.CHAT)


@dataclass(slots=True)
class Used:
    """What was used, and how many of the calls were answers to questions."""

    answers: int = 0
    people: int = 0
    sums: Sums = field(default_factory=Sums)


@dataclass(frozen=True, slots=True)
class Times:
    """How long the first word took, in milliseconds: half of the answers were as quick, and 95 of 100."""

    answers: int
    median: int
    slowest: int


@dataclass(frozen=True, slots=True)
class Flagged:
    """So many flags: raised, upheld or dismissed on a day, or waiting now; a report has no rule."""

    day: datetime.date
    what: str
    severity: str
    rule: str
    number: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures of the days from `first` to `last`, both included, in UTC."""

    first: datetime.date
    last: datetime.date
    total: Used
    by_day: dict[datetime.date, Used]
    by_model: dict[str, Used]
    by_group: dict[str, Used]
    times_by_day: dict[datetime.date, Times]
    times_by_model: dict[str, Times]
    ended: Counter[str]
    sentiments: Counter[str]
    ratings: Counter[str]
    thumbs: Counter[str]
    flags: list[Flagged]
    # By day, `files` and `database`, in bytes.
    stored: dict[datetime.date, dict[str, int]]


def read(*, days: int) -> Dashboard:
    """Return the figures of the last so many days, today included, always in as many queries."""
    last = quotas.utc_now().date()
    every = [last - datetime.timedelta(days=back) for back in reversed(range(days))]
    used = DailyUsage.objects.between(every[0], last)
    by_day = {day: Used() for day in every} | _used(used, "day", people=True)
    total = Used(people=used.filter(CHAT).aggregate(people=Count("user", distinct=True))["people"])
    for each in by_day.values():
        total.answers += each.answers
        total.sums.add(each.sums)
    counted = DailyFigure.objects.filter(day__gte=every[0], day__lte=last)
    counters, stored, flags = _counters(counted)
    return Dashboard(
        first=every[0],
        last=last,
        total=total,
        by_day=by_day,
        by_model=_most_used(_used(used, "model")),
        by_group=_most_used(_by_group(used)),
        times_by_day=dict(sorted(_times(counted, "day").items())),
        times_by_model=dict(sorted(_times(counted, "label").items(), key=lambda each: -each[1].answers)),
        ended=counters[figures.ENDED],
        sentiments=counters[figures.SENTIMENT],
        ratings=counters[figures.RATING],
        thumbs=counters[figures.THUMBS],
        flags=flags,
        stored=dict(sorted(stored.items())),
    )


def _by_group(used: QuerySet[DailyUsage]) -> dict:
    """Return what was used by people's groups; accounts that were deleted are in none."""
    members = User.groups.through.objects.values("user_id")
    apart = used.exclude(user__in=members).annotate(group=Value(NO_GROUP))
    return _used(used.filter(user__in=members), "user__groups__name", people=True) | _used(apart, "group", people=True)


def _used(used: QuerySet[DailyUsage], name: str, *, people: bool = False) -> dict:
    """Return what was used by the values of a column."""
    found: dict = defaultdict(Used)
    sums = (
        used.order_by()
        .values_list(name, "currency")
        .annotate(
            Sum("calls"),
            Sum("prompt_tokens"),
            Sum("completion_tokens"),
            Sum("priced_calls"),
            Sum("cost"),
            answered=Sum("calls", filter=CHAT, default=0),
        )
    )
    for key, currency, calls, prompt, completion, priced, cost, answers in sums:
        each = found[key]
        each.answers += answers
        each.sums.add(
            Sums(
                calls=calls,
                prompt_tokens=prompt,
                completion_tokens=completion,
                unpriced_calls=calls - priced,
                cost={currency: cost} if priced else {},
            )
        )
    if people:
        asked = used.filter(CHAT).order_by().values_list(name).annotate(Count("user", distinct=True))
        for key, number in asked:
            # One that stands for all is counted also where there is nothing.
            if number:
                found[key].people = number
    return dict(found)


def _times(counted: QuerySet[DailyFigure], name: str) -> dict:
    buckets: dict = defaultdict(list)
    rows = counted.filter(kind=figures.FIRST_TOKEN).order_by().values_list(name, "bucket").annotate(Sum("value"))
    for key, bucket, number in rows:
        buckets[key].append((bucket, number))
    return {key: _told(found) for key, found in buckets.items()}


def _told(buckets: Iterable[tuple[int, int]]) -> Times:
    found = list(buckets)
    return Times(
        answers=sum(number for _, number in found),
        median=figures.percentile(found, MEDIAN),
        slowest=figures.percentile(found, SLOWEST),
    )


def _counters(counted: QuerySet[DailyFigure]) -> tuple[dict[str, Counter[str]], dict, list[Flagged]]:
    counters: dict[str, Counter[str]] = defaultdict(Counter)
    stored: dict[datetime.date, dict[str, int]] = defaultdict(dict)
    flags: list[Flagged] = []
    waiting: list[Flagged] = []
    rows = counted.exclude(kind=figures.FIRST_TOKEN).values_list("day", "kind", "label", "value")
    for day, kind, label, value in rows:
        if kind == figures.STORAGE:
            stored[day][label] = value
        elif kind in (figures.FLAGS, figures.WAITING):
            # A rule's name may have a colon as well.
            what, severity, rule = label.split(":", 2)
            (flags if kind == figures.FLAGS else waiting).append(Flagged(day, what, severity, rule, value))
        else:
            counters[kind][label] += value
    # Of those that waited, only what was counted last; storage is counted with it, and never nothing.
    last = max(stored, default=None)
    return counters, stored, flags + [each for each in waiting if each.day == last]


def _most_used(groups: dict[str, Used]) -> dict[str, Used]:
    return dict(sorted(groups.items(), key=lambda each: (-each[1].sums.tokens, each[0])))
