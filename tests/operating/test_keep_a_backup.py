"""A backup holds everything, a restore brings it back to the letter, and neither spoils what is there."""

import json
import tarfile
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import AuditEntry, User
from chatsite import doctor, processes
from chatsite.copies import CopyError, archive, moving, server
from conversations import search
from conversations.models import Conversation, DailyUsage, Message, StoredFile, Turn, UsageEntry
from tests.operating.conftest import AWKWARD
from tests.support.services import need

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _programs():
    if connection.vendor == "postgresql":
        need(server.shutil.which("pg_dump"), "pg_dump")


def run(command: str, *arguments) -> str:
    printed = StringIO()
    call_command(command, *map(str, arguments), stdout=printed)
    return printed.getvalue()


def everything() -> dict[str, list]:
    """Return all rows that matter, as they are."""
    models = (User, Conversation, Turn, Message, UsageEntry, DailyUsage, AuditEntry, StoredFile)
    return {model.__name__: sorted(map(repr, model._default_manager.values_list())) for model in models}


def test_what_was_backed_up_comes_back_to_the_letter(rows, alice, kept_files, tmp_path):
    before = everything()
    told = run("backup", tmp_path)
    kept = next(tmp_path.glob("chatsite-*.tar.gz"))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "SECRET_KEY is not in it" in told
    assert AWKWARD.encode() not in kept.read_bytes()
    Message.objects.all().update(text="spoilt")
    StoredFile.objects.all().delete()
    User.objects.create_user("mallory@example.org")
    with pytest.raises(CommandError, match="is in use"):
        run("restore", kept)
    assert User.objects.count() == 2
    assert "is restored and equal" in run("restore", kept, "--overwrite")
    assert everything() == before
    assert default_storage.open(StoredFile.objects.get().content.name).read() == b"abc"
    assert len(search.messages(user=alice, typed="harbour").hits) == 1
    assert {each.code for _, each in doctor.examine(["conversations", "usage", "audit"])} == set()


def test_another_secret_is_told(rows, tmp_path, settings):
    run("backup", tmp_path / "kept")
    assert "whole" in (told := run("restore", tmp_path / "kept", "--check"))
    assert "SECRET_KEY" not in told
    settings.SECRET_KEY = "another one, of which the archive knows nothing"
    assert "SECRET_KEY here is not the one" in run("restore", tmp_path / "kept", "--check")


def rewritten(source: Path, target: Path, change) -> Path:
    """Write an archive anew with its contents changed."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            name, content = change(member.name, old.extractfile(member).read())
            member.name, member.size = name, len(content)
            new.addfile(member, BytesIO(content))
    return target


def with_rows(manifest: bytes, number: int) -> bytes:
    """Return a manifest that says that there are so many messages."""
    told = json.loads(manifest)
    told["tables"]["conversations_message"]["rows"] = number
    return json.dumps(told).encode()


DAMAGE = {
    "another letter": lambda name, content: (name, content[:-1] + b"?" if name == archive.DATABASE else content),
    "a name that leads out": lambda name, content: (name.replace("files/", "files/../../"), content),
    "another number of rows": lambda name, content: (
        name,
        with_rows(content, 999) if name == archive.MANIFEST else content,
    ),
    "a manifest that is a list": lambda name, content: (name, b"[]" if name == archive.MANIFEST else content),
    "a manifest with something more": lambda name, content: (
        name,
        content[:-1] + b', "more": 1}' if name == archive.MANIFEST else content,
    ),
    "no manifest": lambda name, content: (name.replace("manifest.json", "files/00/" + "0" * 32), content),
    "a manifest of another kind": lambda name, content: (
        name,
        json.dumps({"format": 9}).encode() if name == archive.MANIFEST else content,
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_an_archive_that_is_not_what_was_written_changes_nothing(what: str, rows, tmp_path):
    run("backup", tmp_path / "kept")
    bad = rewritten(tmp_path / "kept", tmp_path / "bad", DAMAGE[what])
    before = everything()
    with pytest.raises(CommandError):
        run("restore", bad, "--overwrite")
    assert everything() == before


def test_an_archive_with_one_file_twice_or_a_link_in_it_changes_nothing(rows, tmp_path):
    run("backup", tmp_path / "kept")
    for kind in (tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE):
        bad = tmp_path / f"bad {kind!r}"
        with tarfile.open(tmp_path / "kept") as old, tarfile.open(bad, "w:gz") as new:
            for member in old:
                extra = tarfile.TarInfo(member.name)
                extra.type, extra.linkname = kind, "/etc/passwd"
                new.addfile(extra)
                new.addfile(member, old.extractfile(member))
        with pytest.raises(CommandError):
            run("restore", bad, "--check")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is replaced in one step")
def test_what_an_interrupted_restore_put_aside_is_never_deleted(rows, tmp_path):
    run("backup", tmp_path / "kept")
    archive._schema(f"CREATE SCHEMA {archive.ASIDE}", f"CREATE TABLE {archive.ASIDE}.all_there_was ()")
    try:
        with pytest.raises(CommandError, match="was interrupted"):
            run("restore", tmp_path / "kept", "--overwrite")
        assert "all_there_was" in str(server_tables())
    finally:
        archive._schema(f"DROP SCHEMA {archive.ASIDE} CASCADE")


def server_tables() -> list:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [archive.ASIDE])
        return cursor.fetchall()


def test_nothing_is_restored_or_moved_under_a_server_that_runs(rows, tmp_path):
    run("backup", tmp_path / "kept")
    with processes.serving():
        with processes.serving():
            pass
        with pytest.raises(CommandError, match="is running here"):
            run("restore", tmp_path / "kept", "--overwrite")
        with pytest.raises(CopyError, match="is running here"):
            moving.move(tmp_path / "none", "postgres://127.0.0.1:9/none", say=print)
        assert "is whole" in run("restore", tmp_path / "kept", "--check")
    assert "is restored and equal" in run("restore", tmp_path / "kept", "--overwrite")


def test_half_an_archive_is_told(rows, tmp_path):
    run("backup", tmp_path / "kept")
    whole = (tmp_path / "kept").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    for bad in (tmp_path / "half", tmp_path / "nothing"):
        with pytest.raises(CommandError, match="cannot be read"):
            run("restore", bad, "--check")


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(rows, tmp_path, monkeypatch):
    (tmp_path / "kept").write_text("something else")
    with pytest.raises(CommandError, match="exists already"):
        run("backup", tmp_path / "kept")

    # What another backup is just writing.
    (tmp_path / "same.part").write_text("half")
    with pytest.raises(CommandError, match="File exists"):
        run("backup", tmp_path / "same")
    assert (tmp_path / "same.part").read_text() == "half"
    (tmp_path / "same.part").unlink()

    def no_room(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_add", no_room)
    with pytest.raises(CommandError, match="No space left"):
        run("backup", tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir() if path.name != "files"] == ["kept"]


def test_a_backup_of_the_other_database_or_a_newer_version_is_refused(rows, tmp_path, monkeypatch):
    run("backup", tmp_path / "kept")
    manifest = archive.read(tmp_path / "kept")
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[manifest.database]
    for change, words in (({"database": other}, "move_database"), ({"migrations": [["accounts", "9999"]]}, "newer")):
        monkeypatch.setattr(archive, "read", lambda path, change=change: archive.Manifest(**vars(manifest) | change))
        with pytest.raises(CommandError, match=words):
            run("restore", tmp_path / "kept", "--overwrite")


def test_without_postgresqls_programs_there_is_a_sentence(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CopyError, match="pg_dump is not installed here"):
        server.need("pg_dump")
