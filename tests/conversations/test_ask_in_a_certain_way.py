"""Parameters of a conversation, and what a person wants of every one: kept, sent, recorded and told."""

import uuid

import pytest

from chatsite.threads import in_database
from conversations import lifecycle, parameters, preferences, turns
from conversations.errors import Invalid, TooLarge
from conversations.models import Conversation, Turn
from tests.usage.conftest import stage  # noqa: F401

WANTED = {"temperature": 0.2, "top_p": 0.9, "seed": 7, "thinking": False}


# -- Parameters -------------------------------------------------------------------------------------------------------


def test_what_is_none_is_left_to_the_model():
    assert parameters.check({"temperature": None, "seed": 0, "thinking": False}) == {"seed": 0, "thinking": False}
    assert parameters.check({}) == {}


@pytest.mark.parametrize(
    "sent",
    [
        {"temperature": -0.1},
        {"temperature": 2.01},
        {"temperature": 1e308},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": "0.5"},
        {"temperature": True},
        {"top_p": 0},
        {"top_p": 1.5},
        {"seed": -1},
        {"seed": 2**31},
        {"seed": 1.5},
        {"seed": True},
        {"context_length": 1023},
        {"context_length": 10**9},
        {"context_length": "8192"},
        {"thinking": "yes"},
        {"thinking": 1},
        {"max_tokens": -1},
        {"temperature": [0.5]},
        {"x" * 10_000: 1},
    ],
)
def test_what_no_model_can_be_asked_is_refused_with_a_sentence(sent):
    with pytest.raises(Invalid) as refused:
        parameters.check(sent)
    assert refused.value.code == "invalid_parameter"
    assert refused.value.detail.endswith(".") and len(refused.value.detail) < 200


def test_they_are_told_as_people_read_them():
    kept = parameters.check(WANTED | {"context_length": 4096})
    assert parameters.told(kept) == "Temperature 0.2 · Top-p 0.9 · Seed 7 · Window of 4,096 tokens · Thinking off"
    assert parameters.told({}) == ""


async def test_a_turn_keeps_with_what_it_was_asked_and_the_server_is_told(stage, alice):  # noqa: F811
    made = await in_database(lifecycle.create, owner=alice, parameters=WANTED)
    turn = await stage.answered(alice, "ollama/thinking", conversation_id=made.pk)
    assert turn.status == "completed" and turn.parameters == WANTED
    (seen,) = stage.fake.chats
    assert {name: seen.body["options"][name] for name in ("temperature", "top_p", "seed")} == {
        "temperature": 0.2,
        "top_p": 0.9,
        "seed": 7,
    }
    assert seen.body["think"] is False
    # What is changed afterwards changes nothing of what was asked before.
    await in_database(lifecycle.change, conversation=made, changes={"parameters": {}})
    turn = await in_database(Turn.objects.get, pk=turn.pk)
    assert turn.parameters == WANTED
    await stage.answered(alice, "ollama/thinking", conversation_id=made.pk)
    assert set(stage.fake.chats[-1].body["options"]) == {"num_ctx"}


async def test_a_smaller_window_sends_less_and_leaves_the_servers_as_it_is(stage, alice):  # noqa: F811
    made = await in_database(lifecycle.create, owner=alice, parameters={"context_length": 1024})
    long = "word " * 500
    for _ in range(4):
        await stage.answered(alice, "ollama/fast", f"{long} tokens=5", conversation_id=made.pk)
    sizes = [len(seen.body["messages"]) for seen in stage.fake.chats]
    windows = {seen.body["options"]["num_ctx"] for seen in stage.fake.chats}
    assert max(sizes) <= 4 and len(windows) == 1 and windows != {1024}
    last = await in_database(Turn.objects.filter(conversation=made.pk).latest, "created_at")
    assert last.condensed + last.left_out > 0 and last.truncated == ""


# -- What a person wants of every conversation ------------------------------------------------------------------------


async def test_instructions_go_with_each_question_and_the_turn_says_so(stage, alice):  # noqa: F811
    await in_database(preferences.change, user=alice, instructions="Think in metric units.")
    turn = await stage.answered(alice, "ollama/fast")
    first = stage.fake.chats[0].body["messages"][0]
    assert first == {"role": "system", "content": "Think in metric units."} and turn.instructed
    await in_database(preferences.change, user=alice, use_instructions=False)
    turn = await stage.answered(alice, "ollama/fast")
    assert [said["role"] for said in stage.fake.chats[1].body["messages"]] == ["user"] and not turn.instructed


async def test_instructions_that_take_too_much_of_a_window_are_left_away(stage, alice):  # noqa: F811
    await in_database(preferences.change, user=alice, instructions="metric " * 500)
    made = await in_database(lifecycle.create, owner=alice, parameters={"context_length": 1024})
    turn = await stage.answered(alice, "ollama/fast", conversation_id=made.pk)
    assert [said["role"] for said in stage.fake.chats[0].body["messages"]] == ["user"] and not turn.instructed


@pytest.mark.django_db
def test_instructions_have_an_end(alice):
    with pytest.raises(TooLarge):
        preferences.change(user=alice, instructions="x" * 4001)
    with pytest.raises(Invalid):
        preferences.change(user=alice, instructions="a\x00b")
    with pytest.raises(Invalid):
        preferences.change(user=alice, mode="wizard")
    alice.refresh_from_db()
    assert (alice.instructions, alice.default_mode) == ("", "")


@pytest.mark.django_db(transaction=True)
def test_a_conversation_begins_with_the_persons_model_and_mode(alice):
    preferences.change(user=alice, model="ollama/large", mode="tutorial")
    turn = turns.start(conversation_id=uuid.uuid4(), author=alice, text="Hello!").turn
    assert (turn.model, turn.mode) == ("ollama/large", "tutorial")
    assert turns.start(conversation_id=uuid.uuid4(), author=alice, text="Hello!", model="ollama/x").turn.model == (
        "ollama/x"
    )
    made = lifecycle.create(owner=alice, mode="")
    assert (made.model, made.mode) == ("ollama/large", "")
    assert Conversation.objects.count() == 3
