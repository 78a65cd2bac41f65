"""An answer that uses up what its author has left ends there, and keeps its words."""

from decimal import Decimal

from chatsite.threads import in_database
from conversations.models import ModelPrice, Quota, Turn
from conversations.runner import budget

from .conftest import spend

LONG = "What is a tide? tokens=400"
# What is read from the server at once is used, also past the limit: so many tokens at most on a busy machine.
AT_ONCE = 30


def quota(**fields) -> Quota:
    return Quota.objects.create(**fields)


async def test_it_is_stopped_where_the_tokens_of_the_day_end(stage, alice):
    await in_database(quota, tokens_per_day=100)
    turn = await stage.answered(alice, "ollama/paced-200", LONG)
    (entry,) = await stage.entries(turn)
    assert (turn.status, turn.finish_reason, turn.error_code) == ("stopped", "budget_exceeded", "budget_exceeded")
    assert turn.error_detail.endswith(".")
    assert entry.outcome == "stopped"
    assert 100 <= entry.prompt_tokens + entry.completion_tokens < 100 + AT_ONCE
    text = await in_database(lambda: turn.messages.get(role="assistant").text)
    assert text


async def test_what_was_used_before_counts(stage, alice):
    await in_database(quota, tokens_per_day=130)
    await in_database(spend, alice)
    (entry,) = await stage.entries(await stage.answered(alice, "ollama/paced-200", LONG))
    assert 100 <= entry.prompt_tokens + entry.completion_tokens < 100 + AT_ONCE


async def test_it_is_stopped_where_the_money_of_the_month_ends(stage, alice):
    await in_database(quota, cost_per_month=Decimal("0.05"))
    await in_database(ModelPrice.objects.create, model="ollama/paced-200:latest", prompt=0, completion=1000)
    turn = await stage.answered(alice, "ollama/paced-200", LONG)
    (entry,) = await stage.entries(turn)
    assert turn.error_code == "budget_exceeded"
    assert 50 <= entry.completion_tokens < 50 + AT_ONCE
    assert entry.cost == entry.completion_tokens * Decimal("0.001")


async def test_a_model_that_costs_nothing_goes_on(stage, alice):
    await in_database(quota, cost_per_month=Decimal("0.05"))
    assert (await stage.answered(alice, "ollama/fast", LONG)).status == "completed"


async def test_a_question_that_is_longer_than_what_is_left_never_reaches_the_model(stage, alice):
    await in_database(quota, tokens_per_day=5)
    turn = await stage.answered(alice, "ollama/fast")
    assert (turn.status, turn.error_code) == ("stopped", "budget_exceeded")
    assert stage.fake.chats == []
    assert await stage.entries(turn) == []


async def test_answers_at_the_same_time_share_what_is_left(stage, alice):
    await in_database(quota, tokens_per_day=300)
    asked = [await stage.ask(alice, "ollama/paced-50", LONG) for _ in range(3)]
    ended = [await stage.ended(turn) for turn in asked]
    used = [entry for turn in ended for entry in await stage.entries(turn)]
    assert {turn.error_code for turn in ended} == {"budget_exceeded"}
    assert 300 <= sum(entry.prompt_tokens + entry.completion_tokens for entry in used) < 300 + len(asked) * AT_ONCE
    assert budget._tallies == {}


async def test_an_answer_that_waited_in_line_has_what_is_left_when_it_begins(stage, alice, settings):
    settings.CONCURRENT_CALLS = {"ollama": 1}
    await in_database(quota, tokens_per_day=100)
    first = await stage.ask(alice, "ollama/paced-200", LONG)
    second = await stage.ask(alice, "ollama/paced-200", LONG)
    assert (await stage.ended(first)).error_code == "budget_exceeded"
    turn: Turn = await stage.ended(second)
    assert (turn.status, turn.error_code) == ("stopped", "budget_exceeded")
    assert len(stage.fake.chats) == 1


async def test_two_of_one_person_are_written_and_the_others_are_told_their_place(stage, alice, settings):
    settings.USER_RUNNING_TURNS, settings.USER_WAITING_TURNS = 2, 3
    asked = [await stage.ask(alice, "ollama/hang") for _ in range(5)]
    await stage.until(lambda: len(stage.fake.chats) == 2)
    line = stage.engine.line_of("ollama")
    assert (line.taken, line.of(alice.pk)) == (2, 5)
    for turn in asked:
        await stage.stop(turn)
    for turn in asked:
        await stage.ended(turn)
    assert line.taken == 0
