"""Whoever places a hold and whoever deletes wait for each other: what is there when the hold is entered stays."""

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import people
from accounts.models import User
from conversations import lifecycle
from conversations.errors import NotFound, UnderHold
from conversations.models import Conversation, LegalHold, UsageEntry
from conversations.retention import holds, running
from conversations.review import redaction
from tests.durability.test_lock_in_one_order import PATIENCE_SECONDS, until_it_waits

from .conftest import DAY, chat, kept, policy
from .test_hold_what_must_stay import KINDS, WHY, root  # noqa: F401

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
    pytest.mark.usefixtures("kept_files"),
]


@pytest.fixture(autouse=True)
def nothing_can_be_undone(settings) -> None:
    settings.UNDO_DELETE_SECONDS = 0


def delete(talk: Conversation, root: User) -> None:  # noqa: F811
    lifecycle.delete(conversation=talk)


def drop(talk: Conversation, root: User) -> None:  # noqa: F811
    lifecycle.drop(conversation_id=talk.pk)


def run(talk: Conversation, root: User) -> None:  # noqa: F811
    running.run()


def redact(talk: Conversation, root: User) -> None:  # noqa: F811
    message = talk.turns.get().messages.get(role="user")
    redaction.redact(message_id=message.pk, by=root, reason="It is against the rules.")


def delete_owner(talk: Conversation, root: User) -> None:  # noqa: F811
    people.delete(user=User.objects.get(pk=talk.owner_id))


def delete_owners(talk: Conversation, root: User) -> None:  # noqa: F811
    User.objects.filter(pk=talk.owner_id).delete()


def doomed(owner: User) -> Conversation:
    """Return a chat that everybody who deletes would delete now."""
    policy(chats_days=30)
    talk = chat(owner, quiet_days=900, file="A table.")
    long_ago = timezone.now() - 30 * DAY
    Conversation.objects.filter(pk=talk.pk).update(expires_at=long_ago)
    talk.refresh_from_db()
    return talk


def beside(work: Callable, *given) -> None:
    """Do it and let the connection of this thread go."""
    try:
        with suppress(UnderHold):
            work(*given)
    finally:
        connection.close()


@pytest.mark.parametrize("verb", [delete, drop, run, redact, delete_owner, delete_owners])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_deleted_while_a_hold_is_placed_stays(alice, root, kind, verb):  # noqa: F811
    talk = doomed(alice)
    if verb is drop:
        Conversation.objects.update(deleted_at=timezone.now() - DAY)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            holds.place(by=root, reason=WHY, **kind(talk))
            working = thread.submit(beside, verb, talk, root)
            until_it_waits(working)
        working.result(PATIENCE_SECONDS)
    assert kept(talk) and User.objects.filter(pk=alice.pk).exists()
    assert "tide" in talk.turns.get().messages.get(role="user").text


@pytest.mark.parametrize("verb", [delete, drop, delete_owner, delete_owners])
@pytest.mark.parametrize("kind", KINDS)
def test_a_hold_that_comes_too_late_finds_nothing(alice, root, kind, verb):  # noqa: F811
    talk = doomed(alice)
    if verb is drop:
        Conversation.objects.update(deleted_at=timezone.now() - DAY)
    placing = lambda: holds.place(by=root, reason=WHY, **kind(talk))  # noqa: E731
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            verb(talk, root)
            working = thread.submit(beside, placing)
            until_it_waits(working)
        with suppress(NotFound):
            working.result(PATIENCE_SECONDS)
    assert not kept(talk)
    assert all(holds.count(hold) == 0 for hold in LegalHold.objects.all())


@pytest.mark.parametrize("verb", [delete_owner, delete_owners])
@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_deletes_an_account_waits_for_its_person_before_their_chats(alice, root, verb, is_superuser):  # noqa: F811
    """Whoever asks locks the person and then the chat, and so does whoever places a hold on a person."""
    talk = chat(alice)
    User.objects.filter(pk=alice.pk).update(is_superuser=is_superuser)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            list(User.objects.select_for_update(no_key=True).filter(pk=alice.pk))
            working = thread.submit(beside, verb, talk, root)
            until_it_waits(working)
            list(Conversation.objects.select_for_update().filter(pk=talk.pk))
        working.result(PATIENCE_SECONDS)
    assert not kept(talk)


def test_who_deletes_an_account_does_not_stop_those_who_write_in_its_name(alice, root):  # noqa: F811
    """Whoever holds a chat may add rows that name its owner, whoever waits for that chat."""
    talk = chat(alice)
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            list(Conversation.objects.select_for_update().filter(pk=talk.pk))
            working = thread.submit(beside, delete_owner, talk, root)
            until_it_waits(working)
            talk.turns.create(author_id=alice.pk, status="completed", fingerprint="")
        working.result(PATIENCE_SECONDS)
    assert not kept(talk)


def test_details_of_usage_that_are_deleted_while_a_hold_is_placed_stay(alice, root):  # noqa: F811
    policy(usage_days=2)
    UsageEntry.objects.create(user=alice, created_at=timezone.now() - datetime.timedelta(days=30))
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            holds.place(by=root, reason=WHY, owner_id=alice.pk)
            working = thread.submit(beside, running.run)
            until_it_waits(working)
        working.result(PATIENCE_SECONDS)
    assert UsageEntry.objects.count() == 1
