"""Staff who may read look for words in what others have said, and learn where they are and nothing else."""

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError

from accounts import audit
from accounts.models import AuditEntry, User
from conversations import finding, lifecycle, reading, search
from conversations.models import ReadingGrant
from conversations.search import anybody
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401
from tests.retention.conftest import chat

from .conftest import last
from .test_read_with_a_reason import REASON, clerk, officer  # noqa: F401

pytestmark = pytest.mark.django_db
FIND = "/admin/conversations/conversation/find/"


def look(searcher: User, words: str, **form):
    return browser_of(searcher).post(FIND, {"words": words, "reason": REASON, **form})


def test_it_is_told_where_and_how_often_and_nothing_around_it(officer, alice, bob):  # noqa: F811
    first, second = chat(alice, text="The zanzibar of quartz"), chat(bob, text="Bring zanzibar granite")
    chat(bob, text="Nothing of that")
    lifecycle.rename(conversation=second, title="Zanzibar marble")
    page = look(officer, "ZANZIBAR")
    html = page.content.decode()
    assert {place.conversation.pk: place.finds for place in page.context["found"].places} == {first.pk: 1, second.pk: 2}
    assert "alice@example.org" in html and f"/admin/conversations/conversation/{first.pk}/change/" in html
    assert not any(word in html for word in ("quartz", "granite", "marble", "Tides"))
    assert "no-store" in page["Cache-Control"]
    entry = last("text.searched")
    assert (entry.actor_id, entry.whom_id, entry.facts["words"], entry.facts["reason"]) == (
        officer.pk,
        None,
        "ZANZIBAR",
        REASON,
    )
    assert (entry.facts["conversations"], entry.facts["finds"]) == (2, 3)
    assert not AuditEntry.objects.filter(action="text.read").exists()


def test_a_person_is_searched_alone(officer, alice, bob):  # noqa: F811
    wanted = chat(alice, text="zanzibar")
    chat(bob, text="zanzibar")
    page = look(officer, "zanzibar", person="Alice@Example.org ")
    assert [place.conversation.pk for place in page.context["found"].places] == [wanted.pk]
    assert last("text.searched").whom_id == alice.pk
    for answer in (look(officer, "zanzibar", person="no@example.org"), look(officer, "-zanzibar"), look(officer, "")):
        assert answer.status_code == 400 and answer.context["found"] is None
    assert browser_of(officer).post(FIND, {"words": "zanzibar", "reason": "why not"}).status_code == 400
    assert AuditEntry.objects.filter(action="text.searched").count() == 1


def test_words_are_shown_of_what_may_be_read_now_and_that_is_entered(officer, root, alice, bob):  # noqa: F811
    mine, other = chat(alice, text="The zanzibar of quartz"), chat(bob, text="Bring zanzibar granite")
    reading.grant(conversation=mine, reader=officer, reason=REASON)
    reading.grant(conversation=other, reader=root, reason=REASON)
    html = look(officer, "zanzibar").content.decode()
    assert "quartz" in html and "granite" not in html
    read = last("text.read")
    assert (read.target_id, read.facts["searched"]) == (str(mine.pk), True)
    assert AuditEntry.objects.filter(action="text.read").count() == 1
    assert ReadingGrant.objects.get(reader=officer).views == 1
    ReadingGrant.objects.update(expires_at=mine.created_at)
    assert "quartz" not in look(officer, "zanzibar").content.decode()


def test_it_takes_the_permission_to_read(clerk, alice):  # noqa: F811
    chat(alice, text="zanzibar")
    assert "find/" not in browser_of(clerk).get("/admin/conversations/conversation/").content.decode()
    assert browser_of(clerk).get(FIND).status_code == 403
    assert look(clerk, "zanzibar").status_code == 403
    assert last("text.refused").actor_id == clerk.pk
    assert not AuditEntry.objects.filter(action="text.searched").exists()
    # And to see that there are conversations.
    reader = User.objects.create_user("reader@example.org", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="read_text"))
    assert look(reader, "zanzibar").status_code == 403
    assert look(alice, "zanzibar").status_code == 302


def test_nothing_is_told_that_cannot_be_entered(officer, alice, monkeypatch):  # noqa: F811
    chat(alice, text="zanzibar")

    def fail(*args, **options):
        raise DatabaseError("The ledger cannot be written.")

    monkeypatch.setattr(audit.entering.chain, "append", fail)
    answer = look(officer, "zanzibar")
    assert answer.status_code >= 500 and "alice@" not in answer.content.decode()


def test_what_is_deleted_is_not_found_and_older_finds_are_said_to_be_left_out(officer, alice, monkeypatch):  # noqa: F811
    gone, *kept = (chat(alice, text="zanzibar") for _ in range(4))
    lifecycle.delete(conversation=gone)
    assert len(look(officer, "zanzibar").context["found"].places) == 3
    monkeypatch.setattr(anybody, "FINDS_COUNTED", 2)
    page = look(officer, "zanzibar")
    assert [place.conversation for place in page.context["found"].places] == [kept[2], kept[1]]
    assert page.context["found"].is_cut and "Only the newest" in page.content.decode()
    monkeypatch.setattr(finding, "CONVERSATIONS_SHOWN", 1)
    assert len(look(officer, "zanzibar").context["found"].places) == 1
    assert not search.finds(typed="granite").by_conversation
