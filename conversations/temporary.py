"""Chats that nobody keeps: all of what was said comes from the page with each question, and goes back to it alone."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.threads import in_database
from llm.values import Message as Said
from llm.values import Options

from . import context, profiles
from .errors import Invalid, NotAllowed, TooLarge
from .v1 import caller
from .v1.asked import Asked

ROLES = ("user", "assistant")
MOST_MESSAGES = 200


class NotOffered(NotAllowed):
    """Everything that is said on this server is kept."""

    code = "not_offered"
    detail = _("Temporary chats are turned off on this server: what is said here is kept on record.")


def check_offered() -> None:
    """Raise NotOffered where an administrator wants all that is said on record."""
    if not settings.TEMPORARY_CHATS:
        raise NotOffered


async def begin(*, user, model: str, messages: Sequence[Mapping[str, str]]) -> tuple[caller.Call, int]:
    """Return the answer to the last of these messages, on its way, and how many of the first were left out.

    Nothing of it is kept but its entry in the ledger, without a word. Raises ChatError or ModelError as
    `caller.begin` does, NotOffered, Invalid and TooLarge.
    """
    check_offered()
    said = read(messages)
    found = await profiles.resolve(caller.engine().catalog, user=user, wanted=model)
    told = context.cost((Said("system", found.instructions),)) if found.instructions else 0
    budget = await in_database(context.budget_for, found.model) - told
    kept, left_out = fitting(said, budget)
    return await caller.begin(user, Asked(model=found.model.id, messages=kept, options=Options())), left_out


def read(messages: Sequence[Mapping[str, str]]) -> tuple[Said, ...]:
    """Return the messages as a model sees them; raises Invalid or TooLarge."""
    if not messages or messages[-1]["role"] != "user" or not messages[-1]["content"].strip():
        raise Invalid(gettext("The last message is the question, and a question has words."), code="empty_message")
    if len(messages) > MOST_MESSAGES:
        raise TooLarge(
            gettext("A temporary chat has %(most_messages)s messages at most. Begin another one.")
            % {"most_messages": MOST_MESSAGES}
        )
    most = settings.MESSAGE_MAX_BYTES
    if any(len(each["content"].encode()) > most for each in messages if each["role"] == "user"):
        raise TooLarge(gettext("This is too long: a message may have %(most)s KB at most.") % {"most": most // 1024})
    return tuple(Said(each["role"], each["content"]) for each in messages if each["content"])


def fitting(said: Sequence[Said], budget: int) -> tuple[tuple[Said, ...], int]:
    """Return as many of the last messages as take no more than `budget` tokens, and how many do not; the question is
    always there. They begin with a question, as many models want it."""
    first = len(said) - 1
    taken = context.cost(said[first:])
    while first and taken + (price := context.cost(said[first - 1 : first])) <= budget:
        first, taken = first - 1, taken + price
    while said[first].role != "user":
        first += 1
    return tuple(said[first:]), first
