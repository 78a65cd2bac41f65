"""The dashboard in the admin: charts with their tables beside them, for whoever may see the figures."""

import datetime
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.cache import patch_cache_control

from accounts.recording import Recorded
from chatsite.admin import ReadOnlyAdmin
from chatsite.templatetags.pages import seconds

from . import dashboard, figures, usage_charts
from .dashboard import Dashboard, Used
from .errors import Invalid
from .models import DailyFigure, Flag, UsageEntry
from .models.moderation import Severity
from .usage_charts import DayChart, Part, date
from .usage_views import cost_in_words, named

RANGES = (7, 30, 90)
DAYS_DEFAULT = 30
# `q` is what the search of the admin's lists is called: there is nothing to search for here.
PARAMETERS = {"days", "q"}
SERIOUS = {Severity.HIGH, Severity.CRITICAL}
OUTCOMES: dict[str, str] = {
    Flag.State.OPEN: "Open",
    Flag.State.IN_REVIEW: "In review",
    Flag.State.UPHELD: "Upheld",
    Flag.State.DISMISSED: "Dismissed",
}
OF_FLAGS = (
    "Raised, upheld and dismissed in this time; open and in review are all that wait now, whenever they were raised. "
    "What is opened again and decided anew counts on the last day."
)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page: a chart of days or shares of a whole, and the same as a table."""

    key: str
    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    chart: DayChart | None = None
    shares: tuple[Part, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    note: str = ""


@admin.register(DailyFigure)
class DailyFigureAdmin(Recorded, ReadOnlyAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the figures of the last 7, 30 or 90 days."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        days = request.GET.get("days", str(DAYS_DEFAULT))
        if days not in map(str, RANGES) or set(request.GET) - PARAMETERS:
            raise Invalid("Figures are shown for the last 7, 30 or 90 days.")
        found = dashboard.read(days=int(days))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Dashboard",
            "ranges": RANGES,
            "days": int(days),
            "found": found,
            "facts": _facts(found),
            "sections": [section for make in SECTIONS if (section := make(found)).rows],
        }
        response = render(request, "admin/conversations/dailyfigure/dashboard.html", context)
        patch_cache_control(response, private=True, no_store=True)
        return response


def _facts(found: Dashboard) -> list[tuple[str, str, str]]:
    sums = found.total.sums
    stored = next(reversed(found.stored.values()), {})
    return [
        ("Active people", f"{found.total.people:,}", "got an answer"),
        ("Answers", f"{found.total.answers:,}", "stopped and failed ones too"),
        ("Tokens", f"{sums.tokens:,}", "read and written"),
        ("Cost", cost_in_words(sums), "at the prices of each day"),
        ("Stored", filesizeformat(sum(stored.values())), "files and database"),
    ]


def _people(found: Dashboard) -> Section:
    days = {day: (used.people, 0, f"{date(day)}: {used.people:,}") for day, used in found.by_day.items()}
    return Section(
        key="people",
        title="Active people by day",
        heads=("Day", "People"),
        rows=[(date(day), f"{used.people:,}") for day, used in _newest(found.by_day) if used.people],
        chart=usage_charts.stacked(days, summary=_peak("Active people by day", days)),
    )


def _answers(found: Dashboard) -> Section:
    days = {day: (used.answers, 0, f"{date(day)}: {used.answers:,}") for day, used in found.by_day.items()}
    return Section(
        key="answers",
        title="Answers by day",
        heads=("Day", "Answers"),
        rows=[(date(day), f"{used.answers:,}") for day, used in _newest(found.by_day) if used.answers],
        chart=usage_charts.stacked(days, summary=_peak("Answers by day", days)),
    )


def _tokens(found: Dashboard) -> Section:
    return Section(
        key="tokens",
        title="Tokens and cost by day",
        heads=("Day", "Read", "Written", "Cost"),
        rows=[(date(day), *_amounts(used)) for day, used in _newest(found.by_day) if used.sums.calls],
        chart=usage_charts.by_day({day: used.sums for day, used in found.by_day.items()}),
        legend=(("", "Read"), ("two", "Written")),
    )


def _models(found: Dashboard) -> Section:
    sums = named({model: used.sums for model, used in found.by_model.items()})
    used = dict(zip(sums, found.by_model.values(), strict=True))
    return Section(
        key="models",
        title="By model",
        heads=("Model", "Answers", "Read", "Written", "Cost"),
        rows=[(name, f"{each.answers:,}", *_amounts(each)) for name, each in used.items()],
        shares=tuple(usage_charts.shares([(name, each.tokens, f"{each.tokens:,}") for name, each in sums.items()])),
    )


def _groups(found: Dashboard) -> Section:
    used = {name or "In no group": each for name, each in found.by_group.items()}
    return Section(
        key="groups",
        title="By group",
        heads=("Group", "People", "Answers", "Read", "Written", "Cost"),
        rows=[(name, f"{each.people:,}", f"{each.answers:,}", *_amounts(each)) for name, each in used.items()],
        note="By the groups that people are in now; who is in several counts in each of them.",
    )


def _first_words(found: Dashboard) -> Section:
    days = {
        day: (
            times.median,
            times.slowest - times.median,
            f"{date(day)}: {seconds(times.median)}, {seconds(times.slowest)}",
        )
        if (times := found.times_by_day.get(day))
        else (0, 0, f"{date(day)}: no answers")
        for day in found.by_day
    }
    models = named(dict.fromkeys(found.times_by_model, dashboard.Sums()))
    by_model = zip(models, found.times_by_model.values(), strict=True)
    return Section(
        key="first-words",
        title="Time to the first word, in milliseconds",
        heads=("Model", "Answers", "Half within", "95 of 100 within"),
        rows=[(name, f"{times.answers:,}", seconds(times.median), seconds(times.slowest)) for name, times in by_model],
        chart=usage_charts.stacked(days, summary=_peak("Time to the first word by day, 95 of 100 within", days)),
        legend=(("two", "Half within"), ("", "95 of 100 within")),
        note="Of the calls that models answered, to 2.5%. Waiting in line is not in it.",
    )


def _ends(found: Dashboard) -> Section:
    names = {label: _end(label) for label in found.ended}
    return Section(
        key="ends",
        title="How answers ended, and why some failed",
        heads=("End", "Answers"),
        rows=[(names[label], f"{number:,}") for label, number in found.ended.most_common()],
        shares=_shares(found.ended, names.__getitem__),
        note="Of conversations that were there when their day was counted; what was asked again counts again.",
    )


def _opinions(title: str, key: str, counts: Callable[[Dashboard], Counter[str]], order: Mapping[str, str]) -> Callable:
    """Return what makes the section of an opinion, in the order of `order`."""

    def section(found: Dashboard) -> Section:
        counted = counts(found)
        return Section(
            key=key,
            title=title,
            heads=(title, "How often"),
            rows=[(name, f"{counted[label]:,}") for label, name in order.items() if counted[label]],
            shares=_shares(counted, lambda label: order.get(label, label)),
        )

    return section


def _flags(found: Dashboard) -> Section:
    raised: dict[datetime.date, Counter[bool]] = {day: Counter() for day in found.by_day}
    rules: dict[str, Counter[str]] = {}
    for each in found.flags:
        rules.setdefault(each.rule, Counter())[each.what] += each.number
        if each.what == figures.RAISED:
            raised[each.day][each.severity in SERIOUS] += each.number
    days = {
        day: (counts[True], counts[False], f"{date(day)}: {counts.total():,}, {counts[True]:,} of them serious")
        for day, counts in raised.items()
    }
    whats = (figures.RAISED, *OUTCOMES)
    return Section(
        key="flags",
        title="Flags by rule",
        heads=("Rule", "Raised", *OUTCOMES.values()),
        rows=[
            (rule or "Reported by people", *(f"{counts[what]:,}" for what in whats))
            for rule, counts in sorted(rules.items(), key=lambda each: (-each[1][figures.RAISED], each[0]))
        ],
        chart=usage_charts.stacked(days, summary=_peak("Flags raised by day", days)),
        legend=(("", "Raised, low or medium"), ("two", "Raised, high or critical")),
        note=OF_FLAGS,
    )


def _outcomes(found: Dashboard) -> Section:
    counts = Counter({(each.what, each.severity): 0 for each in found.flags})
    for each in found.flags:
        counts[each.what, each.severity] += each.number
    totals = {what: sum(counts[what, severity] for severity in Severity) for what in OUTCOMES}
    return Section(
        key="outcomes",
        title="Flags by outcome",
        heads=("Outcome", *(str(severity.label) for severity in Severity), "All"),
        rows=[
            (name, *(f"{counts[what, severity]:,}" for severity in Severity), f"{totals[what]:,}")
            for what, name in OUTCOMES.items()
            if totals[what]
        ],
        shares=_shares(Counter(totals), lambda what: OUTCOMES[what]),
        note=OF_FLAGS,
    )


def _storage(found: Dashboard) -> Section:
    days = {}
    for day in found.by_day:
        stored = found.stored.get(day, {})
        files, database = (stored.get(name, 0) // 2**20 for name in ("files", "database"))
        days[day] = (files, database, f"{date(day)}: files {files:,} MB, database {database:,} MB")
    return Section(
        key="storage",
        title="Storage, in megabytes",
        heads=("Day", "Files", "Database"),
        rows=[
            (date(day), filesizeformat(each.get("files", 0)), filesizeformat(each.get("database", 0)))
            for day, each in _newest(found.stored)
        ],
        chart=usage_charts.stacked(days, summary=_peak("Megabytes stored by day", days)),
        legend=(("two", "Files"), ("", "Database")),
    )


# In the order of the page; a section without rows is left out. Another one is another function here.
SECTIONS: list[Callable[[Dashboard], Section]] = [
    _people,
    _answers,
    _tokens,
    _models,
    _groups,
    _first_words,
    _ends,
    _opinions(
        "Sentiment of sessions",
        "sentiment",
        lambda found: found.sentiments,
        {"positive": "Positive", "neutral": "Neutral", "negative": "Negative"},
    ),
    _opinions(
        "Stars for sessions",
        "stars",
        lambda found: found.ratings,
        {str(number): f"{number} star{'' if number == 1 else 's'}" for number in (5, 4, 3, 2, 1)},
    ),
    _opinions("Thumbs for answers", "thumbs", lambda found: found.thumbs, {"up": "Good", "down": "Not good"}),
    _flags,
    _outcomes,
    _storage,
]


def _newest(days: Mapping[datetime.date, Any]) -> list[tuple[datetime.date, Any]]:
    """Return the days of a table, the last one first."""
    return list(days.items())[::-1]


def _amounts(used: Used) -> tuple[str, str, str]:
    return f"{used.sums.prompt_tokens:,}", f"{used.sums.completion_tokens:,}", cost_in_words(used.sums)


def _shares(counts: Counter[str], name: Callable[[str], str]) -> tuple[Part, ...]:
    return tuple(usage_charts.shares([(name(label), number, f"{number:,}") for label, number in counts.items()]))


def _end(label: str) -> str:
    """Return in words how an answer ended."""
    status, _, code = label.partition(":")
    words = UsageEntry.Outcome(status).label if status in UsageEntry.Outcome.values else status
    return f"{words}: {code.replace('_', ' ')}" if code else words


def _peak(title: str, days: Mapping[datetime.date, tuple[int, int, str]]) -> str:
    """Return a chart in a sentence."""
    used = {day: below + above for day, (below, above, _) in days.items() if below + above}
    if not used:
        return f"{title}: nothing on any day"
    peak = max(used, key=lambda day: used[day])
    return f"{title}: something on {len(used)} of {len(days)} days, most on {date(peak)} with {used[peak]:,}"
