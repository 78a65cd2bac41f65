"""Which mode a message wants: a linear model over its signals, and what went before."""

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from . import reasons
from .signals import Signals, signals_of
from .values import Earlier, Intent, Mode

WEIGHTS = Path(__file__).with_name("weights.json")
# What a message that clearly goes on with the one before adds to that one's mode; talk leads on to anything.
FOLLOW_WEIGHT = 3.2
FOLLOW_TALK_WEIGHT = 1.0
LOOK_BACK = 3
# A message with no signal at all, such as one in a language that the phrases do not have, is talk as far as we know.
NOTHING_CONFIDENCE = 0.4
CLOSING = frozenset({"thanks", "bye", "greeting"})
TROUBLE = frozenset({"broken", "error", "failure", "cannot", "freeze"})


@lru_cache(maxsize=1)
def weights() -> dict[str, tuple[float, ...]]:
    """Return what each signal adds to the score of each mode, in the order of `Mode`."""
    return {name: tuple(row) for name, row in json.loads(WEIGHTS.read_text())["signals"].items()}


def detect(text: str, *, earlier: Sequence[Earlier] = ()) -> Intent:
    """Return which mode a message wants, with the questions before it (oldest first) as context."""
    signals = signals_of(text)
    before, strength = continued(signals, earlier)
    chances = chances_of(scores(signals, before=before, strength=strength))
    mode = max(chances, key=lambda each: chances[each])
    reason = reasons.reason(signals, mode, weights(), before if strength >= 0.5 else None)
    confidence = chances[mode]
    if reason.guess:
        confidence = min(confidence, NOTHING_CONFIDENCE)
    return Intent(mode, round(confidence, 2), reason.text)


def scores(signals: Signals, *, before: Mode | None, strength: float) -> dict[Mode, float]:
    """Return the score of each mode, the more the likelier."""
    known = weights()
    rows = [known[name] for name in ("always", *sorted(signals.names)) if name in known]
    totals = {mode: math.fsum(row[place] for row in rows) for place, mode in enumerate(Mode)}
    if before is not None:
        totals[before] += strength * (FOLLOW_TALK_WEIGHT if before is Mode.CHAT else FOLLOW_WEIGHT)
    return totals


def chances_of(scores: Mapping[Mode, float]) -> dict[Mode, float]:
    """Return the probability of each mode."""
    highest = max(scores.values())
    powers = {mode: math.exp(score - highest) for mode, score in scores.items()}
    return {mode: power / sum(powers.values()) for mode, power in powers.items()}


def continued(signals: Signals, earlier: Sequence[Earlier]) -> tuple[Mode | None, float]:
    """Return the mode of the question that a message goes on with, and how clearly it does, 0 to 1."""
    modes = [Mode(mode) for _, mode in earlier[-LOOK_BACK:]]
    if not modes:
        return None, 0.0
    # A word of thanks in between changes no subject.
    before = next((mode for mode in reversed(modes) if mode is not Mode.CHAT), modes[-1])
    meanings = {each.meaning for each in signals.phrases}
    first = {each.meaning for each in signals.phrases if each.position < 2}
    if meanings & CLOSING:
        return modes[-1], 0.0
    if meanings & TROUBLE:
        return modes[-1], 0.3
    if signals.words > 14:
        return modes[-1], 0.15
    if before is not modes[-1] and signals.words > 6:
        return modes[-1], 0.25
    if first & {"follow", "consent"}:
        return before, 1.0
    if signals.words <= 4:
        return before, 0.7
    if "follow" in meanings:
        return before, 0.6
    return modes[-1], 0.4 if signals.words <= 8 else 0.25
