"""Policies, their preview and holds in the administration."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from conversations.models import LegalHold, RetentionPolicy
from conversations.retention import holds, running
from tests.pages.conftest import browser_of

from .conftest import chat, policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_files")]

WHY = "The court has asked for it."
HOLDS = "/admin/conversations/legalhold/"
POLICIES = "/admin/conversations/retentionpolicy/"


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


def staff(*rights: str) -> Client:
    person = User.objects.create_user("staff@example.org", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return browser_of(person)


def form(**fields) -> dict[str, str]:
    empty = {"person": "", "conversation_id": "", "words": "", "reason": WHY, "ends_at": ""}
    return empty | {name: str(value) for name, value in fields.items()}


def test_a_policy_is_made_and_its_numbers_are_in_the_ledger(root):
    browser = browser_of(root)
    refused = browser.post(f"{POLICIES}add/", {"chats_days": 3, "grace_days": 14})
    assert "The owner is told 14 days before" in refused.content.decode()
    assert browser.post(f"{POLICIES}add/", {"chats_days": 90, "files_days": 30, "grace_days": 14}).status_code == 302
    assert RetentionPolicy.objects.get().files_days == 30
    entry = AuditEntry.objects.get(action="admin.added")
    assert entry.facts["changes"]["chats_days"] == [None, 90]


def test_the_preview_counts_and_tells_nothing_else(root, alice, clock):
    policy(chats_days=30)
    policy("Sales", chats_days=60, files_days=30)
    talks = [chat(alice, quiet_days=900, file=name) for name in ("one", "two", "")]
    holds.place(by=root, reason=WHY, conversation_id=talks[0].pk)
    running.run()
    clock.pass_by(8)
    page = staff("view_retentionpolicy").get(f"{POLICIES}preview/").content.decode()
    row = page.partition("Retention for everybody</th>")[2].partition("</tr>")[0]
    cells = [each.partition("</td>")[0] for each in row.split("<td>")[1:]]
    assert cells == ["Chats", "30 days", "2", "4", "1", "0", "—", "0", "1", "0"]
    assert "Tides" not in page
    assert browser_of(root).get(POLICIES).content.decode().count("What the next run would do") == 1


def test_a_preview_is_for_those_who_may_see_policies(alice):
    assert staff("view_legalhold").get(f"{POLICIES}preview/").status_code == 403


@pytest.mark.parametrize("by", ["person", "chat", "words"])
def test_a_hold_is_placed_by_its_form(root, alice, by):
    talk = chat(alice)
    fields = {
        "person": {"person": "Alice@example.org"},
        "chat": {"conversation_id": talk.pk},
        "words": {"words": "tide"},
    }
    assert browser_of(root).post(f"{HOLDS}add/", form(**fields[by])).status_code == 302
    hold = LegalHold.objects.get()
    assert holds.is_held(talk) and hold.placed_by == root and hold.reason == WHY
    page = browser_of(root).get(f"{HOLDS}{hold.pk}/change/").content.decode()
    assert "1 chat, deleted ones included" in page and WHY in page
    assert AuditEntry.objects.filter(action="hold.placed", actor_id=root.pk).count() == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Say what is held"),
        ({"person": "nobody@example.org"}, "Nobody here has this address."),
        ({"conversation_id": "11111111-1111-1111-1111-111111111111"}, "There is no such chat."),
        ({"person": "alice@example.org", "reason": "short"}, "at least 10 characters"),
        ({"words": "!!"}, "Type a word to look for."),
        ({"words": "tide", "ends_at": "2020-01-01T00:00"}, "ends in the future"),
    ],
)
def test_what_cannot_be_held_is_said_on_the_form(root, alice, fields, told):
    answer = browser_of(root).post(f"{HOLDS}add/", form(**fields))
    assert answer.status_code == 200 and told in answer.content.decode()
    assert not LegalHold.objects.exists()


def test_words_take_the_permission_to_read(alice):
    browser = staff("add_legalhold", "view_legalhold")
    assert "permission to read" in browser.post(f"{HOLDS}add/", form(words="tide")).content.decode()
    assert browser.post(f"{HOLDS}add/", form(person="alice@example.org")).status_code == 302


def test_a_hold_is_ended_and_never_deleted(root, alice):
    talk = chat(alice)
    hold = holds.place(by=root, reason=WHY, conversation_id=talk.pk)
    browser = browser_of(root)
    later = {"ends_at": "2999-01-01T12:00", "reason": "Another one"}
    assert browser.post(f"{HOLDS}{hold.pk}/change/", later).status_code == 302
    hold.refresh_from_db()
    assert hold.ends_at.year == 2999 and hold.reason == WHY
    assert browser.post(f"{HOLDS}{hold.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(HOLDS, {"action": "end_now", "_selected_action": str(hold.pk)})
    assert not holds.is_held(talk)
    assert browser.post(f"{HOLDS}{hold.pk}/change/", later).status_code == 403
    assert "ended" in browser.get(HOLDS).content.decode()
    assert [entry.action for entry in AuditEntry.objects.filter(action__startswith="hold.").order_by("number")] == [
        "hold.placed",
        "hold.changed",
        "hold.ended",
    ]


def test_the_list_takes_the_same_queries_however_many_there_are(root, alice):
    browser = browser_of(root)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(HOLDS)
        return len(seen)

    holds.place(by=root, reason=WHY, owner_id=alice.pk)
    one = queries()
    for _ in range(5):
        holds.place(by=root, reason=WHY, owner_id=alice.pk)
    assert queries() == one
