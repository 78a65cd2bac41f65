"""Asking for more than is allowed: refused with a calm sentence and when to ask again, whoever asks."""

import datetime
import threading
import uuid
from decimal import Decimal

import pytest
from django.conf import settings as conf
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import quotas, turns
from conversations.errors import OverQuota
from conversations.models import Conversation, Quota, Turn

from .conftest import spend

pytestmark = pytest.mark.django_db

DAY_SECONDS = 24 * 3600


def ask(author, **fields) -> Turn:
    return turns.start(**{"conversation_id": uuid.uuid4(), "author": author, "text": "What is a tide?"} | fields).turn


def refusal(author, **fields) -> OverQuota:
    """Return why a question is refused; nothing of it is kept."""
    before = Turn.objects.count(), Conversation.objects.count()
    with pytest.raises(OverQuota) as refused:
        ask(author, **fields)
    assert (Turn.objects.count(), Conversation.objects.count()) == before
    assert refused.value.status == 429
    return refused.value


# -- Who has which limits ---------------------------------------------------------------------------------------------


def test_without_quotas_nothing_is_limited(alice):
    assert quotas.limits_of(alice) == quotas.Limits()


def test_a_quota_for_everybody_holds_for_everybody(alice):
    Quota.objects.create(tokens_per_day=100)
    assert quotas.limits_of(alice).tokens_per_day == 100


def test_a_group_has_its_own_instead(alice, bob):
    Quota.objects.create(tokens_per_day=100, requests_per_minute=1)
    group = Group.objects.create(name="Writers")
    group.user_set.add(alice)
    Quota.objects.create(group=group, tokens_per_day=500)
    assert quotas.limits_of(alice) == quotas.Limits(tokens_per_day=500)
    assert quotas.limits_of(bob).tokens_per_day == 100


def test_the_most_generous_of_ones_groups_counts(alice):
    for name, tokens, requests in (("Writers", 500, 3), ("Readers", 900, 2)):
        group = Group.objects.create(name=name)
        group.user_set.add(alice)
        Quota.objects.create(group=group, tokens_per_day=tokens, requests_per_minute=requests)
    assert quotas.limits_of(alice) == quotas.Limits(tokens_per_day=900, requests_per_minute=3)
    free = Group.objects.create(name="Editors")
    free.user_set.add(alice)
    Quota.objects.create(group=free)
    assert quotas.limits_of(alice) == quotas.Limits()


def test_ones_own_quota_counts_alone(alice):
    group = Group.objects.create(name="Writers")
    group.user_set.add(alice)
    Quota.objects.create(group=group, tokens_per_day=500)
    Quota.objects.create(user=alice, tokens_per_day=5)
    assert quotas.limits_of(alice).tokens_per_day == 5


# -- Tokens and money -------------------------------------------------------------------------------------------------


