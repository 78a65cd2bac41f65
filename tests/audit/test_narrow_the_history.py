"""The lists of conversations and turns are narrowed by what is known about them, and never by what was said."""

import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chatsite import admin as site_admin
from conversations import figures
from conversations.models import Conversation, DailyFigure, Flag, Summary, Turn
from conversations.retention import holds
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401
from tests.retention.conftest import chat

pytestmark = pytest.mark.django_db
CHATS, TURNS = "/admin/conversations/conversation/", "/admin/conversations/turn/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def two(alice, bob) -> tuple[Conversation, Conversation]:
    """A chat of Alice's with everything that can be asked for, and one of Bob's with nothing of it."""
    wanted, other = chat(alice, text="Where is zanzibar?"), chat(bob)
    turn = Turn.objects.filter(conversation=wanted)
    turn.update(status="failed", model="ollama/slow", mode="code")
    Flag.objects.create(
        user=alice,
        conversation_id=wanted.pk,
        turn_id=turn.get().pk,
        state="upheld",
        severity="high",
        place="question",
    )
    at = timezone.now()
    Summary.objects.create(conversation=wanted, number=1, start_time=at, end_time=at, sentiment="negative")
    Conversation.objects.filter(pk=wanted.pk).update(rating=2, mode="code", expires_at=at + DAY)
    alice.groups.add(Group.objects.create(pk=7, name="Sales"))
    DailyFigure.objects.create(day=timezone.now().date(), kind=figures.FIRST_TOKEN, label="ollama/slow", value=1)
    return wanted, other


def shown(answer) -> set:
    assert answer.status_code == 200
    return {getattr(row, "conversation_id", row.pk) for row in answer.context["cl"].result_list}


@pytest.mark.parametrize(
    "query",
    [
        "flagged=any",
        "flagged=upheld",
        "model=ollama/slow",
        "mode__exact=code",
        "sentiment=negative",
        "rating=2",
        "group=7",
        "retention=deleted",
        "flagged=upheld&rating=2&group=7&q=alice@example.org",
    ],
)
def test_both_lists_are_narrowed_by_the_same(root, two, query):
    browser = browser_of(root)
    for page in (CHATS, TURNS):
        assert shown(browser.get(page)) == {each.pk for each in two}
        assert shown(browser.get(f"{page}?{query}")) == {two[0].pk}, page


def test_failed_answers_and_what_has_none_of_it_are_found(root, two):
    browser = browser_of(root)
    assert shown(browser.get(f"{CHATS}?answers=failed")) == {two[0].pk}
    assert shown(browser.get(f"{TURNS}?status__exact=failed")) == {two[0].pk}
    for page in (CHATS, TURNS):
        assert shown(browser.get(f"{page}?rating=none")) == {two[1].pk}
        for query in ("flagged=open", "sentiment=positive", "retention=files", "retention=held", "model=unknown"):
            assert shown(browser.get(f"{page}?{query}")) == set()
    # Models that answered are offered, without asking all turns.
    assert "ollama/slow" in browser.get(CHATS).content.decode()


@pytest.mark.parametrize(
    "query",
    ["flagged=maybe", "rating=6", "group=x", "retention=never", "sentiment=", "since=soon", "until=9999-12-31"],
)
def test_a_choice_that_there_is_not_is_refused(root, two, query):
    for page in (CHATS, TURNS):
        assert browser_of(root).get(f"{page}?{query}").status_code == 400


def test_days_are_both_included(root, alice):
    old, late = chat(alice), chat(alice)
    noon = timezone.localtime().replace(hour=12)
    for row, days in ((old, 20), (late, 2)):
        moment = noon - days * DAY
        Conversation.objects.filter(pk=row.pk).update(created_at=moment, active_at=moment)
        Turn.objects.filter(conversation=row).update(created_at=moment, heartbeat_at=moment)
    browser = browser_of(root)

    def between(since: int | None, until: int | None, page: str) -> set:
        named = {"since": since, "until": until}
        given = {name: str((noon - back * DAY).date()) for name, back in named.items() if back is not None}
        return shown(browser.get(page, given))

    for page in (CHATS, TURNS):
        assert between(2, None, page) == {late.pk} == between(3, 2, page)
        assert between(None, 20, page) == {old.pk} == between(20, 20, page)
        assert between(20, 2, page) == {old.pk, late.pk}
        assert between(19, 3, page) == set() == between(1, None, page)
        html = browser.get(f"{page}?since=2026-01-01&rating=none").content.decode()
        assert 'type="date"' in html and '<input type="hidden" name="rating" value="none">' in html


def test_who_may_not_see_flags_and_holds_does_not_learn_of_them(root, alice, two):
    clerk = User.objects.create_user("clerk@example.org", is_staff=True)
    rights = ["view_conversation", "view_turn"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=rights))
    browser = browser_of(clerk)
    holds.place(by=root, reason="They are needed in court.", words="zanzibar")
    for page in (CHATS, TURNS):
        html = browser.get(page).content.decode()
        assert "flagged=" not in html and "retention=held" not in html and "zanzibar" not in html
        assert browser.get(f"{page}?flagged=any").status_code == 403
        assert browser.get(f"{page}?retention=held").status_code == 400
    # Which chats hold a word is text: by a hold on words nobody finds them who may not read.
    clerk.user_permissions.set(Permission.objects.filter(codename__in=[*rights, "view_legalhold"]))
    for page in (CHATS, TURNS):
        assert shown(browser_of(clerk).get(f"{page}?retention=held")) == set()
        assert shown(browser_of(root).get(f"{page}?retention=held")) == {two[0].pk}
    holds.place(by=root, reason="They are needed in court.", owner_id=alice.pk)
    assert shown(browser_of(clerk).get(f"{CHATS}?retention=held")) == {two[0].pk}


def test_no_list_counts_a_whole_table(root, alice, monkeypatch):
    monkeypatch.setattr(site_admin, "ROWS_LISTED", 3)
    for _ in range(5):
        chat(alice)
    browser = browser_of(root)
    for page in (CHATS, TURNS, f"{CHATS}?answers=failed", f"{TURNS}?_facets=True"):
        with CaptureQueriesContext(connection) as seen:
            answer = browser.get(page)
        counting = [each["sql"] for each in seen if "COUNT(" in each["sql"] and "conversations_" in each["sql"]]
        assert counting and all("LIMIT 4" in sql for sql in counting), counting
        assert not any("DISTINCT" in each["sql"] and "conversations_turn" in each["sql"] for each in seen)
        if "answers" not in page:
            assert (answer.context["cl"].result_count, answer.context["cl"].paginator.is_cut) == (3, True)
            assert "Only the first 3 are listed" in answer.content.decode()
