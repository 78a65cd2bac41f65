"""The usage page: what a person has used, what it cost, and what is left."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.languages import grouped
from chatsite.templatetags.pages import model_name, seconds

from . import quotas, sidebar, usage, usage_charts
from .errors import Invalid
from .models import UsageEntry

RANGES = (7, 30, 90)
SMALLEST_SHOWN = Decimal("0.0001")
# From this share on a meter warns.
NEARLY = 0.8
HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    name: str
    calls: str
    read: str
    written: str
    time: str
    cost: str


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit: how full it is and what to say about it."""

    title: str
    used: str
    limit: str
    share: int
    tone: str
    note: str


@login_required
@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What was used in the last 7, 30 or 90 days."""
    days = request.GET.get("days", str(usage.DAYS_DEFAULT))
    if days not in map(str, RANGES) or set(request.GET) - {"days"}:
        raise Invalid(gettext("Usage is shown for the last 7, 30 or 90 days."))
    today = quotas.utc_now().date()
    report = usage.report(user=request.user, first=today - datetime.timedelta(days=int(days) - 1), last=today)
    limits = usage.limits(user=request.user)
    models = named(report.by_model)
    kinds = usage.kinds_of_help(user=request.user, first=report.first, last=report.last)
    purposes = {str(UsageEntry.Purpose(purpose).label): sums for purpose, sums in report.by_purpose.items()}
    context = {
        **sidebar.context(request),
        "user": request.user,
        "ranges": RANGES,
        "days": int(days),
        "report": report,
        "total": _row("", report.total),
        "tokens": grouped(report.total.tokens),
        "known_cost": _amounts(report.total) or (gettext("unknown") if report.total.unpriced_calls else "0"),
        "estimated": round(report.total.estimated_share * 100),
        "chart": usage_charts.by_day(report.by_day),
        "by_day": [_row(usage_charts.date(day), sums) for day, sums in report.by_day.items() if sums.calls],
        "models": _parts(models),
        "by_model": _rows(models),
        "purposes": _parts(purposes),
        "by_purpose": _rows(purposes),
        "kinds": usage_charts.kinds(kinds),
        "by_kind": [(usage_charts.kind(mode), grouped(count)) for mode, count in kinds.items()],
        "costs": usage_charts.shares(
            [
                (name, sums.cost[limits.currency], _money(sums.cost[limits.currency]))
                for name, sums in models.items()
                if limits.currency in sums.cost
            ]
        ),
        "limits": limits,
        "meters": _meters(limits),
    }
    return render(request, "conversations/usage.html", context)


def named(by_model: dict[str, usage.Sums]) -> dict[str, usage.Sums]:
    """Return the sums by what people call the models; two of one name keep their ids."""
    names = [model_name(model) for model in by_model]
    return {
        gettext("Not known") if not model else model if names.count(model_name(model)) > 1 else model_name(model): sums
        for model, sums in by_model.items()
    }


def _rows(groups: dict[str, usage.Sums]) -> list[Row]:
    return [_row(name, sums) for name, sums in groups.items()]


def _row(name: str, sums: usage.Sums) -> Row:
    return Row(
        name=name,
        calls=grouped(sums.calls),
        read=grouped(sums.prompt_tokens),
        written=grouped(sums.completion_tokens),
        time=seconds(sums.average_ms),
        cost=cost_in_words(sums),
    )


def _parts(groups: dict[str, usage.Sums]) -> list[usage_charts.Part]:
    return usage_charts.shares([(name, sums.tokens, grouped(sums.tokens)) for name, sums in groups.items()])


def cost_in_words(sums: usage.Sums) -> str:
    """Return the cost in words; what nobody knows is said to be unknown, never 0."""
    parts = [_amounts(sums), gettext("unknown") if sums.unpriced_calls else ""]
    return " + ".join(part for part in parts if part) or "0"


def _amounts(sums: usage.Sums) -> str:
    return " + ".join(f"{_money(amount)} {currency}" for currency, amount in sorted(sums.cost.items()))


def _money(amount: Decimal) -> str:
    if 0 < amount < SMALLEST_SHOWN:
        return gettext("under %(amount)s") % {"amount": number_format(SMALLEST_SHOWN)}
    return number_format(f"{amount:.2f}" if amount >= 1 or not amount else f"{amount:.4f}", force_grouping=True)


def _meters(limits: usage.Limits) -> list[Meter]:
    found = []
    if standing := limits.tokens_per_day:
        found.append(
            _meter(
                gettext("Tokens today"),
                grouped(standing.used),
                gettext("%(number)s tokens") % {"number": grouped(standing.limit)},
                standing,
            )
        )
    if standing := limits.cost_per_month:
        limit = f"{_money(Decimal(standing.limit))} {limits.currency}"
        found.append(_meter(gettext("Cost this month"), _money(Decimal(standing.used)), limit, standing))
    if standing := limits.requests_per_minute:
        found.append(
            _meter(gettext("Questions this minute"), grouped(standing.used), grouped(standing.limit), standing)
        )
    return found


def _meter(title: str, used: str, limit: str, standing: usage.Standing) -> Meter:
    share = float(standing.used / standing.limit) if standing.limit else 1.0
    tone = "danger" if share >= 1 else "warn" if share >= NEARLY else ""
    return Meter(title, used, limit, round(min(share, 1) * 100), tone, _note(standing.resets_at, share))


def _note(resets_at: datetime.datetime | None, share: float) -> str:
    if resets_at is None:
        return ""
    left = quotas.seconds_until(resets_at, quotas.utc_now())
    if left < HOUR_SECONDS:
        when = (
            gettext("in a minute")
            if left <= quotas.MINUTE_SECONDS
            else gettext("in %(number)s minutes") % {"number": left // quotas.MINUTE_SECONDS}
        )
    else:
        when = gettext("on %(date)s at %(time)s UTC") % {
            "date": usage_charts.date(resets_at),
            "time": f"{resets_at:%H:%M}",
        }
    return (
        gettext("Used up. It starts again %(when)s.") % {"when": when}
        if share >= 1
        else gettext("Starts again %(when)s.") % {"when": when}
    )
