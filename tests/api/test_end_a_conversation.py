"""Ending a conversation: it is completed, until the next question."""

import pytest

from conversations.models import Conversation

from .conftest import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(talk) -> str:
    return f"conversations/{talk.conversation_id}/end/"


def test_an_ended_one_tells_how_long_it_lasted(program, talk, address):
    told = program.post(address).json()
    conversation = Conversation.objects.get()
    assert conversation.status == "completed"
    times = {name: told.pop(name) for name in ("start_time", "end_time", "duration_seconds")}
    assert times == {
        "start_time": conversation.created_at.isoformat().replace("+00:00", "Z"),
        "end_time": conversation.active_at.isoformat().replace("+00:00", "Z"),
        "duration_seconds": round((conversation.active_at - conversation.created_at).total_seconds(), 3),
    }
    assert told.pop("metrics")["messages"] == {"user": 1, "assistant": 1, "tool": 0, "total": 2}
    assert told == {
        "session_id": str(conversation.pk),
        "status": "completed",
        "summary": "",
        "topics": [],
        "sentiment": None,
        "key_outcomes": [],
        "user_rating": None,
    }


def test_ending_twice_says_the_same(program, address):
    assert program.post(address, {}).json() == program.post(address).json()


def test_the_next_question_opens_it_again(program, talk, address):
    program.post(address)
    program.post(f"conversations/{talk.conversation_id}/turns/", {"text": "One more"})
    assert Conversation.objects.get().status == "active"


def test_it_does_not_end_while_an_answer_is_written(program, alice, talk, address):
    running = ask(alice, talk.conversation_id, "More")
    answer = program.post(address)
    assert answer.status_code == 409
    assert answer.json()["turn"] == str(running.pk)


def test_fields_are_refused(program, address):
    assert program.post(address, {"rating": 5}).json()["code"] == "unknown_field"
    assert Conversation.objects.get().status == "active"


def test_nobody_else_ends_it(stranger, anonymous, address):
    assert stranger.post(address).status_code == 404
    assert anonymous.post(address).status_code == 401
    assert Conversation.objects.get().status == "active"
