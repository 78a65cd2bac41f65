"""Legal holds: what is held is deleted by nobody, and goes when the hold ends."""

import datetime

import pytest
from django.db import transaction

from accounts.models import AuditEntry, User
from conversations import lifecycle
from conversations.errors import Invalid, NotAllowed, NotFound, UnderHold
from conversations.models import Conversation, LegalHold
from conversations.retention import holds, running
from conversations.review import redaction
from tests.pages.conftest import browser_of

from .conftest import DAY, chat, kept, policy, unknown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "kept_files")]

WHY = "The court has asked for it."


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


def by_owner(talk: Conversation) -> dict:
    return {"owner_id": talk.owner_id}


def by_chat(talk: Conversation) -> dict:
    return {"conversation_id": talk.pk}


def by_words(talk: Conversation) -> dict:
    return {"words": 'tide "comes and"'}


def by_words_of_owner(talk: Conversation) -> dict:
    return {"words": "tide", "owner_id": talk.owner_id}


KINDS = [by_owner, by_chat, by_words_of_owner]


@pytest.mark.parametrize("kind", KINDS)
def test_what_its_owner_deletes_is_gone_for_them_and_stays_until_the_hold_ends(alice, root, clock, kind):
    talk = chat(alice, file="A table.")
    hold = holds.place(by=root, reason=WHY, **kind(talk))
    lifecycle.delete(conversation=talk)
    with pytest.raises(NotFound):
        lifecycle.find(conversation_id=talk.pk, user=alice)
    clock.pass_by(400)
    assert lifecycle.drop_deleted() == 0 and kept(talk)
    with pytest.raises(NotFound):
        lifecycle.restore(conversation_id=talk.pk, user=alice)
    holds.end(hold=hold, by=root)
    assert lifecycle.drop_deleted() == 1 and not kept(talk)


def test_where_nothing_can_be_undone_it_stays_too(alice, root, settings):
    settings.UNDO_DELETE_SECONDS = 0
    held, other = chat(alice), chat(alice)
    holds.place(by=root, reason=WHY, conversation_id=held.pk)
    lifecycle.delete(conversation=held)
    lifecycle.delete(conversation=other)
    assert kept(held) and not kept(other)
    assert not Conversation.objects.exists()
    with pytest.raises(NotFound):
        lifecycle.restore(conversation_id=held.pk, user=alice)


@pytest.mark.parametrize("kind", KINDS)
def test_no_policy_deletes_it_and_its_owner_is_told_nothing(alice, root, clock, kind):
    policy(chats_days=30, files_days=30)
    talk = chat(alice, quiet_days=900, file="A table.")
    running.run()
    holds.place(by=root, reason=WHY, ends_at=clock.now + 20 * DAY, **kind(talk))
    running.run()
    talk.refresh_from_db()
    assert talk.expires_at is None and talk.files_expire_at is None
    clock.pass_by(19)
    assert running.run() == [] and kept(talk)
    # When the hold has run out, its owner is told anew.
    clock.pass_by(2)
    assert running.run() == []
    talk.refresh_from_db()
    assert talk.expires_at == clock.now + 7 * DAY
    clock.pass_by(7)
    assert len(running.run()) == 2 and not kept(talk)


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_with_something_held_cannot_be_deleted(alice, root, kind):
    talk, other = chat(alice), chat(alice, text="Something else")
    hold = holds.place(by=root, reason=WHY, **kind(talk))
    lifecycle.delete(conversation=talk)
    with pytest.raises(UnderHold) as refused, transaction.atomic():
        User.objects.get(pk=alice.pk).delete()
    assert "before the hold ends" in refused.value.detail
    assert User.objects.filter(pk=alice.pk).exists() and kept(talk) and kept(other)
    answer = browser_of(root).post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 409 and "legal hold" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="person.deleted").exists()
    holds.end(hold=hold, by=root)
    User.objects.get(pk=alice.pk).delete()
    assert not Conversation.everything.exists()


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_no_moderator_removes_a_message_of_it(alice, root, settings, kind, keeps):
    settings.REDACTION_KEEPS = keeps
    talk = chat(alice, file="A table.")
    message, other = talk.turns.get().messages.order_by("position")
    hold = holds.place(by=root, reason=WHY, **kind(talk))
    for each in (message, other):
        with pytest.raises(UnderHold) as refused:
            redaction.redact(message_id=each.pk, by=root, reason="It is against the rules.")
    assert refused.value.detail.startswith("This chat is under a legal hold")
    message.refresh_from_db()
    assert "tide" in message.text and message.attachments.exists() and holds.is_held(talk)
    holds.end(hold=hold, by=root)
    assert redaction.redact(message_id=message.pk, by=root, reason="It is against the rules.")


