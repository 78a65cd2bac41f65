"""The sums of each day are those of the ledger's rows, whichever way and however late a row comes."""

import datetime
from collections import Counter
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from conversations import usage
from conversations.models import DailyUsage, UsageEntry

from .conftest import spend

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
KEY = ("user_id", "day", "model", "purpose", "counted", "currency")
WHOLE = ("prompt_tokens", "completion_tokens", "cached_tokens", "total_ms")


def of_rows() -> dict:
    """Return the sums of the ledger, added up here, row by row."""
    found: dict = {}
    for row in UsageEntry.objects.all():
        sums = found.setdefault(tuple(getattr(row, name) for name in KEY), Counter(cost=Decimal(0)))
        sums.update({name: getattr(row, name) for name in WHOLE})
        sums["calls"] += 1
        sums["priced_calls"] += row.cost is not None
        sums["cost"] += row.cost or 0
    return found


def of_days() -> dict:
    return {
        tuple(getattr(row, name) for name in KEY): Counter(
            {name: getattr(row, name) for name in (*WHOLE, "calls", "priced_calls", "cost")}
        )
        for row in DailyUsage.objects.all()
    }


entries = st.fixed_dictionaries(
    {
        # Late ones too, and those just before and after midnight in UTC.
        "at": st.integers(-72 * 3600, 72 * 3600).map(lambda seconds: NOON + datetime.timedelta(seconds=seconds)),
        "model": st.sampled_from(["", "ollama/fast", "openai/slow"]),
        "purpose": st.sampled_from(["chat", "tool"]),
        "counted": st.sampled_from(["exact", "estimated"]),
        "currency": st.sampled_from(["USD", "EUR"]),
        "prompt_tokens": st.integers(0, 10**9),
        "completion_tokens": st.integers(0, 10**9),
        "total_ms": st.integers(0, 10**6),
        "cost": st.none() | st.decimals(0, 99, places=10),
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(entries, max_size=20), st.integers(0, 3))
def test_sums_of_days_are_those_of_rows(alice, drafts, at_once):
    for draft in drafts[at_once:]:
        spend(alice, **draft)
    usual = {"user": alice, "created_at": NOON, "day": NOON.date()}
    UsageEntry.objects.bulk_create(
        UsageEntry(**usual | {name: value for name, value in draft.items() if name != "at"})
        for draft in drafts[:at_once]
    )
    assert of_days() == of_rows()


def test_a_report_is_told_from_the_days_in_one_query(alice, bob, django_assert_num_queries):
    spend(alice, at=NOON)
    spend(alice, at=NOON, cost=None)
    spend(alice, at=NOON, currency="EUR", counted="estimated")
    spend(bob, at=NOON)
    with django_assert_num_queries(1):
        report = usage.report(user=alice, first=NOON.date(), last=NOON.date())
    assert (report.total.calls, report.total.tokens, report.total.unpriced_calls) == (3, 90, 1)
    assert report.total.cost == {"USD": Decimal("0.01"), "EUR": Decimal("0.01")}
    assert report.total.estimated_tokens == 30


def test_sums_stay_when_details_are_deleted_and_when_the_person_is(alice):
    spend(alice, at=NOON)
    before = of_days()
    UsageEntry.objects.all().delete()
    User.objects.get(pk=alice.pk).delete()
    assert of_days() == before and len(before) == 1


def test_many_small_costs_lose_nothing(alice):
    for _ in range(300):
        spend(alice, at=NOON, cost=Decimal("0.0000000007"))
    spend(alice, at=NOON, cost=Decimal("12345.6789012345"))
    assert DailyUsage.objects.get().cost == Decimal("12345.6789014445")


def test_what_was_entered_before_is_added_up_by_the_migration(alice):
    spend(alice, at=NOON)
    spend(alice, at=NOON, cost=None)
    before = of_days()
    DailyUsage.objects.all().delete()
    migration = import_module("conversations.migrations.0019_daily_figures")
    with connection.schema_editor(atomic=False) if connection.vendor != "sqlite" else _editor() as editor:
        migration.do_not_add_up(None, editor)
        spend(alice, at=NOON)
        migration.add_up(None, editor)
    spend(alice, at=NOON)
    assert of_days() == of_rows() != before


def _editor():
    """SQLite's own would end the transaction of the test."""
    from contextlib import nullcontext

    return nullcontext(connection.SchemaEditorClass(connection))
