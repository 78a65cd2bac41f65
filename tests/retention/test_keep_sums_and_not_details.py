"""The details of usage go by policy, in the one way the ledger allows; what was used in all stays to the token."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.models import AuditEntry, User
from conversations import usage
from conversations.models import UsageEntry
from conversations.retention import details, holds, preview, running
from tests.usage.conftest import spend

from .conftest import BEGIN, DAY, chat, policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WHY = "The court has asked for it."


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


def total(person) -> usage.Sums:
    return usage.report(user=person, first=(BEGIN - 300 * DAY).date(), last=BEGIN.date()).total


def test_old_details_go_and_the_sums_stay(alice, clock, monkeypatch):
    monkeypatch.setattr(details, "BATCH", 2)
    policy(usage_days=30)
    old = [spend(alice, at=BEGIN - (30 + back) * DAY) for back in range(5)]
    young = spend(alice, at=BEGIN - 29 * DAY)
    before = total(alice)
    [deleted] = running.run()
    assert (deleted.entries, sorted(deleted.ids)) == (5, sorted(each.pk for each in old))
    assert list(UsageEntry.objects.all()) == [young]
    assert total(alice) == before and before.calls == 6
    entry = AuditEntry.objects.get(action="retention.deleted")
    assert (entry.facts["kind"], entry.facts["usage_entries"]) == ("usage", 5)
    assert running.run() == []


def test_what_is_held_stays_in_detail(alice, bob, root, clock):
    policy(usage_days=30)
    talk = chat(bob, text="A zebra")
    gone = uuid.uuid4()
    at = BEGIN - 60 * DAY
    holds.place(by=root, reason=WHY, owner_id=alice.pk)
    held = [spend(alice, at=at)]
    UsageEntry.objects.bulk_create(
        UsageEntry(user=bob, conversation_id=each, created_at=at, day=at.date()) for each in (talk.pk, gone, None)
    )
    holds.place(by=root, reason=WHY, words="zebra")
    held.append(UsageEntry.objects.get(conversation_id=talk.pk))
    [outlook] = preview.preview()
    assert (outlook.entries, outlook.held_entries) == (2, 2)
    running.run()
    assert set(UsageEntry.objects.all()) == set(held)


def test_it_applies_to_people_who_are_gone_and_the_longest_of_groups(alice, bob, clock, capsys):
    policy(usage_days=10)
    policy("Sales", usage_days=90)
    alice.groups.set(Group.objects.all())
    kept, lost = spend(alice, at=BEGIN - 60 * DAY), spend(bob, at=BEGIN - 60 * DAY)
    User.objects.get(pk=bob.pk).delete()
    call_command("retention", "--dry-run")
    assert "due now: 1 entries; kept by a legal hold: 0" in capsys.readouterr().out
    call_command("retention")
    assert "1 entries deleted." in capsys.readouterr().out
    assert list(UsageEntry.objects.all()) == [kept] and lost.pk != kept.pk
