"""Putting together what a model is sent with a question, and keeping account of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from llm import agent, truncation
from llm.events import Finished
from llm.meter import Measured
from llm.tokens import TOKENS_PER_IMAGE, estimate, estimate_tools
from llm.values import Message as Said
from llm.values import Model, Tool

from . import calibration, context, digests, inclusion, modes
from .branches import Branch
from .models import ContextDigest, Turn

# A question has to leave at least this part of the window for its answer.
LEAST_ANSWER_SHARE = 1 / 16
# Tools whose description takes more of the window than this are not offered.
TOOLS_SHARE = 1 / 4
# What tools find may have this part of the window, or what is left of it.
RESULTS_SHARE = 1 / 8
# What a person wants of every conversation may have this part of the window; what takes more is not sent.
PERSONAL_SHARE = 1 / 8
# A question, and its answer so far that is to go on, may have this part of the window.
RESUMED_SHARE = 1 / 2


class QuestionTooLong(Exception):
    """The question alone does not fit the model's window; `detail` says so to the person who asked."""

    code = "question_too_long"

    def __init__(self, *, tokens: int, room: int):
        self.detail = (
            f"This is too long for the model: with its instructions and files it takes about {tokens:,} tokens, and "
            f"there is room for {max(0, room):,}. Make it shorter, or choose a model with a larger window."
        )
        super().__init__(self.detail)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a model is sent, what of the branch that is, and what of the files."""

    messages: tuple[Said, ...]
    # By our estimate.
    tokens: int
    # The model's window in tokens, None if nobody says.
    window: int | None
    # How many tokens of the server one of ours is taken for.
    ratio: float = 1.0
    # What the server will count at least.
    expected: int = 0
    verbatim: int = 0
    condensed: int = 0
    left_out: int = 0
    digest: ContextDigest | None = None
    included: list[dict[str, Any]] = field(default_factory=list)
    # Pictures are counted by rules of their own: then the server's count says nothing of our estimate.
    pictures: bool = False
    # Whether what the person wants of every conversation is among it.
    instructed: bool = False


def beside(tools: Sequence[Tool], model: Model) -> tuple[Model, int]:
    """Return how many tokens offering these tools takes; the model, without that ability where it is too many."""
    if not tools or not agent.calls_tools(model):
        return model, 0
    tokens = estimate_tools(tools)
    if model.window and tokens > model.window * TOOLS_SHARE:
        return replace(model, capabilities=model.capabilities - {"tools"}), 0
    return model, tokens


def room_for_results(sent: Sent) -> int:
    """Return how many tokens all that tools find may take."""
    window = sent.window or settings.LLM["context_length"]
    return max(int(window * RESULTS_SHARE / sent.ratio), context.budget_of(window, sent.ratio) - sent.tokens)


def assemble(
    *,
    turn: Turn,
    asked: context.Past,
    model: Model,
    beside: int = 0,
    opening: str = "",
    meaning: inclusion.Meaning | None = None,
) -> Sent:
    """Return what the model is sent for a turn that asks `asked`, with `beside` tokens of tools offered.

    `opening` is what it is told first. What no longer fits is condensed, and the digest is kept before anything is
    sent. Raises QuestionTooLong, or MeaningWanted, after which it is called again with the `meaning`.
    """
    known = calibration.of(model.id)
    ratio = calibration.budget_ratio(known)
    window = min(context.window_of(model), turn.parameters.get("context_length", context.window_of(model)))
    personal = _personal(turn, int(window * PERSONAL_SHARE / ratio))
    instructions = modes.instructions(turn, personal=personal, before=opening)
    if turn.continues_id:
        room = int(window * RESUMED_SHARE / ratio) - beside - context.cost(context.opened(instructions))
        asked = context.shortened(asked, room)
    if model.window:
        _check_length(asked, instructions, int(model.window * (1 - LEAST_ANSWER_SHARE) / ratio) - beside)
    window = max(1, window - int(beside * ratio))
    how: dict[str, Any] = {"instructions": instructions, "window": window, "ratio": ratio}
    branch = Branch(turn.parent_id)
    budget = context.budget_of(window, ratio)
    history = _all_that_fits(branch, budget)
    far_back = branch.far_back()
    files, included = None, []
    if any(past.files for past in (*far_back, *history, asked)):
        vision = "vision" in model.capabilities
        chosen = inclusion.choose(history=[*far_back, *history, asked], vision=vision, meaning=meaning, **how)
        *before, last = chosen.history
        pictures = sum(len(said.images) for past in before for said in past.messages)
        fitted = _fit(branch, turn, last, chosen.opening, budget, how, pictures)
        digest = digests.message(fitted.digest) if fitted.digest else None
        kept = history[len(history) - fitted.verbatim :]
        if fitted.verbatim < len(history):
            # Files of questions that fell out stand before everything now; what was said keeps the room that it has.
            beyond = [_only_files(past) for past in history[: len(history) - fitted.verbatim]]
            reserve = context.cost([*([digest] if digest else []), *(said for past in kept for said in past.messages)])
            history = [*far_back, *beyond, *kept, asked]
            again: dict[str, Any] = {"vision": vision, "meaning": meaning, "digest": digest, "reserve": reserve}
            chosen = inclusion.choose(history=history, **again, **how)
        files, included = chosen.opening, chosen.included
        kept = chosen.history[len(chosen.history) - 1 - fitted.verbatim :]
    else:
        fitted = _fit(branch, turn, asked, None, budget, how)
        digest = digests.message(fitted.digest) if fitted.digest else None
        kept = [*history[len(history) - fitted.verbatim :], asked]
    built = context.build(history=kept, files=files, digest=digest, **how)
    lost = kept[: built.left_out]
    return Sent(
        messages=built.messages,
        tokens=built.tokens + beside,
        window=model.window,
        ratio=ratio,
        expected=calibration.expected(known, built.tokens + beside),
        verbatim=sum(len(past.messages) for past in kept[built.left_out : -1]),
        condensed=fitted.digest.messages if fitted.digest else 0,
        left_out=fitted.missing + sum(len(past.messages) for past in lost),
        digest=fitted.digest,
        included=included,
        pictures=any(said.images for said in built.messages),
        instructed=bool(personal),
    )


def estimated(*, turn: Turn, asked: context.Past) -> int:
    """Return how many tokens a turn's model was probably sent, where nobody is left to say."""
    window = settings.LLM["context_length"]
    branch = Branch(turn.parent_id)
    budget = context.budget_of(window)
    history = [*_all_that_fits(branch, budget), asked]
    sent = context.build(
        history=history, instructions=modes.instructions(turn, personal=_personal(turn, budget)), window=window
    )
    # What of the files was sent nobody knows any more; they are sent as far as there is room.
    files = inclusion.tokens_of([*branch.far_back(), *history])
    return max(sent.tokens, min(sent.tokens + files, budget))


