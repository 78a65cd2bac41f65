"""Asking for a stream in a way that gets none: a clear answer in JSON, and nothing is begun."""

import uuid

import pytest

from conversations import sockets
from conversations.models import Turn

STREAM = "text/event-stream"


def stream_of(turn: Turn) -> str:
    return f"conversations/{turn.conversation_id}/stream/"


def refused(answer) -> tuple[int, str]:
    """Return the status and the code of an error, which is JSON whatever was asked for."""
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()) >= {"code", "detail", "request_id"}
    return answer.status_code, answer.json()["code"]


def test_a_strangers_stream_is_not_there(stranger, talk):
    assert refused(stranger.get(stream_of(talk), accept=STREAM)) == (404, "not_found")
    assert stranger.client.head(f"/api/{stream_of(talk)}", headers=stranger.headers).status_code == 404


def test_the_stream_of_an_id_that_nobody_has_used_is_not_there(program, new_id):
    assert refused(program.get(f"conversations/{new_id}/stream/")) == (404, "not_found")


@pytest.mark.parametrize("path", ["conversations/{}/stream/", "chat/stream/"])
def test_whoever_is_not_signed_in_gets_no_stream(anonymous, talk, path):
    call = anonymous.post if path == "chat/stream/" else anonymous.get
    assert refused(call(path.format(talk.conversation_id), accept=STREAM))[0] == 401


@pytest.mark.parametrize("accept", ["application/json", "text/html", "text/event-stream2", "nonsense"])
def test_a_stream_cannot_be_had_as_anything_else(program, talk, accept):
    assert refused(program.get(stream_of(talk), accept=accept)) == (406, "not_acceptable")
    assert refused(program.post("chat/stream/", {"message": "Hi"}, accept=accept)) == (406, "not_acceptable")
    assert Turn.objects.count() == 1


def test_an_unknown_parameter_is_refused(program, talk):
    assert refused(program.get(stream_of(talk), {"since": "1"})) == (400, "unknown_filter")


def test_head_answers_at_once_and_has_the_headers_of_a_stream(program, talk):
    answer = program.client.head(f"/api/{stream_of(talk)}", headers=program.headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/event-stream; charset=utf-8"
    assert not answer.streaming


def test_options_tells_what_can_be_done(program, talk):
    answer = program.client.options(f"/api/{stream_of(talk)}", headers=program.headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_stream_is_only_read(program, talk, method):
    assert refused(program.send(method, stream_of(talk))) == (405, "method_not_allowed")


def test_a_stream_says_how_it_wants_to_be_carried(program, talk):
    answer = program.get(stream_of(talk), accept=STREAM, accept_encoding="gzip")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/event-stream; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Accel-Buffering"] == "no"
    assert not answer.has_header("Content-Encoding")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"message": ""}, "empty_message"),
        ({"message": 7}, "invalid"),
        ({"message": "Hi", "conversation_id": "7"}, "invalid"),
        ({"message": "Hi", "conversation_id": None}, "invalid"),
        ({"message": "Hi", "text": "Hi"}, "unknown_field"),
        ({"message": "Hi", "files": []}, "unknown_field"),
        ({"message": "Hi", "files[]": ["x"]}, "unknown_field"),
        ({"message": "Hi", "model": "m" * 1000}, "model_not_found"),
        (["Hi"], "invalid"),
        (b"{", "bad_json"),
        (b'{"message": "\\u0000"}', "invalid_character"),
    ],
)
def test_a_chat_that_cannot_be_understood_asks_nothing(program, body, code):
    assert refused(program.post("chat/stream/", body)) == (400, code)
    assert not Turn.objects.exists()


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"message": "Hi", "files[]": "a"}, "unknown_field"),
        ({"message": ["Hi", "there"]}, "bad_request"),
        ({"message": "Hi", "colour": "blue"}, "unknown_field"),
        ({"message": "Hi\0there"}, "invalid"),
    ],
)
def test_a_form_that_cannot_be_understood_asks_nothing(program, parts, code):
    answer = program.client.post("/api/chat/stream/", parts, headers=program.headers)
    assert refused(answer) == (400, code)
    assert not Turn.objects.exists()


def test_the_chat_of_a_stranger_is_not_there(stranger, talk):
    body = {"message": "Hi", "conversation_id": str(talk.conversation_id)}
    assert refused(stranger.post("chat/stream/", body)) == (404, "not_found")


def test_a_chat_takes_a_key_that_is_a_uuid(program):
    answer = program.post("chat/stream/", {"message": "Hi"}, idempotency_key="7")
    assert refused(answer) == (400, "invalid_idempotency_key")


def test_a_repeated_key_with_other_words_is_refused(program):
    key = str(uuid.uuid4())
    assert program.post("chat/stream/", {"message": "Hi"}, idempotency_key=key).status_code == 200
    assert refused(program.post("chat/stream/", {"message": "Ho"}, idempotency_key=key)) == (
        422,
        "idempotency_key_reused",
    )


def test_a_repeated_key_asks_once_and_in_the_same_new_conversation(program):
    key = str(uuid.uuid4())
    for _ in range(2):
        assert program.post("chat/stream/", {"message": "Hi"}, idempotency_key=key).status_code == 200
    assert Turn.objects.count() == 1


def test_whoever_has_too_many_open_is_told_so_and_nothing_is_asked(program, alice, settings, monkeypatch, talk):
    settings.SOCKETS_PER_USER = 3
    monkeypatch.setitem(sockets._per_user, alice.pk, 3)
    answer = program.get(stream_of(talk))
    assert refused(answer) == (429, "too_many_streams")
    assert int(answer["Retry-After"]) > 0
    assert refused(program.post("chat/stream/", {"message": "Hi"})) == (429, "too_many_streams")
    assert Turn.objects.count() == 1


def test_a_full_process_says_so(program, settings, talk):
    settings.SOCKETS_PER_PROCESS = 0
    answer = program.get(stream_of(talk))
    assert refused(answer) == (503, "busy")
    assert int(answer["Retry-After"]) > 0
