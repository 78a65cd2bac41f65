"""Conversations that were had, jobs that are done at once, and an engine with a fake model server behind it."""

import datetime
import uuid

import pytest
from django.utils import timezone

from accounts.models import User
from conversations import lifecycle, turns, work
from conversations.models import Conversation, Job, Message, Summary, Turn
from tests.api.conftest import anonymous, program, stranger  # noqa: F401
from tests.usage.conftest import stage  # noqa: F401

MODEL = "ollama/fast"


def answered(
    author: User,
    question: str = "How high is the tide at noon?",
    answer: str = "The tide is two metres high at noon. It falls after that.",
    *,
    conversation_id=None,
    model: str = MODEL,
    **fields,
) -> Turn:
    """Return a turn that was answered whole, unless its fields say otherwise; kept as rows: no engine runs it."""
    usual = {"status": "completed", "prompt_tokens": 7, "completion_tokens": 3, "usage_exact": True}
    usual |= {"first_token_ms": 100, "total_ms": 1000, "finished_at": timezone.now(), "model": model}
    new = {"owner": author, "title": turns.title_of(question)}
    conversation, _ = Conversation.objects.get_or_create(pk=conversation_id or uuid.uuid4(), defaults=new)
    before = conversation.leaf
    place = {"parent": before, "depth": before.depth + 1 if before else 0}
    turn = Turn.objects.create(conversation=conversation, author=author, **place, **usual | fields)
    said = [Message(turn=turn, position=0, role="user", text=question)]
    said.append(Message(turn=turn, position=1, role="assistant", text=answer, model=model))
    Message.objects.bulk_create(said)
    Conversation.objects.filter(pk=conversation.pk).update(
        leaf=turn, status="active", message_count=conversation.message_count + 2, active_at=timezone.now()
    )
    return Turn.objects.select_related("conversation").get(pk=turn.pk)


def ended(turn: Turn) -> Summary:
    """Return the summary of the session that this turn was of, ended now and not written yet."""
    lifecycle.end(conversation=Conversation.objects.get(pk=turn.conversation_id))
    return Summary.objects.filter(conversation=turn.conversation_id).latest("number")


def do(kind: str) -> Job:
    """Return the one job of a kind, once it was tried."""
    job = Job.objects.get(kind=kind)
    work.perform(job.pk)
    job.refresh_from_db()
    return job


def make_due(job: Job) -> None:
    """Let the time have come to try a job again."""
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now() - datetime.timedelta(seconds=1))


@pytest.fixture
def talk(alice: User) -> Turn:
    """An answered turn in a conversation of Alice's."""
    return answered(alice)
