"""What the usage page draws: bars and shares as percentages of a picture, with the words that say the same."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext

from chatsite.languages import grouped

from .models import Mode
from .usage import Sums

# The part of the picture's height that the bars use, from the line of 0 up.
GROUND, SKY = 90.0, 10.0
STEPS = 3
BAR_SHARE = 0.66
# Between what was read and what was written of one day.
GAP = 0.6
# How many days have their date below them.
LABELS = 6
# As many shares have a colour of their own; the others share one.
COLOURS = ("", "two", "three", "four")
OTHERS = "rest"
SHARE_GAP = 0.5


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture and the number beside it."""

    y: str
    text_y: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One day: where its bars are, in percent of the picture, and what they say."""

    x: str
    width: str
    middle: str
    read_y: str
    read_height: str
    written_y: str
    written_height: str
    title: str
    label: str
    minor: bool


@dataclass(frozen=True, slots=True)
class DayChart:
    """Tokens by day."""

    columns: list[Column]
    ticks: list[Tick]
    summary: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole: where it begins and ends in percent, its colour, and what it is."""

    x: str
    width: str
    colour: str
    name: str
    text: str


def by_day(days: dict[datetime.date, Sums]) -> DayChart:
    """Return the chart of the tokens of each day, read above written."""
    columns = {
        day: (
            sums.completion_tokens,
            sums.prompt_tokens,
            gettext("%(date)s: %(read)s read, %(written)s written")
            % {"date": date(day), "read": grouped(sums.prompt_tokens), "written": grouped(sums.completion_tokens)},
        )
        for day, sums in days.items()
    }
    return stacked(columns, summary=_summary(days))


def stacked(days: Mapping[datetime.date, tuple[int, int, str]], *, summary: str) -> DayChart:
    """Return the chart of two amounts of each day, the first below the second, each day with its words."""
    most = max((below + above for below, above, _ in days.values()), default=0)
    step = nice_step(most)
    scale = (GROUND - SKY) / (step * STEPS)
    slot = 100 / len(days)
    every = -(-len(days) // LABELS) if len(days) > LABELS + 1 else 1
    columns = []
    for number, (day, (below, above, title)) in enumerate(days.items()):
        written, read = below * scale, above * scale
        gap = min(GAP, read) if written else 0
        columns.append(
            Column(
                x=percent(number * slot + slot * (1 - BAR_SHARE) / 2),
                width=percent(slot * BAR_SHARE),
                middle=percent((number + 0.5) * slot),
                read_y=percent(GROUND - written - read),
                read_height=percent(read - gap),
                written_y=percent(GROUND - written),
                written_height=percent(written),
                title=title,
                label=date(day) if number % every == 0 else "",
                minor=number // every % 2 == 1,
            )
        )
    lines = [(GROUND - count * step * scale, count * step) for count in range(STEPS + 1)]
    ticks = [Tick(y=percent(y), text_y=percent(y + 1.5), text=short(value)) for y, value in lines]
    return DayChart(columns=columns, ticks=ticks, summary=summary)


def shares(amounts: Sequence[tuple[str, int | Decimal, str]]) -> list[Part]:
    """Return the parts of a whole, the largest first, from their names, amounts and words; small ones are together."""
    found = sorted((part for part in amounts if part[1] > 0), key=lambda part: -part[1])
    whole = sum(amount for _, amount, _ in found)
    named = found if len(found) <= len(COLOURS) + 1 else found[: len(COLOURS)]
    widths = [float(amount * 100 / whole) for _, amount, _ in named]
    colours = [*COLOURS, OTHERS]
    if len(named) < len(found):
        widths.append(100 - sum(widths))
        named = [*named, (gettext("Others"), 0, gettext("%(number)s more") % {"number": len(found) - len(named)})]
    return [
        Part(percent(end - width), percent(max(width - SHARE_GAP, 0.2)), colour, name, f"{text} ({width:.0f}%)")
        for (name, _, text), width, end, colour in zip(named, widths, accumulate(widths), colours, strict=False)
    ]


def kinds(counts: Mapping[str, int]) -> list[Part]:
    """Return the kinds of help as parts of a whole, from how many questions got which."""
    return shares([(kind(mode), count, grouped(count)) for mode, count in counts.items()])


def kind(mode: str) -> str:
    """Return what people call a kind of help."""
    return str(Mode(mode).label) if mode in Mode.values else gettext("Not known")


def said(parts: Iterable[Part]) -> str:
    """Return the shares in words."""
    return ", ".join(f"{part.name} {part.text}" for part in parts)


def nice_step(most: int) -> int:
    """Return a round number of which STEPS are enough."""
    wanted = max(most, STEPS) / STEPS
    size = 10 ** (len(str(int(wanted))) - 1)
    return next(int(size * times) for times in (1, 2, 3, 4, 5, 8, 10) if size * times >= wanted)


def short(value: int) -> str:
    """Return a number as a scale has it: 800, 40k, 1.5M."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{number_format(f'{value / size:.4g}')}{letter}"
    return str(value)


def date(day: datetime.date) -> str:
    """Return a day as people say it, without the year."""
    return date_format(day, gettext("j M"))


def percent(value: float) -> str:
    """Return a place in a picture."""
    return f"{max(value, 0):.2f}%"


def _summary(days: dict[datetime.date, Sums]) -> str:
    used = {day: sums.tokens for day, sums in days.items() if sums.calls}
    if not used:
        return gettext("No tokens on any day")
    peak = max(used, key=lambda day: used[day])
    said = ngettext(
        "Tokens by day: used on %(used)s day, most on %(date)s with %(peak)s",
        "Tokens by day: used on %(used)s days, most on %(date)s with %(peak)s",
        len(used),
    )
    return said % {
        "used": len(used),
        "date": date(peak),
        "peak": grouped(used[peak]),
    }
