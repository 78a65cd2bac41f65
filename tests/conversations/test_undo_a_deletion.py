"""Deleting: gone at once for everybody, back to the letter for a moment, and then gone for good."""

import datetime
import uuid

import pytest
from django.utils import timezone

from conversations import attachments, lifecycle, search, sessions, turns, work
from conversations.errors import IdTaken, NotFound
from conversations.models import Attachment, Conversation, Job, Message, SearchEntry, StoredFile, Turn
from conversations.work import rows
from tests.schema.conftest import kept
from tests.support.files import attach

from .test_ask import ask, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(alice, new_id, kept_files) -> Conversation:
    """A conversation with a file, an answer and a job."""
    file = attach(alice, text="The tide table.", name="tides.txt")
    finish(ask(alice, new_id, attachments=[str(file.pk)]).turn, "Twice a day.")
    conversation = Conversation.objects.get()
    work.queue(kind="title", key=f"title {new_id}", conversation=conversation)
    return conversation


def pass_by(seconds: float) -> None:
    """Let time pass since the deletion."""
    earlier = timezone.now() - datetime.timedelta(seconds=seconds)
    Conversation.everything.exclude(deleted_at=None).update(deleted_at=earlier)


def test_what_was_deleted_is_seen_by_no_gate(alice, talk):
    lifecycle.delete(conversation=talk)
    message, turn = Message.objects.first(), Turn.objects.get()
    assert Conversation.objects.owner_of(talk.pk) not in {None, alice.pk}
    for kind in (Conversation, Turn, Message, Attachment, SearchEntry):
        assert not kind.objects.visible_to(alice).exists(), kind
    assert search.messages(user=alice, typed="tide").hits == []
    with pytest.raises(NotFound):
        turns.find(turn_id=turn.pk, user=alice)
    with pytest.raises(NotFound):
        attachments.find(attachment_id=message.attachments.get().pk, user=alice)


def test_nothing_is_said_in_it_and_nobody_begins_another_in_its_place(alice, bob, talk):
    client_id = str(uuid.uuid4())
    turn = finish(ask(alice, talk.pk, "And the moon?", client_id=client_id).turn) or Turn.objects.last()
    lifecycle.delete(conversation=talk)
    before = kept()
    for refused in (
        lambda: ask(alice, talk.pk, "More?"),
        lambda: ask(bob, talk.pk, "Mine now?"),
        lambda: ask(alice, talk.pk, "And the moon?", client_id=client_id),
        lambda: turns.retry(turn=turn, author=alice),
        lambda: lifecycle.rename(conversation=talk, title="Another"),
        lambda: lifecycle.delete(conversation=talk),
        lambda: lifecycle.end(conversation=talk),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(IdTaken):
        lifecycle.create(owner=bob, id=talk.pk)
    sessions.seen([talk.pk])
    assert sessions.end_left() == 0
    assert kept() == before


def test_undone_in_time_everything_is_back_to_the_letter(alice, bob, talk):
    before = kept()
    lifecycle.delete(conversation=talk)
    assert kept() != before
    with pytest.raises(NotFound):
        lifecycle.restore(conversation_id=talk.pk, user=bob)
    assert lifecycle.restore(conversation_id=talk.pk, user=alice) == talk
    # Asked twice, as by two clicks.
    lifecycle.restore(conversation_id=talk.pk, user=alice)
    after = kept()
    # That it was done and undone stays on record.
    assert len(after.pop("accounts.AuditEntry")) == len(before.pop("accounts.AuditEntry")) + 2
    assert after == before
    assert [hit.conversation_id for hit in search.messages(user=alice, typed="tide").hits] == [talk.pk] * 3


@pytest.mark.parametrize("swept", [False, True])
def test_afterwards_it_is_too_late(alice, talk, settings, swept, django_capture_on_commit_callbacks):
    lifecycle.delete(conversation=talk)
    assert lifecycle.drop_deleted() == 0
    pass_by(settings.UNDO_DELETE_SECONDS + 1)
    if swept:
        with django_capture_on_commit_callbacks(execute=True):
            assert lifecycle.drop_deleted() == 1
    with pytest.raises(NotFound):
        lifecycle.restore(conversation_id=talk.pk, user=alice)
    assert Conversation.everything.exists() is not swept


def test_then_nothing_is_left_of_it_nor_of_its_files(
    alice, talk, settings, kept_files, django_capture_on_commit_callbacks
):
    assert any(path.is_file() for path in kept_files.rglob("*"))
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.delete(conversation=talk)
        pass_by(settings.UNDO_DELETE_SECONDS + 1)
        lifecycle.drop_deleted()
    for kind in (Turn, Message, SearchEntry, Attachment, StoredFile, Job):
        assert not kind.objects.exists(), kind
    assert not any(path.is_file() for path in kept_files.rglob("*"))


def test_without_a_time_to_undo_it_is_gone_at_once(alice, talk, settings):
    settings.UNDO_DELETE_SECONDS = 0
    lifecycle.delete(conversation=talk)
    assert not Conversation.everything.exists()


def test_an_answer_that_was_being_written_is_stopped_in_its_row(alice, new_id):
    turn = ask(alice, new_id).turn
    lifecycle.delete(conversation=turn.conversation)
    turn.refresh_from_db()
    assert turn.stop_requested_at is not None


def test_work_for_it_waits_until_it_is_back(alice, talk):
    job = Job.objects.get()
    lifecycle.delete(conversation=talk)
    assert rows.claim(job.pk) is None
    assert not Job.objects.due().exists()
    lifecycle.restore(conversation_id=talk.pk, user=alice)
    assert rows.claim(job.pk) is not None


def test_a_page_of_what_was_found_is_full_although_some_of_it_was_deleted(alice):
    talks = [ask(alice, text=f"Tide {number}").turn.conversation for number in range(6)]
    for gone in (talks[5], talks[3]):
        lifecycle.delete(conversation=gone)
    page = search.messages(user=alice, typed="tide", limit=3)
    rest = search.messages(user=alice, typed="tide", limit=100, before=page.next)
    assert len(page.hits) == 3
    found = [hit.conversation_id for hit in page.hits + rest.hits]
    assert set(found) == {talks[number].pk for number in (0, 1, 2, 4)}
    assert len(found) == 8
