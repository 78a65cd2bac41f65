"""Turns: how one stands, stopping it, asking again and asking differently."""

import uuid
from unittest import mock

import pytest

from conversations import turns
from conversations.models import Conversation, Turn

from .conftest import ask, finish

pytestmark = pytest.mark.django_db


def test_a_finished_turn_tells_its_usage_and_timings(program, talk):
    told = program.get(f"turns/{talk.pk}/").json()
    assert told.pop("created_at").endswith("Z")
    assert told == {
        "id": str(talk.pk),
        "conversation": str(talk.conversation_id),
        "parent": None,
        "client_id": None,
        "status": "completed",
        "model": "",
        "finish_reason": "",
        "error": None,
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "exact": True},
        "timings": {"first_token_ms": 5, "total_ms": 50},
        "mode": "tutorial",
        "intent": {"by": "detected", "confidence": mock.ANY, "reason": mock.ANY},
        "parameters": {},
        "context": {
            "verbatim": 0,
            "condensed": 0,
            "left_out": 0,
            "digest": None,
            "window": None,
            "window_used": None,
            "truncated": "",
            "instructed": False,
        },
        "included": [],
        "notes": [],
        "continues": None,
        "carried": None,
        "started_at": None,
        "finished_at": None,
    }


def test_a_failed_turn_tells_why(program, talk):
    Turn.objects.update(status="failed", error_code="model_unreachable", error_detail="It is away.")
    told = program.get(f"turns/{talk.pk}/").json()
    assert told["error"] == {"code": "model_unreachable", "detail": "It is away."}


def test_an_open_turn_is_asked_to_stop(program, alice):
    turn = ask(alice)
    answer = program.post(f"turns/{turn.pk}/stop/")
    assert answer.status_code == 202
    assert answer.json()["id"] == str(turn.pk)
    turn.refresh_from_db()
    assert turn.stop_requested_at


def test_stopping_what_is_over_changes_nothing(program, talk):
    assert program.post(f"turns/{talk.pk}/stop/", {}).json()["status"] == "completed"
    talk.refresh_from_db()
    assert talk.stop_requested_at is None


def test_retry_asks_the_same_beside_it(program, talk):
    told = program.post(f"turns/{talk.pk}/retry/", {"model": "ollama/b"}).json()
    assert told["message"]["content"] == "What is a tide?"
    assert (told["turn"]["parent"], told["turn"]["model"]) == (None, "ollama/b")
    assert Conversation.objects.get().leaf_id == uuid.UUID(told["turn"]["id"])


def test_edit_asks_differently_beside_it(program, alice, talk):
    second = finish(ask(alice, talk.conversation_id, "Second"))
    told = program.post(f"turns/{second.pk}/edit/", {"text": "Otherwise"}).json()
    assert (told["message"]["content"], told["turn"]["parent"]) == ("Otherwise", str(talk.pk))
    assert Turn.objects.filter(parent=talk).count() == 2


@pytest.mark.parametrize("action", ["retry", "edit"])
def test_an_open_turn_is_not_asked_again(program, alice, action):
    turn = ask(alice)
    answer = program.post(f"turns/{turn.pk}/{action}/", {"text": "x"} if action == "edit" else {})
    assert answer.status_code == 409
    assert answer.json()["turn"] == str(turn.pk)


@pytest.mark.parametrize("action", ["stop", "retry", "edit"])
def test_unknown_fields_are_refused(program, alice, action):
    turn = ask(alice)
    answer = program.post(f"turns/{turn.pk}/{action}/", {"text": "x", "parent": str(turn.pk)})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    turn.refresh_from_db()
    assert turn.stop_requested_at is None


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_edit_is_refused(program, talk, text):
    assert program.post(f"turns/{talk.pk}/edit/", {"text": text}).json()["code"] == "empty_message"


@pytest.mark.parametrize(("method", "action"), [("get", ""), ("post", "stop/"), ("post", "retry/"), ("post", "edit/")])
def test_somebody_elses_turn_does_not_exist(stranger, anonymous, alice, method, action):
    turn = ask(alice)
    body = {"text": "x"} if action == "edit/" else None
    assert stranger.send(method, f"turns/{turn.pk}/{action}", body).status_code == 404
    assert stranger.send(method, f"turns/{uuid.uuid4()}/{action}", body).status_code == 404
    assert anonymous.send(method, f"turns/{turn.pk}/{action}", body).status_code == 401
    assert turns.find(turn_id=turn.pk, user=alice).stop_requested_at is None
    assert Turn.objects.count() == 1


def test_turns_are_not_listed_or_deleted(program, talk):
    assert program.get("turns/").status_code == 404
    assert program.delete(f"turns/{talk.pk}/").status_code == 405
