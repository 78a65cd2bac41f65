"""Retention tells the owner first, waits, deletes, and certifies what it has deleted."""

import hashlib

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command

from accounts.models import AuditEntry
from conversations import lifecycle, turns
from conversations.models import Attachment, Conversation, Message, RetentionPolicy, SearchEntry, StoredFile, Turn
from conversations.retention import preview, running
from tests.pages.conftest import browser_of

from .conftest import DAY, chat, kept, may_keep_pinned, policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "kept_files")]


def told(conversation: Conversation):
    conversation.refresh_from_db()
    return conversation.expires_at


def test_nothing_is_deleted_without_a_policy(alice):
    old = chat(alice, quiet_days=4000, file="A table.")
    assert running.run() == [] and kept(old) and told(old) is None


def test_a_chat_is_deleted_as_many_days_after_its_last_word_and_its_owner_is_told_before(alice, clock):
    policy(chats_days=30)
    talk = chat(alice, quiet_days=22)
    running.run()
    assert told(talk) is None
    clock.pass_by(1)
    running.run()
    assert told(talk) == talk.active_at + 30 * DAY
    clock.pass_by(6)
    assert running.run() == [] and kept(talk)
    clock.pass_by(1)
    [deleted] = running.run()
    assert deleted.ids == [talk.pk] and not kept(talk)
    assert not Message.objects.exists() and not Turn.objects.exists() and not SearchEntry.objects.exists()


def test_what_is_too_old_when_a_policy_is_made_has_its_days_of_grace(alice, clock):
    policy(chats_days=30)
    talk = chat(alice, quiet_days=900)
    assert running.run() == [] and told(talk) == clock.now + 7 * DAY
    clock.pass_by(6.9)
    assert running.run() == [] and kept(talk)
    clock.pass_by(0.2)
    assert len(running.run()) == 1 and not kept(talk)


def test_to_write_in_it_keeps_it_at_once(alice, clock):
    policy(chats_days=30)
    talk = chat(alice, quiet_days=900)
    running.run()
    turns.start(conversation_id=talk.pk, author=alice, text="Still needed")
    assert told(talk) is None
    clock.pass_by(8)
    assert running.run() == [] and kept(talk)


def test_what_was_said_behind_the_notice_puts_it_off(alice, clock):
    policy(chats_days=30)
    talk = chat(alice, quiet_days=900)
    running.run()
    Conversation.objects.filter(pk=talk.pk).update(active_at=clock.now)
    clock.pass_by(8)
    assert running.run() == [] and told(talk) is None


def test_a_longer_policy_puts_off_and_none_takes_back(alice, clock):
    rule = policy(chats_days=30)
    talk = chat(alice, quiet_days=24)
    running.run()
    RetentionPolicy.objects.update(chats_days=31)
    running.run()
    assert told(talk) == talk.active_at + 31 * DAY
    rule.delete()
    running.run()
    assert told(talk) is None


@pytest.mark.parametrize("may", [True, False])
def test_pinning_keeps_it_where_that_is_permitted(alice, clock, may):
    policy(chats_days=30)
    owner = may_keep_pinned(alice) if may else alice
    talk = chat(owner, quiet_days=900)
    running.run()
    lifecycle.change(conversation=Conversation.objects.get(pk=talk.pk), changes={"pinned": True})
    assert (told(talk) is None) == may
    clock.pass_by(8)
    running.run()
    assert kept(talk) == may
    if may:
        lifecycle.change(conversation=talk, changes={"pinned": False})
        running.run()
        assert told(talk) == clock.now + 7 * DAY


def test_of_several_groups_the_longest_applies_and_they_replace_the_one_for_everybody(alice, bob, clock):
    policy(chats_days=20)
    policy("Sales", chats_days=60)
    policy("Trainees", chats_days=10)
    policy("Archive", chats_days=None)
    alice.groups.set(Group.objects.filter(name__in=["Sales", "Trainees"]))
    one, two = chat(alice, quiet_days=50), chat(bob, quiet_days=50)
    running.run()
    assert told(one) is None and told(two) is not None
    alice.groups.set(Group.objects.filter(name="Trainees"))
    running.run()
    assert told(one) == clock.now + 7 * DAY
    alice.groups.set(Group.objects.filter(name__in=["Trainees", "Archive"]))
    running.run()
    assert told(one) is None


def test_files_go_with_their_bytes_and_what_was_said_stays(
    alice, clock, kept_files, django_capture_on_commit_callbacks
):
    policy(files_days=10)
    talk, other = chat(alice, quiet_days=90, file="A table."), chat(alice, file="A table of another kind.")
    file = talk.leaf.messages.get(role="user").attachments.get().file
    shared = Attachment.objects.create(
        owner=alice, file=file, name="again.txt", message=other.leaf.messages.get(role="user")
    )
    running.run()
    talk.refresh_from_db()
    assert talk.files_expire_at == clock.now + 7 * DAY and talk.expires_at is None
    clock.pass_by(7)
    Conversation.objects.filter(pk=other.pk).update(active_at=clock.now)
    with django_capture_on_commit_callbacks(execute=True):
        [deleted] = running.run()
    assert (deleted.conversations, deleted.files) == (1, 1)
    talk.refresh_from_db()
    assert talk.files_expire_at is None and talk.leaf.messages.count() == 2
    assert not Attachment.objects.filter(message__turn__conversation=talk).exists()
    # The same bytes are attached elsewhere, by the same person.
    assert StoredFile.objects.filter(pk=shared.file_id).exists()
    assert talk.leaf.included[0]["why"] == "deleted"
    page = browser_of(alice).get(f"/chat/{talk.pk}/").content.decode()
    assert "It was deleted." in page and f"/attachments/{talk.leaf.included[0]['attachment']}" not in page
    clock.pass_by(90)
    running.run()
    clock.pass_by(8)
    with django_capture_on_commit_callbacks(execute=True):
        running.run()
    assert not StoredFile.objects.exists() and [path for path in kept_files.rglob("*") if path.is_file()] == []


