"""Sending again: with an Idempotency-Key one question is asked once, however often it is sent."""

import threading
import uuid

import pytest
from django.db import connection

from conversations.models import Turn

from .conftest import Program

pytestmark = pytest.mark.django_db

SENDERS = 6


def sends(talk) -> dict[str, tuple[str, dict]]:
    """Return the address and the body of each kind of send."""
    return {
        "ask": (f"conversations/{talk.conversation_id}/turns/", {"text": "And the moon?"}),
        "retry": (f"turns/{talk.pk}/retry/", {}),
        "edit": (f"turns/{talk.pk}/edit/", {"text": "Otherwise"}),
    }


@pytest.fixture(params=["ask", "retry", "edit"])
def send(request, talk) -> tuple[str, dict]:
    """One kind of send after the other."""
    return sends(talk)[request.param]


def test_the_same_send_gives_the_same_turn(program, send, new_id):
    path, body = send
    first = program.post(path, body, idempotency_key=new_id)
    again = program.post(path, body, idempotency_key=new_id)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Turn.objects.count() == 2


def test_the_key_and_the_client_id_are_one(program, send, new_id):
    path, body = send
    first = program.post(path, {**body, "client_id": new_id})
    again = program.post(path, body, idempotency_key=new_id.upper())
    both = program.post(path, {**body, "client_id": new_id}, idempotency_key=new_id)
    assert again.json() == both.json() == first.json()
    assert first.json()["turn"]["client_id"] == new_id


def test_two_different_ones_are_refused(program, send, new_id):
    path, body = send
    answer = program.post(path, {**body, "client_id": str(uuid.uuid4())}, idempotency_key=new_id)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_idempotency_key"
    assert Turn.objects.count() == 1


@pytest.mark.parametrize("key", ["", "1", "not-a-uuid", "a" * 5000, "é"])
def test_a_key_that_is_no_uuid_is_refused(program, send, key):
    path, body = send
    answer = program.post(path, body, idempotency_key=key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_idempotency_key"
    assert Turn.objects.count() == 1


def test_a_key_is_for_one_body(program, talk, new_id):
    path, body = sends(talk)["ask"]
    program.post(path, body, idempotency_key=new_id)
    for other in ({"text": "Something else"}, {**body, "model": "ollama/b"}, {**body, "parent": str(talk.pk)}):
        answer = program.post(path, other, idempotency_key=new_id)
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"
    assert program.post(f"conversations/{uuid.uuid4()}/turns/", body, idempotency_key=new_id).status_code == 422
    assert Turn.objects.count() == 2


def test_a_key_is_each_persons_own(program, stranger, new_id):
    for asker in (program, stranger):
        answer = asker.post(f"conversations/{uuid.uuid4()}/turns/", {"text": "Hello"}, idempotency_key=new_id)
        assert answer.status_code == 202
        assert "Idempotent-Replayed" not in answer


def test_a_refused_send_does_not_use_up_its_key(program, talk, new_id):
    path, body = sends(talk)["ask"]
    assert program.post(path, {"text": ""}, idempotency_key=new_id).status_code == 400
    assert program.post(path, body, idempotency_key=new_id).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_sent_many_times_at_once_it_is_one_turn(alice, talk, new_id):
    path, body = sends(talk)["ask"]
    together, answers = threading.Barrier(SENDERS), []

    def post() -> None:
        try:
            program = Program(alice)
            together.wait()
            answers.append(program.post(path, body, idempotency_key=new_id))
        finally:
            connection.close()

    senders = [threading.Thread(target=post) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert [answer.status_code for answer in answers] == [202] * SENDERS
    assert len({answer.json()["turn"]["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert Turn.objects.count() == 2
