"""No bytes are kept that nobody needs: uploads never sent, files attached nowhere, bytes without a row."""

import datetime
import os

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.core.management import call_command
from django.utils import timezone

from conversations import attachments, jobs, storage
from conversations.models import Attachment, Discarded, StoredFile
from tests.support.files import attach

from .conftest import upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def forgotten(alice):
    """An upload of two days ago that was never sent."""
    attachment = attach(alice, text="Forgotten.")
    Attachment.objects.update(created_at=timezone.now() - datetime.timedelta(days=2))
    return attachment


@pytest.fixture
def orphan(files):
    """Bytes of two days ago that belong to no row."""
    path = files / "ab" / ("ab" + "0" * 30)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"orphan")
    days_ago = (timezone.now() - datetime.timedelta(days=2)).timestamp()
    os.utime(path, (days_ago, days_ago))
    return path


def stored(folder) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def test_at_night_what_was_never_sent_goes_with_its_bytes(forgotten, alice, files):
    attach(alice, text="Of today.")
    jobs.clean_files.call_local()
    assert [each.file.sha256 for each in Attachment.objects.all()] != [forgotten.file.sha256]
    assert Attachment.objects.count() == StoredFile.objects.count() == 1
    assert stored(files) == 2


def test_at_night_bytes_without_a_row_go(orphan, alice, files):
    attach(alice)
    jobs.clean_files.call_local()
    assert not orphan.exists()
    assert stored(files) == 2


def test_new_bytes_without_a_row_may_be_on_their_way(orphan):
    os.utime(orphan)
    assert storage.drop_orphans() == 0
    assert orphan.exists()


def test_within_a_minute_a_file_that_is_attached_nowhere_goes(alice, files):
    attachment = attach(alice)
    # As a crash between two steps leaves it.
    Attachment.objects.filter(pk=attachment.pk)._raw_delete(using="default")
    jobs.drop_unused.call_local()
    assert not StoredFile.objects.exists()
    assert stored(files) == 0


def test_a_file_that_is_attached_elsewhere_stays(alice, files):
    attachment = attach(alice)
    Attachment.objects.create(owner=alice, file=attachment.file, name="again.txt")
    attachment.delete()
    assert StoredFile.objects.exists()
    assert stored(files) == 2


def test_a_dry_run_tells_and_deletes_nothing(forgotten, orphan, files, capsys):
    call_command("clean_files", "--dry-run")
    told = capsys.readouterr().out
    assert "1 uploads that were never sent would be deleted." in told
    assert "1 pieces of the storage that belong to nothing would be deleted." in told
    assert stored(files) == 3
    call_command("clean_files")
    assert "1 uploads that were never sent deleted." in capsys.readouterr().out
    assert stored(files) == 0


def test_what_others_keep_in_the_same_place_stays(orphan, files):
    theirs = [files / "ab" / "logo.png", files / "en" / ("en" + "0" * 30), files / "static" / ("ab" + "0" * 30)]
    days_ago = orphan.stat().st_mtime
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"theirs")
        os.utime(path, (days_ago, days_ago))
    assert storage.drop_orphans() == 1
    assert all(path.exists() for path in theirs)


def test_a_storage_that_is_away_keeps_nobody_from_deleting(alice, files, monkeypatch):
    attachment = attach(alice)

    def away(self, name):
        raise RuntimeError("The bucket does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "delete", away)
        attachments.take_back(attachment=attachment)
        assert not StoredFile.objects.exists()
        assert stored(files) == 2
    Discarded.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=1))
    jobs.drop_unused.call_local()
    assert stored(files) == 0
    assert not Discarded.objects.exists()


def test_a_crash_between_the_rows_and_the_bytes_leaves_their_names(alice, files, monkeypatch):
    attachment = attach(alice)
    monkeypatch.setattr(storage, "_discard", lambda *arguments: None)
    attachments.take_back(attachment=attachment)
    assert stored(files) == Discarded.objects.count() == 2
    monkeypatch.undo()
    assert storage.drop_discarded() == 0, "somebody may be at it"
    Discarded.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=1))
    assert storage.drop_discarded() == 2
    assert stored(files) == Discarded.objects.count() == 0


class Bucket(InMemoryStorage):
    """A storage with no files of its own on a disk, as a bucket is; nothing in it is new."""

    def get_modified_time(self, name):
        return timezone.now() - datetime.timedelta(days=2)


def test_a_storage_without_a_disk_will_do(program, settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Bucket"}}
    kept, taken = (upload(program, f"{each} lease.".encode(), "lease.txt").json()["id"] for each in ("A", "B"))
    content = program.get(f"attachments/{kept}/content/")
    assert b"".join(content.streaming_content) == b"A lease."
    default_storage.save("ab/" + "ab" * 16, ContentFile(b"orphan"))
    assert storage.drop_orphans() == 1
    assert program.delete(f"attachments/{taken}/").status_code == 204
    folders = default_storage.listdir("")[0]
    assert sum(len(default_storage.listdir(folder)[1]) for folder in folders) == 1
