"""Two things at once with the same file or the same room: one after the other, and nothing is lost or left behind."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import connection, transaction

from conversations import attachments, storage, turns
from conversations.errors import AttachmentSent, ChatError, TooLarge
from conversations.models import Attachment, Message, StoredFile
from tests.support.files import attach

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = b"The lease ends in March 2031.\n"
ROUNDS = 15
A_MOMENT = 0.3
PATIENCE_SECONDS = 30


def uploaded(content: bytes, name: str = "lease.txt") -> TemporaryUploadedFile:
    upload = TemporaryUploadedFile(name, "text/plain", len(content), None)
    upload.write(content)
    upload.seek(0)
    return upload


def stored(folder) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def at_once(*verbs) -> list:
    """Return what the verbs return or which of our own errors they raise, each done in a thread of its own."""

    def work(verb):
        try:
            return verb()
        except ChatError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(work, verbs, timeout=PATIENCE_SECONDS))


@pytest.fixture
def together(monkeypatch):
    """Let two files be read until both have been: as slow ones are."""
    really_read, barrier = attachments.extraction.read, threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def read(path, *, name, whose):
        extract = really_read(path, name=name)
        barrier.wait()
        return extract

    monkeypatch.setattr(attachments.extraction, "read", read)


def test_the_same_file_twice_at_once_is_kept_once(alice, files, together):
    answers = at_once(*[lambda: attachments.receive(owner=alice, upload=uploaded(LEASE))] * 2)
    assert {each.file_id for each in answers} == {StoredFile.objects.get().pk}
    assert Attachment.objects.count() == 2
    assert stored(files) == 1


def test_two_files_at_once_cannot_both_take_the_last_room(alice, files, together, settings):
    settings.USER_FILES_BYTES = 40
    contents = (LEASE, LEASE.upper())
    answers = at_once(
        *[lambda content=each: attachments.receive(owner=alice, upload=uploaded(content)) for each in contents]
    )
    (refused,) = [each for each in answers if isinstance(each, TooLarge)]
    assert refused.code == "files_full"
    assert StoredFile.objects.count() == Attachment.objects.count() == stored(files) == 1


def test_what_is_sent_while_it_is_taken_back_stays(alice, files):
    attachment = attach(alice)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            started = turns.start(conversation_id=uuid.uuid4(), author=alice, text="When?", attachments=[attachment.pk])
            back = threads.submit(at_once, lambda: attachments.take_back(attachment=attachment))
            # Not before the other one looks, which cannot see yet that it is sent.
            threading.Event().wait(A_MOMENT)
        (refused,) = back.result(PATIENCE_SECONDS)
    assert isinstance(refused, AttachmentSent)
    assert Attachment.objects.get().message_id == started.question.pk
    assert stored(files) == 2


def test_what_is_sent_while_the_night_sweeps_stays(alice, files, monkeypatch):
    attachment = attach(alice)
    monkeypatch.setattr(storage, "unsent", Attachment.objects.all)
    drop = storage.drop_waiting

    def drop_waiting(attachment_id):
        turns.start(conversation_id=uuid.uuid4(), author=alice, text="When?", attachments=[attachment_id])
        return drop(attachment_id)

    monkeypatch.setattr(storage, "drop_waiting", drop_waiting)
    assert storage.drop_unsent() == 0
    assert Attachment.objects.get(pk=attachment.pk).message is not None
    assert stored(files) == 2


def test_two_questions_with_the_same_files_do_not_wait_in_a_circle(alice):
    for number in range(ROUNDS):
        ids = [attach(alice, text=f"{number} {each}").pk for each in range(3)]
        answers = at_once(
            *[
                lambda order=order: turns.start(
                    conversation_id=uuid.uuid4(), author=alice, text="Which?", attachments=order
                )
                for order in (ids, ids[::-1])
            ]
        )
        assert sorted(type(each).__name__ for each in answers) == ["AttachmentSent", "Started"]
        (sent,) = [each for each in answers if isinstance(each, turns.Started)]
        assert Message.objects.get(pk=sent.question.pk).attachments.count() == 3


def test_asking_again_while_the_same_file_comes_once_more_does_not_wait_in_a_circle(alice):
    content = b"Over and over."
    attachment = attach(alice, text=content.decode())
    turn = turns.start(conversation_id=uuid.uuid4(), author=alice, text="What?", attachments=[attachment.pk]).turn
    for _ in range(ROUNDS):
        type(turn).objects.update(status="completed")
        turn.refresh_from_db()
        answers = at_once(
            lambda: turns.retry(turn=turn, author=alice),
            lambda: attachments.receive(owner=alice, upload=uploaded(content)),
        )
        assert [type(each).__name__ for each in answers] == ["Started", "Attachment"]
    assert StoredFile.objects.count() == 1
