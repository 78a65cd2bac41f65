"""The dashboard: figures of days, counted by a job and added up by the database, on one page of the admin."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from conversations import dashboard, figures, lifecycle, turns
from conversations.models import Conversation, DailyFigure, DailyUsage, Feedback, Flag, Summary, Turn
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401
from tests.support.files import attach

from .conftest import spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_static_files")]

PAGE = "/admin/conversations/dailyfigure/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


def end(author: User, status: str, *, at: datetime.datetime | None = None, **fields) -> Turn:
    """Return a turn that ended so."""
    turn = turns.start(conversation_id=uuid.uuid4(), author=author, text="What is a tide?").turn
    moment = at or timezone.now()
    Turn.objects.filter(pk=turn.pk).update(status=status, created_at=moment, heartbeat_at=moment, **fields)
    return turn


def value(kind: str, label: str = "", day: datetime.date | None = None) -> int:
    rows = DailyFigure.objects.filter(kind=kind, label=label)
    return sum((rows.filter(day=day) if day else rows).values_list("value", flat=True))


def test_ends_and_causes_of_failures_are_counted(alice):
    yesterday = timezone.now() - DAY
    end(alice, "completed")
    end(alice, "completed", at=yesterday)
    end(alice, "failed", error_code="model_unavailable")
    end(alice, "failed")
    end(alice, "running")
    figures.count()
    figures.count()
    today = timezone.now().astimezone(datetime.UTC).date()
    assert (value("ended", "completed"), value("ended", "completed", today)) == (2, 1)
    assert (value("ended", "failed:model_unavailable"), value("ended", "failed:unknown")) == (1, 1)
    assert value("ended", "running") == 0


def test_a_day_that_is_over_stays_as_it_was_counted(alice):
    turn = end(alice, "completed")
    old = end(alice, "completed", at=timezone.now() - 3 * DAY)
    figures.count()
    for each in (turn, old):
        lifecycle.delete(conversation=each.conversation)
        Conversation.everything.filter(pk=each.conversation_id).delete()
    figures.count()
    assert value("ended", "completed") == 1
    # After days without a job the days between are counted too.
    DailyFigure.objects.update(day=(timezone.now() - 5 * DAY).date())
    end(alice, "stopped", at=timezone.now() - 4 * DAY)
    figures.count()
    assert value("ended", "stopped") == 1


def test_percentiles_are_right_to_a_fortieth(alice):
    times = [1, 2, 10, 55, 120, 380, 500, 900, 2000, 40_000]
    for each in times * 10:
        spend(alice, first_token_ms=each)
    spend(alice, first_token_ms=None)
    spend(alice, first_token_ms=9_000_000, purpose="title")
    figures.count()
    found = dashboard.read(days=7)
    [told] = found.times_by_model.values()
    assert told.answers == 100
    assert abs(told.median - 120) <= 120 / 40 + 1 and abs(told.slowest - 40_000) <= 1000
    assert [each.answers for each in found.times_by_day.values()] == [100]


@pytest.mark.parametrize("milliseconds", [0, 1, 7, 99, 1000, 123_456, 2**31 - 1])
def test_a_bucket_tells_the_time_that_fell_into_it(alice, milliseconds):
    spend(alice, first_token_ms=milliseconds)
    figures.count()
    told = figures.milliseconds(DailyFigure.objects.get(kind="first_token").bucket)
    assert abs(told - milliseconds) <= milliseconds * 0.026 + 1


def test_opinions_and_storage_are_counted(alice, kept_files):
    turn = end(alice, "completed")
    Conversation.objects.filter(pk=turn.conversation_id).update(rating=4, rated_at=timezone.now())
    Feedback.objects.create(message=turn.messages.first(), user=alice, value="down")
    at = timezone.now()
    for number, sentiment in enumerate(("positive", "positive", ""), start=1):
        Summary.objects.create(
            conversation=turn.conversation, number=number, start_time=at, end_time=at, sentiment=sentiment
        )
    file = attach(alice, text="A table.").file
    figures.count()
    found = dashboard.read(days=7)
    assert found.sentiments == {"positive": 2} and found.ratings == {"4": 1} and found.thumbs == {"down": 1}
    [stored] = found.stored.values()
    assert stored["files"] == file.size and stored["database"] > 0


def test_what_was_used_is_told_by_day_model_and_group(alice, bob):
    alice.groups.set([Group.objects.create(name="Sales"), Group.objects.create(name="Staff")])
    now = timezone.now()
    spend(alice, cost=Decimal("0.5"), model="ollama/slow")
    spend(alice, purpose="tool")
    spend(bob, cost=None, at=now - DAY)
    spend(bob, cost=Decimal(2), currency="EUR")
    spend(bob, at=now - 40 * DAY)
    found = dashboard.read(days=7)
    assert (found.total.people, found.total.answers, found.total.sums.tokens) == (2, 3, 120)
    assert found.total.sums.cost == {"USD": Decimal("0.51"), "EUR": Decimal(2)}
    assert [used.people for used in found.by_day.values()] == [0, 0, 0, 0, 0, 1, 2]
    assert {name: (used.people, used.answers, used.sums.tokens) for name, used in found.by_group.items()} == {
        "": (1, 2, 60),
        "Sales": (1, 1, 60),
        "Staff": (1, 1, 60),
    }
    assert {name: used.answers for name, used in found.by_model.items()} == {"ollama/fast": 2, "ollama/slow": 1}
    assert found.by_model["ollama/fast"].sums.unpriced_calls == 1


def test_what_people_used_who_are_gone_is_in_no_group(alice, bob):
    alice.groups.set([Group.objects.create(name="Sales")])
    for person in (alice, bob):
        spend(person)
        User.objects.get(pk=person.pk).delete()
    spend(User.objects.create_user("carol@example.org"), currency="EUR")
    found = dashboard.read(days=7)
    assert list(found.by_group) == [""] and found.by_group[""].people == found.total.people == 3
    assert found.by_group[""].sums == found.total.sums


def test_the_page_shows_charts_and_tables_and_takes_the_same_queries_however_much_there_is(root, alice):
    browser = browser_of(root)
    end(alice, "failed", error_code="model_unavailable")
    spend(alice, first_token_ms=200)
    figures.count()

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = browser.get(PAGE)
        assert page.status_code == 200
        asked = " ".join(each["sql"] for each in seen)
        assert "conversations_turn" not in asked and "conversations_message" not in asked
        assert "conversations_usageentry" not in asked
        return len(seen)

    few = queries()
    for number in range(30):
        spend(alice, at=timezone.now() - number % 6 * DAY, model=f"ollama/{number % 7}", first_token_ms=number)
    figures.count()
    assert queries() == few
    page = browser.get(f"{PAGE}?days=90").content.decode()
    for told in ("Failed: model unavailable", "<svg", "95 of 100 within", "In no group", "Active people"):
        assert told in page
    assert "alice" not in page


def test_an_empty_installation_has_an_empty_dashboard(root):
    page = browser_of(root).get(PAGE).content.decode()
    assert "Nothing was asked in these 30 days." in page
    assert dashboard.read(days=90).total.people == 0
    assert not DailyUsage.objects.exists()


def test_it_takes_a_permission_of_its_own(alice):
    staff = User.objects.create_user("staff@example.org", is_staff=True)
    assert browser_of(staff).get(PAGE).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_dailyfigure"))
    assert browser_of(staff).get(PAGE).status_code == 200
    assert browser_of(alice).get(PAGE).status_code == 302


@pytest.mark.parametrize("query", ["days=8", "days=-7", "days=", "since=7"])
def test_other_periods_are_refused(root, query):
    assert browser_of(root).get(f"{PAGE}?{query}").status_code == 400


def flag(user: User, state: str = "open", *, at: datetime.datetime | None = None, **fields) -> Flag:
    usual = {"rule_name": "Drugs: hard ones", "severity": "high", "place": "question"}
    row = Flag.objects.create(user=user, state=state, **usual | fields)
    moments = {"created_at": at or timezone.now()}
    if row.is_decided:
        moments["decided_at"] = moments["created_at"]
    Flag.objects.filter(pk=row.pk).update(**moments)
    return row


def test_flags_are_told_by_rule_and_by_outcome(root, alice):
    flag(alice)
    flag(alice, "upheld")
    flag(alice, "dismissed", severity="low", at=timezone.now() - DAY)
    flag(
        alice,
        "in review",
        rule_name="",
        source="report",
        severity="medium",
        words="They said zanzibar",
        category="wrong",
    )
    # Raised long before, and still there.
    flag(alice, "open", severity="critical", at=timezone.now() - 60 * DAY)
    figures.count()
    page = browser_of(root).get(f"{PAGE}?days=7")
    told = {section.key: section.rows for section in page.context["sections"]}
    assert told["flags"] == [
        ("Drugs: hard ones", "3", "2", "0", "1", "1"),
        ("Reported by people", "1", "0", "1", "0", "0"),
    ]
    assert told["outcomes"] == [
        ("Open", "0", "0", "1", "1", "2"),
        ("In review", "0", "1", "0", "0", "1"),
        ("Upheld", "0", "0", "1", "0", "1"),
        ("Dismissed", "1", "0", "0", "0", "1"),
    ]
    html = page.content.decode()
    assert "zanzibar" not in html and "alice" not in html and "Flags raised by day" in html


def test_what_no_longer_waits_is_not_told_as_waiting(alice):
    row = flag(alice, at=timezone.now() - DAY)
    figures.count(now=timezone.now() - DAY)
    assert [(each.what, each.number) for each in dashboard.read(days=7).flags] == [("raised", 1), ("open", 1)]
    Flag.objects.filter(pk=row.pk).update(state="upheld", decided_at=timezone.now())
    figures.count()
    assert sorted((each.what, each.number) for each in dashboard.read(days=7).flags) == [("raised", 1), ("upheld", 1)]
    # What was counted of yesterday stays.
    assert value("flags_waiting", "open:high:Drugs: hard ones") == 1
