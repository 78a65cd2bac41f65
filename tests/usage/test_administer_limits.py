"""Limits and prices are set in the admin; the ledger is read there, and never written."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from conversations.models import ModelPrice, Quota, UsageEntry
from tests.pages.conftest import plain_static_files  # noqa: F401

from .conftest import spend

pytestmark = pytest.mark.django_db

ADMIN = "/admin/conversations"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("root@example.org", is_staff=True, is_superuser=True))
    return client


def test_a_quota_is_set_for_one_person(admin, alice):
    admin.post(f"{ADMIN}/quota/add/", {"user": alice.pk, "tokens_per_day": 500})
    assert Quota.objects.get().user == alice


def test_a_quota_is_for_a_person_or_a_group_and_not_for_both(admin, alice):
    group = Group.objects.create(name="Writers")
    answer = admin.post(f"{ADMIN}/quota/add/", {"user": alice.pk, "group": group.pk, "tokens_per_day": 500})
    assert answer.status_code == 200
    assert not Quota.objects.exists()


def test_there_is_one_quota_for_everybody(admin):
    for _ in range(2):
        answer = admin.post(f"{ADMIN}/quota/add/", {"tokens_per_day": 500})
        assert answer.status_code in {200, 302}
    assert Quota.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [{"tokens_per_day": -1}, {"cost_per_month": "-0.01"}, {"requests_per_minute": -1}, {"concurrent_turns": 0}],
)
def test_a_limit_that_makes_no_sense_is_refused(admin, fields):
    assert admin.post(f"{ADMIN}/quota/add/", fields).status_code == 200
    assert not Quota.objects.exists()


def test_a_price_is_set_for_a_model(admin):
    fields = {"model": "openai/gpt-5-mini", "currency": "eur", "prompt": "0.25", "cached": "", "completion": "2"}
    assert admin.post(f"{ADMIN}/modelprice/add/", fields).status_code == 302
    price = ModelPrice.objects.get()
    assert (price.currency, price.prompt, price.cached, price.completion) == ("EUR", Decimal("0.25"), None, 2)


@pytest.mark.parametrize(
    "wrong", [{"prompt": "-1"}, {"cached": "-0.1"}, {"completion": "-1"}, {"prompt": "NaN"}, {"currency": "$"}]
)
def test_a_price_that_makes_no_sense_is_refused(admin, wrong):
    fields = {"model": "openai/gpt-5-mini", "currency": "USD", "prompt": "1", "cached": "", "completion": "2"}
    assert admin.post(f"{ADMIN}/modelprice/add/", fields | wrong).status_code == 200
    assert not ModelPrice.objects.exists()


def test_the_ledger_is_read_only_even_for_an_administrator(admin, alice):
    entry = spend(alice)
    assert admin.get(f"{ADMIN}/usageentry/").status_code == 200
    assert admin.get(f"{ADMIN}/usageentry/{entry.pk}/change/").status_code == 200
    assert admin.post(f"{ADMIN}/usageentry/{entry.pk}/change/", {"prompt_tokens": 0}).status_code == 403
    assert admin.post(f"{ADMIN}/usageentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get(f"{ADMIN}/usageentry/add/").status_code == 403
    admin.post(f"{ADMIN}/usageentry/", {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert UsageEntry.objects.get().prompt_tokens == 10


def test_the_ledger_can_be_read_when_the_person_is_gone(admin, alice):
    spend(alice)
    User.objects.filter(pk=alice.pk).delete()
    assert admin.get(f"{ADMIN}/usageentry/").status_code == 200
    assert admin.get(f"{ADMIN}/usageentry/{UsageEntry.objects.get().pk}/change/").status_code == 200
