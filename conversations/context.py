"""What a model is told: the instructions, and as much of the branch as its window holds."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from llm.tokens import TOKENS_PER_IMAGE, estimate
from llm.values import Message as Said

from .models import Message, Turn

# No window holds more turns than this, so no more are read.
TURNS_READ = 500
# The part of the window that is kept free for the answer, and its upper bound in tokens.
ANSWER_SHARE = 0.25
ANSWER_TOKENS = 2048
# The window of a model that does not say its own, in tokens.
UNKNOWN_WINDOW = 8192
# What a message costs beside its text: role and separators, in tokens.
MESSAGE_TOKENS = 6


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


@dataclass(frozen=True, slots=True)
class Context:
    """What is sent, how many earlier turns did not fit, and how many tokens it is by our estimate."""

    messages: tuple[Said, ...]
    left_out: int
    tokens: int = 0


def history(branch: Iterable[Turn]) -> list[Past]:
    """Return the turns of a branch, oldest first, as the model sees them; what is empty is left away.

    A question that the model failed to answer is left away too: what made it fail, such as its length, would make
    every later question fail with it.
    """
    return [_exchange(turn) for turn in branch]


def _exchange(turn: Turn) -> Past:
    messages = tuple(said(message) for message in turn.messages.all() if _counts(message))
    answered = bool(messages) and messages[-1].role == Message.Role.ASSISTANT
    failed = not answered and turn.status == Turn.Status.FAILED
    # The files of a failed question stay: whoever asks again in other words means the same ones.
    return Past(messages=() if failed else messages, files=files_of(turn.messages.all()))


def asked(question: Message) -> Past:
    """Return a question as a turn that has no answer yet."""
    return Past(messages=(said(question),), files=files_of([question]))


def files_of(messages: Iterable[Message]) -> tuple[Attached, ...]:
    """Return the files that are attached to the question among these messages."""
    return tuple(
        Attached(attachment=str(each.pk), file=each.file_id, name=each.name, sha256=each.file.sha256)
        for message in messages
        if message.role == Message.Role.USER
        for each in message.attachments.all()
    )


def said(message: Message) -> Said:
    """Return a message as the model sees it."""
    return Said(role=message.role, text=message.text)


def _counts(message: Message) -> bool:
    if message.role == Message.Role.USER:
        return bool(message.text) or bool(message.attachments.all())
    return bool(message.text) and message.role == Message.Role.ASSISTANT


def budget_of(window: int | None) -> int:
    """Return how many tokens of a window there are for what is sent; the rest is kept free for the answer."""
    window = window or UNKNOWN_WINDOW
    return window - min(ANSWER_TOKENS, int(window * ANSWER_SHARE))


def build(*, history: list[Past], instructions: str, window: int | None, files: Said | None = None) -> Context:
    """Return the instructions, the files, the last question, and the most recent earlier turns that fit `window`."""
    budget = budget_of(window)
    opening: tuple[Said, ...] = (Said(role="system", text=instructions),) if instructions else ()
    if files is not None:
        opening += (files,)
    *earlier, last = history
    tokens = cost(opening) + cost(last.messages)
    kept: list[Past] = []
    for past in reversed(earlier):
        more = cost(past.messages)
        if tokens + more > budget:
            break
        tokens += more
        kept.append(past)
    messages = [*opening]
    for past in reversed(kept):
        messages.extend(past.messages)
    messages.extend(last.messages)
    return Context(messages=tuple(_taking_turns(messages)), left_out=len(earlier) - len(kept), tokens=tokens)


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
    return sum(estimate(each.text) + MESSAGE_TOKENS + TOKENS_PER_IMAGE * len(each.images) for each in messages)
