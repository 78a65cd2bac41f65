"""`manage.py doctor`: nothing to say about a sound installation, and each fault is found, with what helps."""

import datetime
import json
from importlib import import_module
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import audit
from chatsite import doctor
from chatsite.doctor import room
from conversations import work
from conversations.models import Conversation, DailyUsage, Job, Message, StoredFile, Turn, UsageEntry
from tests.api.conftest import ask, finish
from tests.fake_model import spawn
from tests.support.files import attach

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_outside(settings, kept_files):
    """No model server answers here, and the suite's own secret may be any."""
    settings.SECRET_KEY = "0123456789abcdef" * 4
    settings.LLM = {**settings.LLM, "ollama_base_url": "http://127.0.0.1:9", "openai_base_url": "", "scripted": False}


@pytest.fixture
def talk(alice) -> Turn:
    first = finish(ask(alice))
    return finish(ask(alice, first.conversation_id))


def codes(*checks: str) -> set[str]:
    return {finding.code for _, finding in doctor.examine(list(checks) or None)}


def test_a_sound_installation_has_nothing_worse_than_advice(talk, alice):
    audit.enter("purge")
    UsageEntry.objects.create(user=alice, model="m", prompt_tokens=3, completion_tokens=4)
    alice.is_superuser = True
    alice.save()
    found = {each.code for _, each in doctor.examine() if each.severity != "note"}
    # This machine's disk, and a model server that is not there, are no fault of the rows.
    assert found - {"disk_nearly_full", "kept_in_memory"} == {"model_server", "only_demo"}


BREAKS = {
    "parent_elsewhere": lambda talk: _other(talk, "parent"),
    "leaf_elsewhere": lambda talk: _other(talk, "leaf"),
    "depth_wrong": lambda talk: Turn.objects.filter(pk=talk.pk).update(depth=7),
    "leaf_missing": lambda talk: Conversation.objects.update(leaf=None),
    "turn_without_question": lambda talk: talk.messages.filter(position=0).delete(),
    "answer_without_end": lambda talk: Message.objects.filter(turn=talk, role="assistant").update(status="streaming"),
    "count_wrong": lambda talk: Conversation.objects.update(message_count=99),
    "turns_left": lambda talk: Turn.objects.filter(pk=talk.pk).update(
        status="running", heartbeat_at=timezone.now() - datetime.timedelta(hours=1)
    ),
}


def _other(talk: Turn, field: str) -> None:
    other = finish(ask(talk.author))
    if field == "parent":
        Turn.objects.filter(pk=talk.pk).update(parent=other)
    else:
        Conversation.objects.filter(pk=talk.conversation_id).update(leaf=other)


@pytest.mark.parametrize("code", BREAKS)
def test_rows_that_do_not_belong_together_are_found(code: str, talk):
    assert codes("conversations") == set()
    BREAKS[code](talk)
    assert code in codes("conversations")


def test_sums_that_are_not_those_of_the_ledger_are_found(alice):
    UsageEntry.objects.create(user=alice, model="m", prompt_tokens=3, completion_tokens=4)
    assert codes("usage") == set()
    DailyUsage.objects.update(prompt_tokens=99)
    assert codes("usage") == {"sums_differ"}


def test_an_entry_of_the_audit_ledger_that_was_changed_is_found():
    audit.enter("purge", sessions=1)
    assert codes("audit") == set()
    migration = import_module("accounts.migrations.0003_audit_ledger")
    with connection.cursor() as cursor:
        for statement in migration.unguard(connection.vendor):
            cursor.execute(statement)
        cursor.execute("UPDATE accounts_auditentry SET action = 'other'")
        for statement in migration.guard(connection.vendor):
            cursor.execute(statement)
    assert codes("audit") == {"ledger_broken"}


def test_files_without_bytes_and_bytes_without_files_are_found(alice, kept_files):
    file = StoredFile(owner=alice, sha256="0" * 64, size=1, kind="text", media_type="text/plain")
    file.content.save("x", ContentFile(b"x"))
    assert codes("files") == {"files_unused"}
    (kept_files / file.content.name).unlink()
    assert "files_missing" in codes("files")


def test_jobs_that_nobody_does_are_found():
    work.queue(kind="title", key="title 1")
    assert codes("jobs") == set()
    Job.objects.update(due_at=timezone.now() - datetime.timedelta(hours=1))
    assert codes("jobs") == {"jobs_wait"}
    Job.objects.update(state="failed")
    assert codes("jobs") == {"jobs_failed"}


def test_an_embedding_model_that_is_not_there_is_told(settings, alice):
    attach(alice)
    assert codes("embeddings") == set()
    settings.EMBEDDING = {"model": "ollama/embed", "seconds": 5}
    with spawn() as url:
        settings.LLM = {**settings.LLM, "ollama_base_url": url}
        assert codes("embeddings") == {"files_not_embedded"}
        StoredFile.objects.update(embedding_model="ollama/embed")
        assert codes("embeddings") == set()
        settings.EMBEDDING = {"model": "ollama/missing-404", "seconds": 5}
        (told, *_) = (finding for _, finding in doctor.examine(["embeddings"]))
        assert told.code == "embedding_model"
        assert "Ollama has no model named missing-404." in told.what and "ollama pull" in told.fix
    # Nor is there a server any more.
    settings.EMBEDDING = {"model": "ollama/embed", "seconds": 5}
    assert codes("embeddings") == {"embedding_model"}


def test_a_folder_in_memory_is_told(monkeypatch, tmp_path):
    mounts = tmp_path / "mounts"
    table = ["/dev/sda1 / ext4 rw 0 0", f"tmpfs {tmp_path} tmpfs rw 0 0", f"/dev/sdb1 {tmp_path}/kept ext4 rw 0 0"]
    mounts.write_text("\n".join(table))
    monkeypatch.setattr(room, "MOUNTS", mounts)
    assert room._in_memory(tmp_path / "files")
    assert not room._in_memory(tmp_path / "kept" / "files")


def test_dangerous_settings_are_told(settings):
    settings.DEBUG = True
    settings.SECRET_KEY = "secret"
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL, settings.HTTPS = "http://chat.example.org", False
    assert {"debug_is_on", "weak_secret", "any_host", "no_https", "open_signup"} <= codes("configuration")


def test_a_check_that_breaks_is_a_finding_and_the_others_are_made(monkeypatch):
    def broken():
        raise ValueError("broken\nDETAIL: what somebody said")

    monkeypatch.setitem(doctor.CHECKS, "database", broken)
    found = list(doctor.examine(["database", "jobs", "usage"]))
    assert "(broken)" in found[0][1].what and "somebody" not in found[0][1].what
    assert [(name, each.code) for name, each in found] == [("database", "check_failed")]


def test_the_command_ends_with_the_worst_of_it(talk):
    printed = StringIO()
    call_command("doctor", "--only", "conversations", "usage", stdout=printed)
    assert printed.getvalue() == "Nothing is wrong.\n"
    BREAKS["depth_wrong"](talk)
    printed = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", "--only", "conversations", stdout=printed)
    told = json.loads(printed.getvalue())
    assert ended.value.code == told["exit_code"] == 2
    assert [(each["severity"], each["code"]) for each in told["findings"]] == [("error", "depth_wrong")]
    assert told["findings"][0]["fix"]
    with pytest.raises(CommandError):
        call_command("doctor", "--only", "nothing")
