"""Conversations to search in."""

import uuid

from accounts.models import User
from conversations import search, turns
from conversations.models import Turn
from conversations.runner import rows

WORKER = "a worker of the test"


def say(person: User, question: str, answer: str = "", conversation_id=None, status: str = "completed") -> Turn:
    """Return the turn of a question that was answered, as the runner keeps it."""
    turn = turns.start(conversation_id=conversation_id or uuid.uuid4(), author=person, text=question).turn
    work = rows.claim(turn.pk, WORKER)
    kept = rows.Kept(message_id=str(work.answer.pk), text=answer, thinking="", seq=1)
    return rows.finish(rows.Ending(turn_id=turn.pk, worker=WORKER, kept=kept, status=status))


def found(person: User, typed: str, **how) -> list[str]:
    """Return what is found, as the plain text of each snippet, titles left out."""
    hits = search.messages(user=person, typed=typed, **how).hits
    return ["".join(piece.text for piece in hit.snippet) for hit in hits if hit.message_id]


def marked(person: User, typed: str, **how) -> list[str]:
    """Return the words that are marked in the newest message found."""
    hits = search.messages(user=person, typed=typed, **how).hits
    return [piece.text for piece in next(hit for hit in hits if hit.message_id).snippet if piece.found]
