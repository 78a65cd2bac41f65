"""`GET /api/usage/`: what one has used, and nobody else, by day, model, purpose and kind of help, and what is left."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import Quota, Turn

from .conftest import help_with, spend

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def read(alice):
    """Reads Alice's usage with the given query and returns the body, after looking at the status."""
    browser = Client()
    browser.force_login(alice)

    def get(expected: int = 200, **query) -> dict:
        answer = browser.get("/api/usage/", query)
        assert answer.status_code == expected, answer.content
        return answer.json()

    return get


def today() -> datetime.date:
    return timezone.now().astimezone(datetime.UTC).date()


def test_only_those_who_are_signed_in_have_any(client):
    assert client.get("/api/usage/").status_code == 401


def test_by_default_the_last_thirty_days_are_told(read):
    told = read()
    assert (told["from"], told["to"]) == (str(today() - 29 * DAY), str(today()))
    assert [day["day"] for day in told["by_day"]] == [str(today() - days * DAY) for days in range(29, -1, -1)]
    assert told["total"] == {
        "calls": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "cached_tokens": 0,
        "estimated_share": 0.0,
        "average_ms": 0,
        "cost": {},
        "unpriced_calls": 0,
    }


def test_all_calls_are_added_up(read, alice, bob):
    spend(alice, cached_tokens=4, total_ms=300)
    spend(alice, counted="estimated", total_ms=100)
    spend(bob)
    assert read()["total"] == {
        "calls": 2,
        "prompt_tokens": 20,
        "completion_tokens": 40,
        "cached_tokens": 4,
        "estimated_share": 0.5,
        "average_ms": 200,
        "cost": {"USD": "0.02"},
        "unpriced_calls": 0,
    }


def test_days_models_and_purposes_each_have_their_sums(read, alice):
    spend(alice, at=timezone.now() - DAY, model="ollama/a", completion_tokens=1)
    spend(alice, model="openai/b", purpose="title", completion_tokens=2)
    spend(alice, model="openai/b", completion_tokens=3)
    told = read()
    assert {day["day"]: day["completion_tokens"] for day in told["by_day"] if day["calls"]} == {
        str(today() - DAY): 1,
        str(today()): 5,
    }
    assert [(row["model"], row["calls"], row["completion_tokens"]) for row in told["by_model"]] == [
        ("openai/b", 2, 5),
        ("ollama/a", 1, 1),
    ]
    assert {row["purpose"]: row["completion_tokens"] for row in told["by_purpose"]} == {"chat": 4, "title": 2}


def test_money_is_told_by_currency_to_the_last_digit(read, alice):
    spend(alice, cost=Decimal("0.0000000003"))
    spend(alice, cost=Decimal("12.5"), currency="EUR")
    spend(alice, cost=Decimal(100), currency="EUR")
    assert read()["total"]["cost"] == {"USD": "0.0000000003", "EUR": "112.5"}


def test_a_price_that_nobody_knows_is_not_told_as_nothing(read, alice):
    spend(alice, cost=None)
    total = read()["total"]
    assert (total["cost"], total["unpriced_calls"]) == ({}, 1)
    spend(alice, cost=Decimal(0))
    total = read()["total"]
    assert (total["cost"], total["unpriced_calls"]) == ({"USD": "0"}, 1)


