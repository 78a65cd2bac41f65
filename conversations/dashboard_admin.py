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
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.recording import Recorded
from chatsite.admin import ReadOnlyAdmin
from chatsite.languages import grouped
from chatsite.templatetags.pages import seconds

from . import dashboard, figures, usage_charts
from .dashboard import Dashboard, Used
from .errors import Invalid
from .history_filters import stars
from .models import DailyFigure, Flag, UsageEntry
from .models.moderation import Severity
from .usage_charts import DayChart, Part, date
from .usage_views import cost_in_words, named

RANGES = (7, 30, 90)
DAYS_DEFAULT = 30
# `q` is what the search of the admin's lists is called: there is nothing to search for here.
PARAMETERS = {"days", "q"}
SERIOUS = {Severity.HIGH, Severity.CRITICAL}
OUTCOMES: dict[str, Any] = {
    Flag.State.OPEN: _("Open"),
    Flag.State.IN_REVIEW: _("In review"),
    Flag.State.UPHELD: _("Upheld"),
    Flag.State.DISMISSED: _("Dismissed"),
}
OF_FLAGS = _(
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
    note: Any = ""


@admin.register(DailyFigure)
class DailyFigureAdmin(Recorded, ReadOnlyAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the figures of the last 7, 30 or 90 days."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        days = request.GET.get("days", str(DAYS_DEFAULT))
        if days not in map(str, RANGES) or set(request.GET) - PARAMETERS:
            raise Invalid(gettext("Figures are shown for the last 7, 30 or 90 days."))
        found = dashboard.read(days=int(days))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Dashboard"),
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
        (gettext("Active people"), grouped(found.total.people), gettext("got an answer")),
        (gettext("Answers"), grouped(found.total.answers), gettext("stopped and failed ones too")),
        (gettext("Tokens"), grouped(sums.tokens), gettext("read and written")),
        (gettext("Cost"), cost_in_words(sums), gettext("at the prices of each day")),
        (gettext("Stored"), filesizeformat(sum(stored.values())), gettext("files and database")),
    ]


def _numbers(key: str, title: Any, head: Any, number: Callable[[Used], int]) -> Callable:
    """Return what makes the section of one number by day."""

    def section(found: Dashboard) -> Section:
        numbers = {day: number(used) for day, used in found.by_day.items()}
        days = {day: (many, 0, f"{date(day)}: {grouped(many)}") for day, many in numbers.items()}
        return Section(
            key=key,
            title=title,
            heads=(gettext("Day"), head),
            rows=[(date(day), grouped(many)) for day, many in _newest(numbers) if many],
            chart=usage_charts.stacked(days, summary=_peak(title, days)),
        )

    return section


def _tokens(found: Dashboard) -> Section:
    return Section(
        key="tokens",
        title=gettext("Tokens and cost by day"),
        heads=(gettext("Day"), gettext("Read"), gettext("Written"), gettext("Cost")),
        rows=[(date(day), *_amounts(used)) for day, used in _newest(found.by_day) if used.sums.calls],
        chart=usage_charts.by_day({day: used.sums for day, used in found.by_day.items()}),
        legend=(("", gettext("Read")), ("two", gettext("Written"))),
    )


def _models(found: Dashboard) -> Section:
    sums = named({model: used.sums for model, used in found.by_model.items()})
    used = dict(zip(sums, found.by_model.values(), strict=True))
    return Section(
        key="models",
        title=gettext("By model"),
        heads=(gettext("Model"), gettext("Answers"), gettext("Read"), gettext("Written"), gettext("Cost")),
        rows=[(name, grouped(each.answers), *_amounts(each)) for name, each in used.items()],
        shares=tuple(usage_charts.shares([(name, each.tokens, grouped(each.tokens)) for name, each in sums.items()])),
    )


def _groups(found: Dashboard) -> Section:
    used = {name or gettext("In no group"): each for name, each in found.by_group.items()}
    return Section(
        key="groups",
        title=gettext("By group"),
        heads=(
            gettext("Group"),
            gettext("People"),
            gettext("Answers"),
            gettext("Read"),
            gettext("Written"),
            gettext("Cost"),
        ),
        rows=[(name, grouped(each.people), grouped(each.answers), *_amounts(each)) for name, each in used.items()],
        note=gettext("By the groups that people are in now; who is in several counts in each of them."),
    )


def _first_words(found: Dashboard) -> Section:
    days = {
        day: (
            times.median,
            times.slowest - times.median,
            f"{date(day)}: {seconds(times.median)}, {seconds(times.slowest)}",
        )
        if (times := found.times_by_day.get(day))
        else (0, 0, gettext("%(date)s: no answers") % {"date": date(day)})
        for day in found.by_day
    }
    models = named(dict.fromkeys(found.times_by_model, dashboard.Sums()))
    by_model = zip(models, found.times_by_model.values(), strict=True)
    return Section(
        key="first-words",
        title=gettext("Time to the first word, in milliseconds"),
        heads=(gettext("Model"), gettext("Answers"), gettext("Half within"), gettext("95 of 100 within")),
        rows=[
            (name, grouped(times.answers), seconds(times.median), seconds(times.slowest)) for name, times in by_model
        ],
        chart=usage_charts.stacked(
            days, summary=_peak(gettext("Time to the first word by day, 95 of 100 within"), days)
        ),
        legend=(("two", gettext("Half within")), ("", gettext("95 of 100 within"))),
        note=gettext("Of the calls that models answered, to 2.5%. Waiting in line is not in it."),
    )


def _ends(found: Dashboard) -> Section:
    names = {label: _end(label) for label in found.ended}
    return Section(
        key="ends",
        title=gettext("How answers ended, and why some failed"),
        heads=(gettext("End"), gettext("Answers")),
        rows=[(names[label], grouped(number)) for label, number in found.ended.most_common()],
        shares=_shares(found.ended, names.__getitem__),
        note=gettext("Of conversations that were there when their day was counted; what was asked again counts again."),
    )


def _opinions(title: Any, key: str, counts: Callable[[Dashboard], Counter[str]], order: Mapping[str, Any]) -> Callable:
    """Return what makes the section of an opinion, in the order of `order`."""

    def section(found: Dashboard) -> Section:
        counted = counts(found)
        return Section(
            key=key,
            title=title,
            heads=(title, gettext("How often")),
            rows=[(name, grouped(counted[label])) for label, name in order.items() if counted[label]],
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
        day: (
            counts[True],
            counts[False],
            gettext("%(date)s: %(total)s, %(true)s of them serious")
            % {"date": date(day), "total": grouped(counts.total()), "true": grouped(counts[True])},
        )
        for day, counts in raised.items()
    }
    whats = (figures.RAISED, *OUTCOMES)
    return Section(
        key="flags",
        title=gettext("Flags by rule"),
        heads=(gettext("Rule"), gettext("Raised"), *OUTCOMES.values()),
        rows=[
            (rule or gettext("Reported by people"), *(grouped(counts[what]) for what in whats))
            for rule, counts in sorted(rules.items(), key=lambda each: (-each[1][figures.RAISED], each[0]))
        ],
        chart=usage_charts.stacked(days, summary=_peak(gettext("Flags raised by day"), days)),
        legend=(("", gettext("Raised, low or medium")), ("two", gettext("Raised, high or critical"))),
        note=OF_FLAGS,
    )


def _outcomes(found: Dashboard) -> Section:
    counts = Counter({(each.what, each.severity): 0 for each in found.flags})
    for each in found.flags:
        counts[each.what, each.severity] += each.number
    totals = {what: sum(counts[what, severity] for severity in Severity) for what in OUTCOMES}
    return Section(
        key="outcomes",
        title=gettext("Flags by outcome"),
        heads=(gettext("Outcome"), *(str(severity.label) for severity in Severity), gettext("All")),
        rows=[
            (name, *(grouped(counts[what, severity]) for severity in Severity), grouped(totals[what]))
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
        days[day] = (
            files,
            database,
            gettext("%(date)s: files %(files)s MB, database %(database)s MB")
            % {"date": date(day), "files": grouped(files), "database": grouped(database)},
        )
    return Section(
        key="storage",
        title=gettext("Storage, in megabytes"),
        heads=(gettext("Day"), gettext("Files"), gettext("Database")),
        rows=[
            (date(day), filesizeformat(each.get("files", 0)), filesizeformat(each.get("database", 0)))
            for day, each in _newest(found.stored)
        ],
        chart=usage_charts.stacked(days, summary=_peak(gettext("Megabytes stored by day"), days)),
        legend=(("two", gettext("Files")), ("", gettext("Database"))),
    )


# In the order of the page; a section without rows is left out. Another one is another function here.
SECTIONS: list[Callable[[Dashboard], Section]] = [
    _numbers("people", _("Active people by day"), _("People"), lambda used: used.people),
    _numbers("answers", _("Answers by day"), _("Answers"), lambda used: used.answers),
    _tokens,
    _models,
    _groups,
    _first_words,
    _ends,
    _opinions(
        _("Sentiment of sessions"),
        "sentiment",
        lambda found: found.sentiments,
        {"positive": _("Positive"), "neutral": _("Neutral"), "negative": _("Negative")},
    ),
    _opinions(
        _("Stars for sessions"),
        "stars",
        lambda found: found.ratings,
        {str(number): lazy(stars, str)(number) for number in (5, 4, 3, 2, 1)},
    ),
    _opinions(_("Thumbs for answers"), "thumbs", lambda found: found.thumbs, {"up": _("Good"), "down": _("Not good")}),
    _flags,
    _outcomes,
    _storage,
]


def _newest(days: Mapping[datetime.date, Any]) -> list[tuple[datetime.date, Any]]:
    """Return the days of a table, the last one first."""
    return list(days.items())[::-1]


def _amounts(used: Used) -> tuple[str, str, str]:
    return grouped(used.sums.prompt_tokens), grouped(used.sums.completion_tokens), cost_in_words(used.sums)


def _shares(counts: Counter[str], name: Callable[[str], str]) -> tuple[Part, ...]:
    return tuple(usage_charts.shares([(name(label), number, grouped(number)) for label, number in counts.items()]))


def _end(label: str) -> str:
    """Return in words how an answer ended."""
    status, _, code = label.partition(":")
    words = str(UsageEntry.Outcome(status).label) if status in UsageEntry.Outcome.values else status
    return f"{words}: {code.replace('_', ' ')}" if code else words


def _peak(title: str, days: Mapping[datetime.date, tuple[int, int, str]]) -> str:
    """Return a chart in a sentence."""
    used = {day: below + above for day, (below, above, _) in days.items() if below + above}
    if not used:
        return gettext("%(title)s: nothing on any day") % {"title": title}
    peak = max(used, key=lambda day: used[day])
    return gettext("%(title)s: something on %(used)s of %(days)s days, most on %(date)s with %(peak)s") % {
        "title": title,
        "used": len(used),
        "days": len(days),
        "date": date(peak),
        "peak": grouped(used[peak]),
    }