def known(sent: Sent) -> dict[str, Any]:
    """Return what a turn keeps of what was sent, as far as it is known when that begins."""
    return {
        "verbatim": sent.verbatim,
        "condensed": sent.condensed,
        "left_out": sent.left_out,
        "digest": sent.digest,
        "included": sent.included,
        "window": sent.window,
        "instructed": sent.instructed,
    }


def account(
    sent: Sent, *, measured: list[Measured], finished: Finished | None, model: str, as_estimated: bool = True
) -> tuple[dict[str, Any], calibration.Learnt | None]:
    """Return what a turn keeps of what was sent, as its fields, and what is learnt from the server's count, if
    anything is: nothing, where the first call was sent something else than `sent`."""
    first, last = (measured[0].usage, measured[-1].usage) if measured else (None, None)
    window = _given(sent.window, finished)
    # Of several calls the first one is the one whose prompt was assembled here.
    expected = 0 if sent.pictures or not as_estimated else sent.expected
    truncated = truncation.cut(usage=first, finished=finished, expected=expected, window=sent.window)
    fields = {
        **known(sent),
        "window": window,
        "window_used": last.prompt_tokens + last.completion_tokens if last and last.exact else None,
        "truncated": truncated,
    }
    telling = as_estimated and truncated != "prompt" and not sent.pictures
    counted = first.prompt_tokens if first and first.exact and telling else 0
    return fields, calibration.Learnt(model, sent.tokens, counted) if counted else None


def _personal(turn: Turn, room: int) -> str:
    """Return what the person wants of every conversation; empty where that is turned off, or takes more than `room`."""
    wanted = turn.author.instructions if turn.author.use_instructions else ""
    return wanted if estimate(wanted) <= room else ""


def _given(window: int | None, finished: Finished | None) -> int | None:
    """Return the window that the server turned out to have given, else the one that was expected."""
    given = finished.timings.get("window") if finished else None
    return given if isinstance(given, int) else window


def _check_length(asked: context.Past, instructions: str, room: int) -> None:
    """Raise QuestionTooLong if the question and the instructions alone take more than `room`."""
    tokens = context.cost([*context.opened(instructions), *asked.messages])
    if tokens > room:
        raise QuestionTooLong(tokens=tokens, room=room)


def _all_that_fits(branch: Branch, budget: int) -> list[context.Past]:
    """Return the last turns of a branch that a budget could hold, oldest first; no more are read."""
    pasts, taken = [], 0
    for step in branch:
        taken += step.tokens
        if taken > budget:
            break
        pasts.append(step.past)
    return pasts[::-1]


def _fit(
    branch: Branch,
    turn: Turn,
    last: context.Past,
    files: Said | None,
    budget: int,
    how: dict[str, Any],
    pictures: int = 0,
) -> digests.Fitted:
    """Return how the branch fits beside everything else, `pictures` of its own included."""
    beside = context.cost([*context.opened(how["instructions"], files), *last.messages]) + TOKENS_PER_IMAGE * pictures
    return digests.fit(branch, conversation_id=turn.conversation_id, room=max(0, budget - beside), budget=budget)


def _only_files(past: context.Past) -> context.Past:
    return context.Past(messages=(), files=past.files, far_back=True)
