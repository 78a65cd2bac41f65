"""Changing a conversation: title, model, instructions, pin, archive, and which branch is open."""

import uuid

import pytest

from conversations import turns
from conversations.models import Conversation

from .conftest import ask, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(talk) -> str:
    return f"conversations/{talk.conversation_id}/"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Ebb"},
        {"model": "ollama/b"},
        {"model": ""},
        {"instructions": "Be brief."},
        {"pinned": True},
        {"archived": True},
        {"title": "Both", "pinned": True},
    ],
)
def test_each_field_is_changed_and_told(program, address, change):
    answer = program.patch(address, change)
    assert answer.status_code == 200
    assert change.items() <= answer.json().items()
    assert program.get(address).json() == answer.json()
    assert program.get(address)["ETag"] == answer["ETag"]


def test_no_change_is_no_news(program, address):
    tag = program.get(address)["ETag"]
    answer = program.patch(address, {})
    assert answer.status_code == 200
    assert answer["ETag"] == tag


def test_another_branch_is_opened_down_to_its_newest_end(program, alice, talk, address):
    second = finish(ask(alice, talk.conversation_id, "Second"))
    finish(turns.edit(turn=talk, author=alice, text="Other").turn)
    told = program.patch(address, {"leaf": str(talk.pk)}).json()
    assert told["leaf"] == str(second.pk)
    assert [message["content"] for message in told["messages"]][::2] == ["What is a tide?", "Second"]


def test_no_branch_is_opened_while_an_answer_is_written_and_nothing_else_is_changed(program, alice, talk, address):
    running = ask(alice, talk.conversation_id, "More")
    answer = program.patch(address, {"leaf": str(talk.pk), "title": "Changed"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "turn_running"
    assert answer.json()["turn"] == str(running.pk)
    assert Conversation.objects.get().title == "What is a tide?"
    assert program.patch(address, {"title": "Changed"}).status_code == 200


def test_a_turn_of_another_conversation_does_not_exist(program, alice, bob, address, talk):
    for elsewhere in (finish(ask(alice)), finish(ask(bob)), None):
        answer = program.patch(address, {"leaf": str(elsewhere.pk if elsewhere else uuid.uuid4())})
        assert answer.status_code == 404
    talk.conversation.refresh_from_db()
    assert talk.conversation.leaf_id == talk.pk


@pytest.mark.parametrize(
    "field",
    ["id", "owner", "user_id", "status", "created_at", "active_at", "message_count", "messages", "deleted_at", "cost"],
)
def test_fields_that_are_not_ones_own_to_set_are_refused(program, address, field):
    before = program.get(address).json()
    answer = program.patch(address, {"title": "Changed", field: "completed"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    assert program.get(address).json() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"pinned": "true"}, "invalid"),
        ({"pinned": 1}, "invalid"),
        ({"archived": None}, "invalid"),
        ({"leaf": None}, "invalid"),
        ({"leaf": "x"}, "invalid"),
        ({"title": ""}, "empty_title"),
        ({"title": "x" * 201}, "title_too_long"),
        ({"model": None}, "invalid"),
        ([{"title": "x"}], "invalid"),
    ],
)
def test_a_value_that_cannot_be_is_refused(program, address, body, code):
    before = program.get(address).json()
    answer = program.patch(address, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert program.get(address).json() == before


def test_a_stranger_changes_nothing(stranger, anonymous, program, address):
    before = program.get(address).json()
    assert stranger.patch(address, {"title": "Mine"}).status_code == 404
    assert anonymous.patch(address, {"title": "Mine"}).status_code == 401
    assert stranger.delete(address).status_code == 404
    assert anonymous.delete(address).status_code == 401
    assert program.get(address).json() == before
