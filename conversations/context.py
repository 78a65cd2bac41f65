"""What a model is told: the instructions, and as much of the branch as its window holds."""

from collections.abc import Iterable
from dataclasses import dataclass

from llm.tokens import estimate
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
class Past:
    """One turn as the model sees it: the question and, if there was one, the answer."""

    messages: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What is sent, and how many earlier turns did not fit."""

    messages: tuple[Said, ...]
    left_out: int


def history(branch: Iterable[Turn]) -> list[Past]:
    """Return the turns of a branch, oldest first, as the model sees them; what is empty is left away.

    A question that the model failed to answer is left away too: what made it fail, such as its length, would make
    every later question fail with it.
    """
    return [Past(messages=_exchange(turn)) for turn in branch]


def _exchange(turn: Turn) -> tuple[Said, ...]:
    messages = tuple(said(message) for message in turn.messages.all() if _counts(message))
    answered = bool(messages) and messages[-1].role == Message.Role.ASSISTANT
    return messages if answered or turn.status != Turn.Status.FAILED else ()


def said(message: Message) -> Said:
    """Return a message as the model sees it."""
    return Said(role=message.role, text=message.text)


def _counts(message: Message) -> bool:
    return bool(message.text) and message.role in {Message.Role.USER, Message.Role.ASSISTANT}


def build(*, history: list[Past], instructions: str, window: int | None) -> Context:
    """Return the instructions, the last question, and the most recent earlier turns that fit `window` tokens."""
    window = window or UNKNOWN_WINDOW
    budget = window - min(ANSWER_TOKENS, int(window * ANSWER_SHARE))
    opening = (Said(role="system", text=instructions),) if instructions else ()
    *earlier, last = history
    budget -= _cost(opening) + _cost(last.messages)
    kept: list[Past] = []
    for past in reversed(earlier):
        budget -= _cost(past.messages)
        if budget < 0:
            break
        kept.append(past)
    messages = [*opening]
    for past in reversed(kept):
        messages.extend(past.messages)
    messages.extend(last.messages)
    return Context(messages=tuple(_taking_turns(messages)), left_out=len(earlier) - len(kept))


def _taking_turns(messages: list[Said]) -> list[Said]:
    """Return the messages with questions in a row made one: many chat templates refuse two of them."""
    joined: list[Said] = []
    for message in messages:
        if joined and joined[-1].role == message.role == "user":
            joined[-1] = Said(role="user", text=f"{joined[-1].text}\n\n{message.text}")
        else:
            joined.append(message)
    return joined


def _cost(messages: Iterable[Said]) -> int:
    return sum(estimate(message.text) + MESSAGE_TOKENS for message in messages)
