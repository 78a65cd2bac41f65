"""What the summary page draws: how long each answer took, with the words that say the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext

from .usage_charts import GROUND, SKY, Tick, percent

# The last so many answers are drawn.
ANSWERS = 30
BAR_SHARE = 0.7
MS = 1000
# Round times in seconds, of which the smallest that is enough ends the scale.
SCALES = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Bar:
    """One answer: where its bar is, in percent of the picture, and what it says."""

    x: str
    width: str
    y: str
    height: str
    title: str


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Seconds for each answer, in order."""

    bars: list[Bar]
    ticks: list[Tick]
    summary: str


def times(milliseconds: Sequence[int]) -> TimeChart | None:
    """Return the chart of how long the last answers took; None where there were none."""
    shown = milliseconds[-ANSWERS:]
    if not shown:
        return None
    seconds = [value / MS for value in shown]
    most = next((scale for scale in SCALES if scale >= max(seconds)), max(seconds))
    slot = 100 / len(seconds)
    bars = [
        Bar(
            x=percent(number * slot + slot * (1 - BAR_SHARE) / 2),
            width=percent(slot * BAR_SHARE),
            y=percent(GROUND - value / most * (GROUND - SKY)),
            height=percent(value / most * (GROUND - SKY)),
            title=gettext("Answer %(number)s: %(seconds)s s")
            % {"number": len(milliseconds) - len(shown) + number + 1, "seconds": number_format(f"{value:.1f}")},
        )
        for number, value in enumerate(seconds)
    ]
    lines = [
        (GROUND, "0"),
        ((GROUND + SKY) / 2, f"{number_format(f'{most / 2:g}')} s"),
        (SKY, f"{number_format(f'{most:g}')} s"),
    ]
    ticks = [Tick(y=percent(y), text_y=percent(y + 2), text=text) for y, text in lines]
    return TimeChart(
        bars,
        ticks,
        gettext("Seconds for each answer: %(seconds)s")
        % {"seconds": "; ".join(number_format(f"{value:.1f}") for value in seconds)},
    )
