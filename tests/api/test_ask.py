"""Asking: the question is committed, and the answer is on its way."""

import uuid

import pytest

from conversations import turns
from conversations.models import Conversation, Message, Turn

from .conftest import ask, finish

pytestmark = pytest.mark.django_db

NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def address(talk) -> str:
    return f"conversations/{talk.conversation_id}/turns/"


def test_a_question_is_accepted_with_its_turn(program, talk, address):
    answer = program.post(address, {"text": "And the moon?", "model": "ollama/a"})
    assert answer.status_code == 202
    turn = Turn.objects.get(parent=talk)
    told = answer.json()
    assert told["turn"]["id"] == str(turn.pk)
    assert told["turn"]["conversation"] == str(talk.conversation_id)
    assert told["turn"]["parent"] == str(talk.pk)
    assert (told["turn"]["status"], told["turn"]["model"]) == ("queued", "ollama/a")
    assert (told["message"]["role"], told["message"]["content"]) == ("user", "And the moon?")
    assert (told["answer"]["role"], told["answer"]["status"]) == ("assistant", "streaming")
    assert answer["Location"] == f"http://testserver/api/turns/{turn.pk}/"
    assert "Idempotent-Replayed" not in answer


def test_an_unused_id_makes_the_conversation(program, alice, new_id):
    assert program.post(f"conversations/{new_id}/turns/", {"text": "How do tides work?"}).status_code == 202
    conversation = Conversation.objects.get(pk=new_id)
    assert (conversation.owner, conversation.title) == (alice, "How do tides work?")


def test_a_question_can_follow_an_earlier_turn(program, alice, talk, address):
    finish(ask(alice, talk.conversation_id, "Second"))
    told = program.post(address, {"text": "Instead", "parent": str(talk.pk)}).json()
    assert told["turn"]["parent"] == str(talk.pk)


def test_the_text_is_kept_to_the_letter(program, address):
    text = "  line one\r\n\tline two  👩‍🔬 é \u200d\n"
    program.post(address, {"text": text})
    assert Message.objects.filter(role="user", text=text).exists()


def test_a_second_question_meanwhile_is_told_which_turn_runs(program, address):
    first = program.post(address, {"text": "One"}).json()
    answer = program.post(address, {"text": "Two"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "turn_running"
    assert answer.json()["turn"] == first["turn"]["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"text": ""}, 400, "empty_message"),
        ({"text": " \n"}, 400, "empty_message"),
        ({"text": 5}, 400, "invalid"),
        ({"text": None}, 400, "invalid"),
        ({"text": {"a": 1}}, 400, "invalid"),
        ({"text": "x", "client_id": "1"}, 400, "invalid_client_id"),
        ({"text": "x", "client_id": 1}, 400, "invalid"),
        ({"text": "x", "model": "x" * 201}, 400, "model_not_found"),
        ({"text": "x", "model": None}, 400, "invalid"),
        ({"text": "x", "parent": "1"}, 400, "invalid"),
        ({"text": "x", "attachments": "1"}, 400, "invalid"),
        ({"text": "x", "attachments": ["1"]}, 400, "invalid"),
        ({"text": "", "attachments": []}, 400, "empty_message"),
        ({"text": "x", "attachments": [NOBODYS]}, 404, "attachment_not_found"),
        ({"text": "x", "attachments": [NOBODYS, NOBODYS]}, 400, "attached_twice"),
        (
            {"text": "x", "attachments": [f"{NOBODYS[:-2]}{number}" for number in range(10, 21)]},
            400,
            "too_many_attachments",
        ),
        ({"text": "x", "mode": "fast"}, 400, "invalid"),
        ({"text": "x", "role": "system"}, 400, "unknown_field"),
        ({"text": "x", "author": "1", "status": "completed"}, 400, "unknown_field"),
        ({"text": "é" * 65_537}, 413, "message_too_large"),
        (b'{"text": "a\\u0000b"}', 400, "invalid_character"),
        (b'{"text": "a\\ud800b"}', 400, "bad_json"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_made(program, new_id, body, status, code):
    answer = program.post(f"conversations/{new_id}/turns/", body)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert not Conversation.objects.filter(pk=new_id).exists()


def test_a_parent_from_elsewhere_does_not_exist(program, alice, bob, address):
    for elsewhere in (finish(ask(alice)).pk, finish(ask(bob)).pk, uuid.uuid4()):
        before = Turn.objects.count()
        assert program.post(address, {"text": "x", "parent": str(elsewhere)}).status_code == 404
        assert Turn.objects.count() == before


def test_a_parent_under_an_unused_id_does_not_exist(program, talk, new_id):
    assert program.post(f"conversations/{new_id}/turns/", {"text": "x", "parent": str(talk.pk)}).status_code == 404
    assert not Conversation.objects.filter(pk=new_id).exists()


def test_nobody_asks_in_somebody_elses_conversation(stranger, anonymous, address):
    assert stranger.post(address, {"text": "x"}).status_code == 404
    assert anonymous.post(address, {"text": "x"}).status_code == 401
    assert Turn.objects.count() == 1


def test_a_branch_ends_at_its_limit(program, talk, address):
    Turn.objects.filter(pk=talk.pk).update(depth=turns.DEPTH_LIMIT)
    answer = program.post(address, {"text": "x"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "conversation_too_long"


def test_over_the_limit_says_when_to_ask_again(program, address, settings):
    settings.USER_RUNNING_TURNS, settings.USER_WAITING_TURNS = 1, 0
    program.post(address, {"text": "One"})
    answer = program.post(f"conversations/{uuid.uuid4()}/turns/", {"text": "Two"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1


def test_there_is_nothing_to_read_where_one_asks(program, address):
    assert program.get(address).status_code == 405
