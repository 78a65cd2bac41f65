"""The messages of a branch as lines, to tick those that are to be taken along."""

import datetime
import uuid
from dataclasses import dataclass

from ..models import Conversation, Message, Turn
from ..rendering import plain
from . import words

# The newest of a branch; who wants earlier ones takes the branch.
TURNS_OFFERED = 300
# How much of a message is read for its line, and how much of that is shown.
READ_CHARACTERS, LINE_CHARACTERS = 1000, 140


@dataclass(frozen=True, slots=True)
class Line:
    """A message in a line: who said it when, and how it begins."""

    id: uuid.UUID
    who: str
    at: datetime.datetime
    begins: str
    is_question: bool


def lines(conversation: Conversation) -> tuple[list[Line], bool]:
    """Return a line for each message of the open branch that says something, and whether there are earlier ones."""
    ids = Turn.objects.branch_ids(conversation.leaf_id, TURNS_OFFERED + 1)
    shown = ids[:TURNS_OFFERED]
    turns = {turn.pk: turn for turn in Turn.objects.filter(pk__in=shown).with_messages()}
    found = [
        _line(message)
        for pk in reversed(shown)
        if pk in turns
        for message in turns[pk].messages.all()
        if message.role == Message.Role.USER or message.text
    ]
    return found, len(ids) > TURNS_OFFERED


def _line(message: Message) -> Line:
    begins = plain(words.said(message)[:READ_CHARACTERS])
    if len(begins) > LINE_CHARACTERS:
        begins = begins[:LINE_CHARACTERS].rsplit(" ", 1)[0] + "…"
    return Line(
        id=message.pk,
        who=words.who(message),
        at=message.created_at,
        begins=begins or ", ".join(words.attached(message)),
        is_question=message.role == Message.Role.USER,
    )
