"""Staff see that something was said, and what was said only for a reason that the owner is shown."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, User
from conversations import lifecycle, turns
from conversations.models import ReadingGrant, Turn
from tests.pages.conftest import browser_of, plain_static_files, talk  # noqa: F401
from tests.support.files import attach

from .conftest import actions, last

pytestmark = pytest.mark.django_db
REASON = "Somebody reported a threat in it."


@pytest.fixture
def officer(db) -> User:
    """Somebody who may look after conversations, and read them for a reason."""
    user = User.objects.create_user("officer@example.org", name="Ola Officer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_conversation", "read_text"]))
    return user


@pytest.fixture
def clerk(db) -> User:
    """Somebody who may look after conversations, and not read them."""
    user = User.objects.create_user("clerk@example.org", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_conversation", "view_turn"]))
    return user


def record(conversation) -> str:
    return f"/admin/conversations/conversation/{conversation.pk}/change/"


def text(conversation) -> str:
    return f"/admin/conversations/conversation/{conversation.pk}/text/"


def test_text_is_read_for_a_reason_and_shown_to_its_owner(officer, alice, talk):  # noqa: F811
    conversation, browser = talk.conversation, browser_of(officer)
    assert "A secret" not in browser.get(record(conversation)).content.decode()
    assert browser.get(text(conversation)).headers["Location"] == record(conversation)
    short = browser.post(record(conversation), {"reason": "why not"})
    assert (short.status_code, ReadingGrant.objects.count()) == (400, 0)
    assert browser.post(record(conversation), {"reason": REASON}).headers["Location"] == text(conversation)
    before = len(actions())
    shown = browser.get(text(conversation))
    assert "A secret question" in shown.content.decode() and "A secret answer" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    # Nothing on it acts in the owner's name.
    assert "<form" not in shown.content.decode()
    assert actions()[before:] == ["text.read"]
    opened, read = last("text.opened"), last("text.read")
    assert (opened.actor_id, opened.whom_id, opened.facts["reason"]) == (officer.pk, alice.pk, REASON)
    assert (read.target_id, read.facts["turns"], "secret" in read.details) == (str(conversation.pk), 1, False)

    owner = browser_of(alice)
    page = owner.get(f"/chat/{conversation.pk}/").content.decode()
    assert "Read by Ola Officer on" in page and REASON in page
    assert REASON in owner.get("/readings/").content.decode()
    (told,) = owner.get("/api/readings/").json()["readings"]
    assert (told["reader"], told["reason"], told["views"]) == ("Ola Officer", REASON, 1)
    lifecycle.delete(conversation=conversation)
    assert "The chat is deleted" in owner.get("/readings/").content.decode()
    assert owner.get("/api/readings/").json()["readings"][0]["conversation"] is None


def test_a_grant_is_for_one_conversation_one_reader_and_an_hour(officer, root, alice, talk):  # noqa: F811
    other = lifecycle.create(owner=alice, title="A secret title")
    browser = browser_of(officer)
    browser.post(record(talk.conversation), {"reason": REASON})
    assert browser.get(text(talk.conversation)).status_code == 200
    assert browser.get(text(other)).status_code == 302
    # An administrator gives a reason as well.
    assert browser_of(root).get(text(talk.conversation)).status_code == 302
    assert ReadingGrant.objects.get().expires_at - timezone.now() > timedelta(minutes=59)
    ReadingGrant.objects.update(expires_at=timezone.now())
    assert browser.get(text(talk.conversation)).status_code == 302


def test_whoever_lost_the_permission_reads_no_further(officer, talk):  # noqa: F811
    browser = browser_of(officer)
    browser.post(record(talk.conversation), {"reason": REASON})
    officer.user_permissions.clear()
    assert browser.get(text(talk.conversation)).status_code == 403


def test_without_the_permission_there_is_no_reason_good_enough(clerk, alice, talk):  # noqa: F811
    browser = browser_of(clerk)
    page = browser.get(record(talk.conversation))
    assert page.status_code == 200
    assert 'name="reason"' not in page.content.decode()
    assert browser.post(record(talk.conversation), {"reason": REASON}).status_code == 400
    assert browser.get(text(talk.conversation)).status_code == 403
    assert not ReadingGrant.objects.exists()
    assert last("text.refused").actor_id == clerk.pk
    assert browser.get("/admin/conversations/turn/").status_code == 200
    for person, status in ((None, 302), (alice, 302)):
        client = browser_of(person) if person else Client()
        assert client.get(text(talk.conversation)).status_code == status


def test_nothing_is_shown_that_cannot_be_entered(officer, talk, monkeypatch):  # noqa: F811
    browser = browser_of(officer)
    browser.post(record(talk.conversation), {"reason": REASON})

    def fail(*args, **options):
        raise DatabaseError("The ledger cannot be written.")

    monkeypatch.setattr(audit.entering.chain, "append", fail)
    answer = browser.get(text(talk.conversation))
    assert answer.status_code >= 500
    assert "A secret" not in answer.content.decode()


def test_every_version_is_read_and_each_page_is_entered(officer, alice, talk):  # noqa: F811
    attach(alice, text="A passage", name="lease.txt")
    edited = turns.edit(turn=talk, author=alice, text="A different question").turn
    Turn.objects.filter(pk=edited.pk).update(status="completed", total_ms=1200)
    browser = browser_of(officer)
    browser.post(record(talk.conversation), {"reason": REASON})
    newest = browser.get(text(talk.conversation)).content.decode()
    assert "A different question" in newest and f"?through={talk.pk}" in newest
    older = browser.get(f"{text(talk.conversation)}?through={talk.pk}").content.decode()
    assert "A secret question" in older and "A different question" not in older
    assert browser.get(f"{text(talk.conversation)}?through={talk.conversation_id}").status_code == 404
    assert AuditEntry.objects.filter(action="text.read").count() == 2
    assert ReadingGrant.objects.get().views == 2


def test_versions_are_read_beside_each_other(officer, alice, talk):  # noqa: F811
    edited = turns.edit(turn=talk, author=alice, text="A different question").turn
    Turn.objects.filter(pk=edited.pk).update(status="completed")
    below = turns.start(conversation_id=talk.conversation_id, author=alice, text="And below it").turn
    Turn.objects.filter(pk=below.pk).update(status="completed")
    browser, page = browser_of(officer), text(talk.conversation)
    assert browser.get(f"{page}?beside={talk.pk}").status_code == 302
    browser.post(record(talk.conversation), {"reason": REASON})
    link = f"?beside={edited.pk}"
    assert link in browser.get(page).content.decode()
    html = browser.get(f"{page}{link}").content.decode()
    assert html.count('class="alternative"') == 2 and "2 versions beside each other" in html
    assert html.index("A secret question") < html.index("A different question") and "And below it" not in html
    assert last("text.read").facts["turns"] == 2
    assert ReadingGrant.objects.get().views == 2
    assert f"?beside={below.pk}" not in browser.get(page).content.decode()
    other = lifecycle.create(owner=alice, title="Other")
    for wrong in (other.pk, "x"):
        assert browser.get(f"{page}?beside={wrong}").status_code == 404
