"""A clock that tests set, and chats that were quiet for a while."""

import datetime
import hashlib
import uuid
from collections.abc import Iterator
from unittest import mock

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import User
from conversations import search
from conversations.models import Attachment, Conversation, Message, RetentionPolicy, StoredFile, Turn
from tests.pages.conftest import plain_static_files  # noqa: F401
from tests.support.files import attach

BEGIN = datetime.datetime(2026, 3, 1, 2, 45, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


class Clock:
    """What time it is, by days from the beginning of a test."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime.datetime:
        return self.now

    def pass_by(self, days: float) -> datetime.datetime:
        self.now += days * DAY
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with mock.patch.object(timezone, "now", clock):
        yield clock


def chat(
    owner: User, *, quiet_days: float = 0, text: str = "What is a tide?", file: str = "", **fields
) -> Conversation:
    """Return a finished chat of one question in which nothing was said for so many days."""
    moment = timezone.now() - quiet_days * DAY
    made = Conversation.objects.create(owner=owner, title="Tides", message_count=2, **fields)
    turn = Turn.objects.create(conversation=made, author=owner, status="completed", fingerprint="")
    question = Message.objects.create(turn=turn, position=0, role="user", text=text)
    Message.objects.create(turn=turn, position=1, role="assistant", text="Water that comes and goes.")
    search.keep_messages(made, [question])
    if file:
        sent = _sent(owner, file, question)
        Turn.objects.filter(pk=turn.pk).update(
            included=[
                {
                    "attachment": str(sent.pk),
                    "name": sent.name,
                    "whole": True,
                    "passages": [],
                    "left_out": 0,
                    "image": False,
                    "why": "",
                }
            ]
        )
    Conversation.objects.filter(pk=made.pk).update(active_at=moment, leaf=turn)
    made.refresh_from_db()
    return made


def _sent(owner: User, text: str, question: Message) -> Attachment:
    """Return an attached file; the same text is the same file of this person."""
    same = StoredFile.objects.filter(owner=owner, sha256=hashlib.sha256(text.encode()).hexdigest()).first()
    if same is None:
        return attach(owner, text=text, message=question)
    return Attachment.objects.create(owner=owner, file=same, name="again.txt", message=question)


def policy(*groups: str, **fields) -> RetentionPolicy:
    """Return a policy for a group, or for everybody."""
    group = Group.objects.get_or_create(name=groups[0])[0] if groups else None
    return RetentionPolicy.objects.create(group=group, **{"grace_days": 7} | fields)


def may_keep_pinned(person: User) -> User:
    person.user_permissions.add(Permission.objects.get(codename="keep_pinned"))
    return User.objects.get(pk=person.pk)


def kept(conversation: Conversation) -> bool:
    """Whether its rows are still there."""
    return Conversation.everything.filter(pk=conversation.pk).exists()


def unknown() -> uuid.UUID:
    return uuid.uuid4()
