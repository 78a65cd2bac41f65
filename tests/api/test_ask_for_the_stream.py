"""Asking with `Accept: text/event-stream`: what stands in the way of the stream is told as JSON, before it begins."""

import pytest

from conversations.models import Turn

from .conftest import ask

pytestmark = pytest.mark.django_db

STREAM = {"accept": "text/event-stream"}


@pytest.mark.parametrize("path", ["conversations/{conversation}/turns/", "turns/{turn}/retry/", "turns/{turn}/edit/"])
def test_the_answer_to_a_send_is_its_stream(program, talk, path):
    body = {} if path.endswith("retry/") else {"text": "And the moon?"}
    answer = program.post(path.format(conversation=talk.conversation_id, turn=talk.pk), body, **STREAM)
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/event-stream; charset=utf-8"
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert "Content-Encoding" not in answer
    assert Turn.objects.count() == 2


def test_an_error_is_json_with_its_status(program, stranger, anonymous, alice, talk):
    path = f"conversations/{talk.conversation_id}/turns/"
    for asker, body, status in (
        (program, {"text": ""}, 400),
        (program, {"text": "x", "mode": "fast"}, 400),
        (stranger, {"text": "x"}, 404),
        (anonymous, {"text": "x"}, 401),
    ):
        answer = asker.post(path, body, **STREAM)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/json"
        assert answer.json()["code"]
    running = ask(alice, talk.conversation_id)
    assert program.post(path, {"text": "x"}, **STREAM).json()["turn"] == str(running.pk)


def test_what_is_no_stream_is_not_acceptable_as_one(program, talk):
    answer = program.get(f"conversations/{talk.conversation_id}/", **STREAM)
    assert answer.status_code == 406
    assert answer.json()["code"] == "not_acceptable"