def test_when_the_tokens_of_a_day_are_used_up_the_next_question_waits_for_midnight(alice):
    Quota.objects.create(tokens_per_day=30)
    ask(alice)
    spend(alice)
    refused = refusal(alice)
    assert refused.code == "budget_exceeded"
    now = timezone.now()
    midnight = (now + datetime.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert abs(refused.extra["retry_after"] - (midnight - now).total_seconds()) < 3


def test_yesterday_and_other_people_do_not_count(alice, bob):
    Quota.objects.create(tokens_per_day=30)
    spend(alice, at=timezone.now() - datetime.timedelta(days=1))
    spend(bob)
    ask(alice)


def test_when_the_money_of_a_month_is_used_up_the_next_question_waits_for_the_next_month(alice):
    Quota.objects.create(cost_per_month=Decimal("0.02"))
    spend(alice)
    ask(alice)
    spend(alice)
    refused = refusal(alice)
    assert refused.code == "budget_exceeded"
    assert 0 < refused.extra["retry_after"] <= 31 * DAY_SECONDS + 1


def test_money_of_another_currency_and_unknown_prices_take_nothing_from_the_budget(alice):
    Quota.objects.create(cost_per_month=Decimal("0.01"))
    spend(alice, currency="EUR")
    spend(alice, cost=None)
    ask(alice)


def test_a_limit_of_nothing_lets_nothing_in(alice):
    Quota.objects.create(tokens_per_day=0)
    assert refusal(alice).code == "budget_exceeded"


@pytest.mark.parametrize("verb", ["retry", "edit"])
def test_asking_again_and_differently_is_asking(alice, verb):
    turn = ask(alice)
    Turn.objects.update(status="completed")
    turn.refresh_from_db()
    Quota.objects.create(tokens_per_day=0)
    with pytest.raises(OverQuota):
        turns.retry(turn=turn, author=alice) if verb == "retry" else turns.edit(turn=turn, author=alice, text="Why?")


def test_what_was_let_in_before_may_be_asked_for_again(alice):
    client_id, conversation_id = str(uuid.uuid4()), uuid.uuid4()
    first = ask(alice, client_id=client_id, conversation_id=conversation_id)
    Quota.objects.create(tokens_per_day=0)
    assert ask(alice, client_id=client_id, conversation_id=conversation_id) == first


# -- Requests a minute ------------------------------------------------------------------------------------------------


def test_more_requests_than_a_minute_has_are_refused_until_it_is_over(alice, bob):
    Quota.objects.create(requests_per_minute=2)
    ask(alice)
    ask(alice)
    refused = refusal(alice)
    assert refused.code == "too_many_requests"
    assert 0 < refused.extra["retry_after"] <= 60
    ask(bob)
    # The minute is over.
    cache.delete(quotas.pace_key(alice))
    ask(alice)


# -- At the same time -------------------------------------------------------------------------------------------------


def test_of_fifty_questions_at_once_two_run_three_wait_and_the_rest_are_refused(alice, settings):
    settings.USER_RUNNING_TURNS, settings.USER_WAITING_TURNS = 2, 3
    for _ in range(5):
        ask(alice)
    for _ in range(45):
        refused = refusal(alice)
        assert refused.code == "too_many_generations"
        assert refused.extra["retry_after"] > 0


def test_when_an_answer_has_ended_there_is_room_for_another(alice, settings):
    settings.USER_RUNNING_TURNS, settings.USER_WAITING_TURNS = 1, 0
    turn = ask(alice)
    refusal(alice)
    Turn.objects.filter(pk=turn.pk).update(status="stopped")
    ask(alice)


def test_a_quota_sets_another_number(alice, settings):
    settings.USER_RUNNING_TURNS, settings.USER_WAITING_TURNS = 2, 1
    Quota.objects.create(user=alice, concurrent_turns=4)
    for _ in range(5):
        ask(alice)
    refusal(alice)


def at_once(count: int, work) -> list[str]:
    """Return how the same thing went, done by so many threads at once: "" or the code of the refusal."""
    ready = threading.Barrier(count)
    outcomes: list[str] = []

    def attempt() -> None:
        try:
            ready.wait()
            work()
            outcomes.append("")
        except OverQuota as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_never_more_than_allowed(alice, settings):
    settings.USER_RUNNING_TURNS, settings.USER_WAITING_TURNS = 2, 3
    outcomes = at_once(20, lambda: ask(alice))
    assert sorted(outcomes) == [""] * 5 + ["too_many_generations"] * 15
    assert Turn.objects.open().count() == 5


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_never_faster_than_allowed(alice):
    Quota.objects.create(requests_per_minute=7)
    outcomes = at_once(20, lambda: ask(alice))
    assert sorted(outcomes) == [""] * 7 + ["too_many_requests"] * 13


# -- What it costs ----------------------------------------------------------------------------------------------------


def queries(author) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask(author)
    return len(captured)


@pytest.mark.skipif(not conf.EMBEDDED_DATABASE, reason="PostgreSQL reads a table as small as a test's as a whole.")
def test_open_answers_are_counted_without_a_look_at_all_others(alice):
    assert "turns_of_author (author_id=? AND status=?)" in Turn.objects.open().filter(author=alice).explain()


def test_limits_cost_a_question_few_queries(alice, settings):
    # One is there to find the limits.
    free = queries(alice)
    settings.USER_RUNNING_TURNS = 100
    # How many answers of theirs are under way, and only one of a person at a time where there are several writers.
    counted = free + 1 + connection.features.has_select_for_update
    assert queries(alice) == counted
    Quota.objects.create(tokens_per_day=10**6, cost_per_month=100, requests_per_minute=100)
    for _ in range(20):
        spend(alice)
    # What is used, of tokens and money, in one.
    assert queries(alice) == counted + 1
