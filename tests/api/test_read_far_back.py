"""Reading on from somewhere far back in a long conversation, in either direction."""

import uuid
from importlib import import_module

import pytest
from django.db import connection

from conversations import lifecycle
from conversations.models import Conversation, Message, Turn
from conversations.models import turn as model

from .conftest import ask, finish

pytestmark = pytest.mark.django_db

# As many as the branch that is beside the open one, and the open one itself, after the turn where they part.
COUNT, PARTED = 40, 12


@pytest.fixture
def near(monkeypatch):
    """Milestones near enough for a short conversation to have some."""
    monkeypatch.setattr(model, "MILESTONE_TURNS", 5)


def say(conversation: Conversation, before: Turn | None, count: int) -> list[Turn]:
    """Make so many turns of one branch at once, and open it."""
    made: list[Turn] = []
    for _ in range(count):
        turn = Turn(conversation=conversation, author=conversation.owner, parent=before, status="completed")
        if before is not None:
            turn.depth, turn.milestone_id = before.depth + 1, before.milestone_of_next
        made.append(before := turn)
    Turn.objects.bulk_create(made)
    Message.objects.bulk_create(Message(turn=turn, position=0, role="user", text=str(turn.pk)) for turn in made)
    Conversation.objects.filter(pk=conversation.pk).update(leaf=before)
    return made


@pytest.fixture
def parted(near, alice) -> list[list[Turn]]:
    """Two branches of one conversation, each from the first turn to its last; the second one is open."""
    conversation = lifecycle.create(owner=alice)
    one = say(conversation, None, COUNT)
    other = say(conversation, one[PARTED], COUNT)
    return [one, one[: PARTED + 1] + other]


def ids(turns) -> list[uuid.UUID]:
    return [turn.pk for turn in turns]


def test_the_turns_after_any_turn_are_those_of_the_branch(parted):
    for branch in parted:
        for turn in branch:
            for limit in (1, 4, 50):
                found = Turn.objects.branch_after(branch[-1].pk, turn, limit)
                assert ids(found) == ids(branch[turn.depth + 1 : turn.depth + 1 + limit])


def test_they_are_the_same_without_milestones(parted):
    Turn.objects.update(milestone=None)
    branch = parted[0]
    assert ids(Turn.objects.branch_after(branch[-1].pk, branch[3], 7)) == ids(branch[4:11])


def test_the_way_there_is_short(near, alice):
    branch = say(lifecycle.create(owner=alice), None, 100)
    # What is above a turn is looked up among few: the milestones of the branch, and the turns between two of them.
    way, turn = [], branch[-1]
    by_id = {turn.pk: turn for turn in branch}
    while turn.milestone_id:
        turn = by_id[turn.milestone_id]
        way.append(turn.depth)
    assert way == list(range(95, 0, -5))


def test_questions_know_the_last_milestone_above_them(near, alice, new_id):
    asked = [finish(ask(alice, new_id)) for _ in range(12)]
    above = [turn.milestone_id and asked[[one.pk for one in asked].index(turn.milestone_id)].depth for turn in asked]
    assert above == [None] * 6 + [5] * 5 + [10]


def test_a_conversation_from_before_is_told_its_milestones(alice):
    branch = say(lifecycle.create(owner=alice), None, 210)
    told = list(Turn.objects.order_by("depth").values_list("milestone", flat=True))
    assert set(told) == {None, branch[100].pk, branch[200].pk}
    Turn.objects.update(milestone=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("conversations.migrations.0007_far_back").FILL_IN)
    assert list(Turn.objects.order_by("depth").values_list("milestone", flat=True)) == told


@pytest.mark.parametrize("count", [12, 150])
def test_reading_on_takes_the_same_queries_however_far_it_is(program, alice, count, django_assert_num_queries):
    conversation = lifecycle.create(owner=alice)
    branch = say(conversation, None, count)
    query = {"cursor": f"after-{branch[2].pk}", "page_size": 2}
    with django_assert_num_queries(8):
        answer = program.get(f"conversations/{conversation.pk}/messages/", query)
    assert [message["turn"] for message in answer.json()["messages"]] == [str(branch[3].pk), str(branch[4].pk)]


def test_deleting_a_long_conversation_leaves_nothing(parted, settings):
    settings.UNDO_DELETE_SECONDS = 0
    lifecycle.delete(conversation=parted[0][0].conversation)
    assert not Turn.objects.exists()
