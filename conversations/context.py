"""What a model is told: the instructions, and as much of the branch as its window holds."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from llm import joining
from llm.tokens import TOKENS_PER_IMAGE, estimate
from llm.values import Message as Said
from llm.values import Model, ToolCall

from . import calibration
from .models import Attachment, Message, Turn
from .models.turn import Line

# The part of the window that is kept free for the answer, and its upper bound in tokens.
ANSWER_SHARE = 0.25
ANSWER_TOKENS = 2048
# The window of a model that does not say its own, in tokens.
UNKNOWN_WINDOW = 8192
# What a message costs beside its text: role and separators, in tokens.
MESSAGE_TOKENS = 6
# Of what a tool answered in an earlier turn, so much is told again.
RESULT_CHARACTERS = 4000
# Of an answer that is to go on, so much is told however little room there is.
LEAST_KEPT_CHARACTERS = 400
LEFT_OUT = "[The beginning of this answer is left out.]"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a question; what of it is sent is chosen when the model is known."""

    attachment: str
    file: uuid.UUID
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Past:
    """One turn as the model sees it: the question and, if there was one, the answer; and the files of the question."""

    messages: tuple[Said, ...]
    files: tuple[Attached, ...] = ()
    # Too far back to be sent as it is: only its files count.
    far_back: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What is sent, how many earlier turns did not fit, and how many tokens it is by our estimate."""

    messages: tuple[Said, ...]
    left_out: int
    tokens: int = 0


def exchange(messages: Sequence[Line], *, status: str, files: tuple[Attached, ...] = ()) -> Past:
    """Return a turn of this status with its messages and files as the model sees it; what is empty is left away.

    A question that the model failed to answer is left away too: what made it fail, such as its length, would make
    every later question fail with it; and one that a rule stands against.
    """
    told = tuple(_as_said([message for message in messages if _counts(message, files)]))
    if told and told[-1].role == Message.Role.TOOL:
        # Nothing was said about what the tools found, and some templates refuse a question after a result.
        told = tuple(each for each in told if each.role == Message.Role.USER)
    answered = bool(told) and told[-1].role == Message.Role.ASSISTANT
    failed = not answered and status in (Turn.Status.FAILED, Turn.Status.BLOCKED)
    # The files of a failed question stay: whoever asks again in other words means the same ones.
    return Past(messages=() if failed else told, files=files)


def asked(question: Message) -> Past:
    """Return a question as a turn that has no answer yet."""
    return Past(messages=(said(question),), files=files_of([question]))


def resumed(messages: Sequence[Message]) -> Past:
    """Return a question and its answer so far as a turn that is to be answered on, at the end of that answer."""
    question, *rounds, answer = messages
    told = (said(question), *_as_said(rounds), said(answer))
    return Past(messages=(*told, Said(role="user", text=joining.request(answer.text))), files=files_of([question]))


def shortened(past: Past, room: int) -> Past:
    """Return a turn that is to be answered on, with as much of the end of its answer as fits `room`."""
    *before, answer, request = past.messages
    over = cost(past.messages) - room
    if over <= 0:
        return past
    tokens = estimate(answer.text)
    kept = len(answer.text) * max(0, tokens - over) // max(1, tokens)
    end = answer.text[-max(kept, LEAST_KEPT_CHARACTERS) :]
    return replace(past, messages=(*before, replace(answer, text=f"{LEFT_OUT}\n{end}"), request))


def files_of(messages: Iterable[Message]) -> tuple[Attached, ...]:
    """Return the files that are attached to the question among these messages."""
    questions = (message for message in messages if message.role == Message.Role.USER)
    return tuple(attached(each) for message in questions for each in message.attachments.all())


def attached(attachment: Attachment) -> Attached:
    """Return an attachment with its file as it is chosen from."""
    file = attachment.file
    return Attached(attachment=str(attachment.pk), file=file.pk, name=attachment.name, sha256=file.sha256)


def said(message: Message | Line) -> Said:
    """Return a message as the model sees it."""
    if message.role == Message.Role.TOOL:
        return Said(
            role=message.role,
            text=_beginning(message.text),
            tool_call_id=message.tool_call_id,
            tool_name=message.tool_name,
        )
    return Said(role=message.role, text=message.text)


def _as_said(messages: Sequence[Message | Line]) -> Iterator[Said]:
    """Yield the messages of a turn as the model said them: each round of calls before what the tools answered."""
    rounds = [message.tool_run.get("round") if message.role == Message.Role.TOOL else None for message in messages]
    for place, message in enumerate(messages):
        this = rounds[place]
        if this is not None and (place == 0 or rounds[place - 1] != this):
            calls = [_call(each) for each, number in zip(messages, rounds, strict=True) if number == this]
            yield Said(role=Message.Role.ASSISTANT, tool_calls=tuple(calls))
        yield said(message)


def _call(message: Message | Line) -> ToolCall:
    return ToolCall(id=message.tool_call_id, name=message.tool_name, arguments=message.tool_run.get("arguments", {}))


def _beginning(result: str) -> str:
    """Return what of a tool's result is told again in later turns: the answer that was made of it stands there too."""
    if len(result) <= RESULT_CHARACTERS:
        return result
    return f"{result[:RESULT_CHARACTERS]}\n[The rest of this result is left out.]"