def test_a_certificate_says_how_much_by_which_policy_and_no_title(alice, clock):
    rule = policy(chats_days=30)
    talks = [chat(alice, quiet_days=900, file="A table."), chat(alice, quiet_days=900)]
    running.run()
    clock.pass_by(8)
    running.run()
    entry = AuditEntry.objects.get(action="retention.deleted")
    ids = "".join(f"{each}\n" for each in sorted(str(talk.pk) for talk in talks))
    assert entry.target_id == str(rule.pk)
    assert entry.facts == {
        "kind": "chats",
        "days": 30,
        "group": None,
        "conversations": 2,
        "messages": 4,
        "files": 1,
        "usage_entries": 0,
        "ids_sha256": hashlib.sha256(ids.encode()).hexdigest(),
    }
    assert AuditEntry.objects.filter(action="conversation.purged").count() == 2
    assert "Tides" not in "".join(AuditEntry.objects.values_list("details", flat=True))


def test_a_run_that_is_cut_short_certifies_what_it_did(alice, clock, monkeypatch):
    policy(chats_days=30)
    for _ in range(3):
        chat(alice, quiet_days=900)
    running.run()
    clock.pass_by(8)
    drop, calls = lifecycle.drop, []

    def failing(**fields):
        calls.append(fields)
        if len(calls) == 2:
            raise OSError("The disk is gone.")
        return drop(**fields)

    monkeypatch.setattr(lifecycle, "drop", failing)
    with pytest.raises(OSError):
        running.run()
    assert AuditEntry.objects.get(action="retention.deleted").facts["conversations"] == 1
    assert Conversation.objects.count() == 1 and Conversation.everything.count() == 2
    monkeypatch.setattr(lifecycle, "drop", drop)
    assert lifecycle.drop_deleted() == 1
    with pytest.raises(lifecycle.NotFound):
        lifecycle.restore(conversation_id=calls[1]["conversation_id"], user=alice)


def test_a_long_conversation_goes_in_pieces(alice, clock, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(lifecycle, "PURGED_TURNS", 3)
    talk = chat(alice, quiet_days=900)
    above = talk.leaf
    for depth in range(1, 11):
        above = Turn.objects.create(
            conversation=talk, author=alice, parent=above, depth=depth, status="completed", fingerprint=""
        )
    purged = []
    piece = lifecycle._purge_piece
    monkeypatch.setattr(lifecycle, "_purge_piece", lambda locked: purged.append(found := piece(locked)) or found)
    lifecycle.delete(conversation=talk)
    clock.pass_by(1)
    assert lifecycle.drop_deleted() == 1 and not kept(talk) and not Turn.objects.exists()
    assert purged == [True, True, True, False]


def test_a_preview_says_what_a_run_then_does(alice, bob, clock, capsys):
    policy(chats_days=30, files_days=20)
    may_keep_pinned(bob)
    chat(bob, quiet_days=900, pinned=True)
    chat(alice, quiet_days=900, file="A table.")
    call_command("retention", "--dry-run")
    assert "owners to be told by the next run: 1 chats" in capsys.readouterr().out
    assert not Conversation.objects.exclude(expires_at=None).exists()
    call_command("retention")
    assert "Nothing was due." in capsys.readouterr().out
    clock.pass_by(8)
    chats, files = preview.preview()
    assert (chats.due, chats.messages, chats.files, chats.pinned, chats.to_tell) == (1, 2, 1, 1, 0)
    assert (files.due, files.files) == (1, 1)
    call_command("retention")
    out = capsys.readouterr().out
    assert "chats after 30 days: 1 chats (2 messages, 0 files) deleted." in out
    assert "files after 20 days: 1 chats (0 messages, 1 files) deleted." in out
    assert preview.preview()[0].due == 0


def test_a_policy_leaves_time_to_tell():
    with pytest.raises(ValidationError, match="told 14 days before"):
        RetentionPolicy(chats_days=5).full_clean()


def test_the_owner_sees_it_in_the_chat_and_the_list(alice, clock):
    policy(chats_days=30)
    talk = chat(alice, quiet_days=900)
    browser = browser_of(alice)
    assert "data-expires" not in browser.get(f"/chat/{talk.pk}/").content.decode()
    running.run()
    page = browser.get(f"/chat/{talk.pk}/").content.decode()
    assert "This chat will be deleted after 8 March 2026" in page
    assert "Pin it to keep it" not in page
    assert 'title="Will be deleted after 8 March 2026"' in browser.get("/chat/").content.decode()
    may_keep_pinned(alice)
    page = browser.get(f"/chat/{talk.pk}/").content.decode()
    assert "Pin it to keep it" in page
    assert browser.post("/chat/arrange/", {"verb": "pin", "chat": talk.pk}).status_code == 302
    assert "data-expires" not in browser.get(f"/chat/{talk.pk}/").content.decode()


def test_a_program_is_told(alice, clock):
    policy(chats_days=30, files_days=30)
    talk = chat(alice, quiet_days=900, file="A table.")
    running.run()
    told = browser_of(alice).get(f"/api/conversations/{talk.pk}/").json()
    assert told["expires_at"] == told["files_expire_at"] == "2026-03-08T02:45:00Z"
