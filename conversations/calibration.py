"""How our estimate of tokens compares to what a model's server counts: learnt from each answer, kept for each model."""

from dataclasses import dataclass

from .models import Calibration

# No tokenizer counts less or more than this for one of our tokens; what says so has another reason, such as a server
# that does not count what it had in its cache.
LEAST, MOST = 0.5, 3.0
# Below so many estimated tokens, what a template adds to each prompt would pass for the tokenizer's work.
TELLING_TOKENS = 256
# After so many answers the estimate may be believed to be too high; that it is too low is believed at once.
TRUSTED_SAMPLES = 3
# How far the mean follows an answer that counted more than expected, and at least how far one that counted less.
UP, DOWN = 0.5, 0.1
# Kept free beside the mean, because no text is like another.
MARGIN = 1.1
# After so many answers a change that is smaller than this part of the ratio is not written down.
STEADY_SAMPLES = 10
NEGLIGIBLE = 0.02
NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an answer says about our estimate: both are tokens of its prompt."""

    model: str
    estimated: int
    counted: int


def of(model: str) -> Calibration:
    """Return what is known of a model, by its id; a new row that is not kept yet if nothing is."""
    return Calibration.objects.filter(model=model[:NAME_CHARACTERS]).first() or Calibration(
        model=model[:NAME_CHARACTERS]
    )


def budget_ratio(known: Calibration) -> float:
    """Return how many tokens of the model one of ours has to be taken for, so that what is sent surely fits."""
    careful = known.ratio * MARGIN
    return careful if known.samples >= TRUSTED_SAMPLES else max(1.0, careful if known.samples else 1.0)


def expected(known: Calibration, estimated: int) -> int:
    """Return how many tokens the server will count at least, for so many of ours."""
    return int(estimated * (known.ratio if known.samples >= TRUSTED_SAMPLES else LEAST))


def learn(learnt: Learnt) -> None:
    """Take down what a server counted for a prompt."""
    if learnt.estimated < TELLING_TOKENS or learnt.counted < LEAST * learnt.estimated:
        return
    known = of(learnt.model)
    seen = min(MOST, learnt.counted / learnt.estimated)
    ratio = seen if not known.samples else known.ratio + (seen - known.ratio) * _weight(known, seen)
    if known.samples >= STEADY_SAMPLES and abs(ratio - known.ratio) < NEGLIGIBLE * known.ratio:
        return
    # Two answers at the same time: one of them is not counted, which changes nothing.
    changes = {"ratio": ratio, "samples": known.samples + 1}
    Calibration.objects.update_or_create(model=known.model, defaults=changes)


def _weight(known: Calibration, seen: float) -> float:
    """Return how much of the difference is believed: as in a mean of the first answers, and later damped."""
    return max(1 / (known.samples + 1), UP if seen > known.ratio else DOWN)