def _counts(message: Line, files: Sequence[Attached]) -> bool:
    if message.role == Message.Role.USER:
        return bool(message.text or files)
    if message.role == Message.Role.TOOL:
        # One that was cut short has no result, and a call without one is refused by model servers.
        return "ok" in message.tool_run
    return bool(message.text)


def window_of(model: Model) -> int:
    """Return the window that a model has, or is taken to have, in tokens."""
    return model.window or settings.LLM["context_length"]


def budget_for(model: Model) -> int:
    """Return how many of our tokens a model may be sent, as far as we know how its server counts."""
    return budget_of(window_of(model), calibration.budget_ratio(calibration.of(model.id)))


def budget_of(window: int | None, ratio: float = 1.0) -> int:
    """Return how many of our tokens a window has for what is sent; the rest is kept free for the answer.

    `ratio` is how many tokens the model's server counts for one of ours.
    """
    window = window or UNKNOWN_WINDOW
    return int((window - min(ANSWER_TOKENS, int(window * ANSWER_SHARE))) / ratio)


def build(
    *,
    history: list[Past],
    instructions: str,
    window: int | None,
    files: Said | None = None,
    digest: Said | None = None,
    ratio: float = 1.0,
) -> Context:
    """Return the instructions, the digest, the files, the last question, and the most recent earlier turns that fit
    `window`."""
    budget = budget_of(window, ratio)
    opening = opened(instructions, digest, files)
    *earlier, last = history
    tokens = cost(opening) + cost(last.messages)
    kept: list[Past] = []
    for past in reversed(earlier):
        more = cost(past.messages)
        if past.far_back or tokens + more > budget:
            break
        tokens += more
        kept.append(past)
    messages = [*opening]
    for past in reversed(kept):
        messages.extend(past.messages)
    messages.extend(last.messages)
    return Context(messages=tuple(_taking_turns(messages)), left_out=len(earlier) - len(kept), tokens=tokens)


def opened(instructions: str, *parts: Said | None) -> tuple[Said, ...]:
    """Return what stands before the conversation: the instructions, and the parts that there are."""
    system = (Said(role="system", text=instructions),) if instructions else ()
    return system + tuple(part for part in parts if part is not None)


def _taking_turns(messages: list[Said]) -> list[Said]:
    """Return the messages with questions in a row made one: many chat templates refuse two of them."""
    joined: list[Said] = []
    for message in messages:
        if joined and joined[-1].role == message.role == "user":
            before = joined[-1]
            text = f"{before.text}\n\n{message.text}" if before.text and message.text else before.text or message.text
            joined[-1] = Said(role="user", text=text, images=before.images + message.images)
        else:
            joined.append(message)
    return joined


def cost(messages: Iterable[Said]) -> int:
    """Return how many tokens messages take, pictures included, by our estimate."""
    tokens = 0
    for each in messages:
        tokens += estimate(each.text) + MESSAGE_TOKENS
        if each.tool_calls or each.images:
            tokens += _calls_cost(each) + TOKENS_PER_IMAGE * len(each.images)
    return tokens


def _calls_cost(message: Said) -> int:
    return sum(estimate(call.name) + estimate(str(call.arguments)) + MESSAGE_TOKENS for call in message.tool_calls)