def test_those_of_several_who_are_deleted_together_stay_all(alice, bob, root):
    talk, other = chat(alice), chat(bob)
    holds.place(by=root, reason=WHY, conversation_id=talk.pk)
    chosen = {"action": "delete_selected", "_selected_action": [str(bob.pk), str(alice.pk)], "post": "yes"}
    answer = browser_of(root).post("/admin/accounts/user/", chosen)
    assert answer.status_code == 409 and "legal hold" in answer.content.decode()
    assert User.objects.filter(pk__in=[alice.pk, bob.pk]).count() == 2 and kept(talk) and kept(other)


def test_words_hold_what_has_them_whoever_said_it_and_whenever(alice, bob, root, clock):
    policy(chats_days=30)
    before, other = (
        chat(alice, text="The tide comes and goes", quiet_days=900),
        chat(bob, text="A fish", quiet_days=900),
    )
    hold = holds.place(by=root, reason=WHY, words='tide "comes and"')
    after = chat(bob, text="This tide comes and stays", quiet_days=900)
    assert holds.count(hold) == 2
    running.run()
    clock.pass_by(8)
    running.run()
    assert kept(before) and kept(after) and not kept(other)


def test_only_who_may_read_holds_words(alice, root):
    with pytest.raises(NotAllowed):
        holds.place(by=alice, reason=WHY, words="tide")
    assert not LegalHold.objects.exists()


def test_a_hold_holds_something_for_a_reason_and_ends_in_the_future(alice, root, clock):
    talk = chat(alice)
    for wrong, error in (
        ({}, Invalid),
        ({"words": "!"}, Invalid),
        ({"owner_id": alice.pk, "conversation_id": talk.pk}, Invalid),
        ({"owner_id": alice.pk, "reason": "short"}, Invalid),
        ({"owner_id": alice.pk, "ends_at": clock.now}, Invalid),
        ({"owner_id": alice.pk, "reason": "a" * 1001}, Invalid),
        ({"owner_id": alice.pk, "words": "\x00"}, Invalid),
        ({"owner_id": unknown()}, NotFound),
        ({"conversation_id": unknown()}, NotFound),
    ):
        with pytest.raises(error):
            holds.place(**{"by": root, "reason": WHY} | wrong)
    assert not LegalHold.objects.exists()


def test_each_hold_its_change_and_its_end_are_in_the_ledger(alice, root, clock):
    talk = chat(alice)
    first = holds.place(by=root, reason=WHY, owner_id=alice.pk, words="tide alice@example.org")
    holds.end(hold=first, by=root)
    holds.end(hold=first, by=root)
    second = holds.place(by=root, reason=WHY, conversation_id=talk.pk)
    holds.change_end(hold=second, by=root, ends_at=clock.now + DAY)
    clock.pass_by(2)
    assert holds.end_over() == 1 and holds.end_over() == 0
    with pytest.raises(Invalid):
        holds.change_end(hold=second, by=root, ends_at=None)
    placed, ended, other, changed, over = AuditEntry.objects.filter(action__startswith="hold.").order_by("number")
    assert (placed.action, placed.actor_id, placed.whom_id) == ("hold.placed", root.pk, alice.pk)
    assert placed.facts["reason"] == WHY and placed.facts["words"].startswith("tide e-mail:")
    assert (ended.action, other.facts["conversation"]) == ("hold.ended", str(talk.pk))
    assert changed.action == "hold.changed" and changed.facts["until"].startswith("2026-03-02")
    assert over.action == "hold.ended" and over.actor_id is None


def test_several_holds_hold_until_the_last_has_ended(alice, root):
    talk = chat(alice)
    first = holds.place(by=root, reason=WHY, owner_id=alice.pk)
    second = holds.place(by=root, reason=WHY, conversation_id=talk.pk, ends_at=None)
    holds.end(hold=first, by=root)
    assert holds.is_held(talk)
    holds.end(hold=second, by=root)
    assert not holds.is_held(talk)


def test_a_hold_is_over_at_its_moment(alice, root, clock):
    talk = chat(alice)
    holds.place(by=root, reason=WHY, conversation_id=talk.pk, ends_at=clock.now + datetime.timedelta(seconds=5))
    assert holds.is_held(talk)
    clock.now += datetime.timedelta(seconds=5)
    assert not holds.is_held(talk)