def test_days_are_those_of_utc(read, alice, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    spend(alice, at=datetime.datetime(2026, 3, 1, 23, 59, 59, 999_999, datetime.UTC))
    spend(alice, at=datetime.datetime(2026, 3, 2, 0, 0, 0, 0, datetime.UTC))
    told = read(**{"from": "2026-03-01", "to": "2026-03-02"})
    assert [day["calls"] for day in told["by_day"]] == [1, 1]


def test_a_range_has_both_its_ends(read, alice):
    for day in (1, 2, 3, 4):
        spend(alice, at=datetime.datetime(2026, 3, day, 12, tzinfo=datetime.UTC))
    assert read(**{"from": "2026-03-02", "to": "2026-03-03"})["total"]["calls"] == 2
    assert read(**{"from": "2026-03-02", "to": "2026-03-02"})["total"]["calls"] == 1


def test_a_last_day_alone_has_the_thirty_days_up_to_it(read):
    assert read(to="2026-03-31")["from"] == "2026-03-02"
    assert read(to="0001-01-03")["from"] == "0001-01-01"
    assert read(**{"from": "9999-12-31", "to": "9999-12-31"})["total"]["calls"] == 0


def test_a_year_is_the_most(read):
    assert len(read(**{"from": "2024-01-01", "to": "2024-12-31"})["by_day"]) == 366
    assert read(400, **{"from": "2024-01-01", "to": "2025-01-01"})["code"] == "invalid_range"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-1-1"},
        {"from": "20260101"},
        {"to": "2026-02-30"},
        {"to": ""},
        {"to": "2026-01-01\x00"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"by": "hour"},
        {"by": ""},
        {"by": "day,"},
        {"user": "1"},
        {"from": ["2026-01-01", "2026-01-02"]},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(read, query):
    told = read(400, **query)
    assert set(told) == {"code", "detail", "request_id"}


def test_one_grouping_alone_can_be_asked_for(read):
    assert {name for name in read(by="model") if name.startswith("by_")} == {"by_model"}
    assert {name for name in read(by="day,purpose") if name.startswith("by_")} == {"by_day", "by_purpose"}


def test_without_limits_there_are_none(read):
    assert read()["limits"] == {
        "tokens_per_day": None,
        "cost_per_month": None,
        "requests_per_minute": None,
        "concurrent_turns": None,
        "waiting_turns": 0,
        "currency": "USD",
    }


def test_each_limit_tells_what_is_used_and_when_it_starts_again(read, alice, settings):
    settings.USER_RUNNING_TURNS, settings.USER_WAITING_TURNS = 2, 3
    Quota.objects.create(tokens_per_day=1000, cost_per_month=Decimal("2.5"), requests_per_minute=10)
    spend(alice)
    limits = read()["limits"]
    midnight = datetime.datetime.combine(today() + DAY, datetime.time.min)
    month = (today().replace(day=1) + 32 * DAY).replace(day=1)
    assert limits["tokens_per_day"] == {"limit": 1000, "used": 30, "resets_at": f"{midnight.isoformat()}Z"}
    assert limits["cost_per_month"] == {"limit": "2.5", "used": "0.01", "resets_at": f"{month}T00:00:00Z"}
    assert (limits["requests_per_minute"]["limit"], limits["requests_per_minute"]["used"]) == (10, 0)
    assert limits["concurrent_turns"] == {"limit": 2, "used": 0}
    assert limits["waiting_turns"] == 3


def queries(read) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


def test_it_takes_as_many_queries_for_a_thousand_entries_as_for_one(read, alice):
    Quota.objects.create(tokens_per_day=10, cost_per_month=1)
    spend(alice)
    few = queries(read)
    for number in range(50):
        spend(alice, at=timezone.now() - number % 20 * DAY, model=f"ollama/{number % 7}")
    assert queries(read) == few
    assert Turn.objects.count() == 0


def test_the_entries_themselves_are_not_read_for_it(read, alice):
    spend(alice)
    with CaptureQueriesContext(connection) as captured:
        read()
    asked = [each["sql"] for each in captured]
    assert not [sql for sql in asked if "conversations_usageentry" in sql]
    assert len([sql for sql in asked if "conversations_dailyusage" in sql]) == 1
    (modes,) = [sql for sql in asked if "GROUP BY" in sql]
    if connection.vendor == "sqlite":
        # Of other days no turn is looked at, and of these no row.
        assert "USING COVERING INDEX turns_asked (author_id=? AND created_at>? AND created_at<?)" in plan_of(modes)


def plan_of(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        return str(cursor.fetchall())


# -- Kinds of help ----------------------------------------------------------------------------------------------------


def test_questions_are_counted_by_their_kind_of_help(read, alice, bob):
    for mode in ("support", "code", "code", "", "chat", "chat", "chat"):
        help_with(alice, mode)
    help_with(bob, "tutorial")
    assert read(by="mode")["by_mode"] == [
        {"mode": "chat", "questions": 3},
        {"mode": "code", "questions": 2},
        {"mode": "", "questions": 1},
        {"mode": "support", "questions": 1},
    ]
    assert "by_mode" not in read(by="day")


def test_only_questions_of_these_days_are_counted(read, alice):
    for moment in ("02-28 23:59:59.999999", "03-01 00:00", "03-31 23:59:59.999999", "04-01 00:00"):
        help_with(alice, "code", at=datetime.datetime.fromisoformat(f"2026-{moment}+00:00"))
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    assert read(**march)["by_mode"] == [{"mode": "code", "questions": 2}]
    assert read(**{"from": "9999-12-31", "to": "9999-12-31"})["by_mode"] == []
    assert read(to="0001-01-03")["by_mode"] == []
