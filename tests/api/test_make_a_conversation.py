"""Making a conversation before its first question."""

import uuid

import pytest

from conversations.lifecycle import INSTRUCTIONS_MAX_BYTES
from conversations.models import Conversation

pytestmark = pytest.mark.django_db


def test_it_is_made_with_what_was_sent(program, alice):
    fields = {
        "id": str(uuid.uuid4()),
        "title": " Tides,\n and ebb ",
        "model": "ollama/a",
        "instructions": "Be brief.\n",
    }
    answer = program.post("conversations/", fields)
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/api/conversations/{fields['id']}/"
    told = answer.json()
    assert {**fields, "title": "Tides, and ebb"}.items() <= told.items()
    assert (told["messages"], told["message_count"], told["leaf"]) == ([], 0, None)
    assert Conversation.objects.get(pk=fields["id"]).owner == alice
    assert program.get(f"conversations/{fields['id']}/").json() == told


def test_nothing_need_be_sent(program):
    answer = program.post("conversations/", {})
    assert answer.status_code == 201
    assert answer.json()["title"] == ""


def test_an_id_is_used_once(program, talk):
    answer = program.post("conversations/", {"id": str(talk.conversation_id)})
    assert answer.status_code == 409
    assert answer.json()["code"] == "id_taken"
    assert Conversation.objects.count() == 1


def test_an_id_of_somebody_else_is_taken_too(stranger, talk, alice):
    answer = stranger.post("conversations/", {"id": str(talk.conversation_id), "title": "Mine now"})
    assert answer.status_code == 409
    assert Conversation.objects.get().owner == alice
    assert Conversation.objects.get().title != "Mine now"


@pytest.mark.parametrize(
    "field",
    [
        "owner",
        "user_id",
        "is_staff",
        "role",
        "created_at",
        "status",
        "pinned",
        "cost",
        "base_url",
        "deleted_at",
        "leaf",
    ],
)
def test_fields_that_are_not_ones_own_to_set_are_refused(program, field):
    answer = program.post("conversations/", {"title": "x", field: "1"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    assert field in answer.json()["detail"]
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id": "1"}, "invalid"),
        ({"id": 7}, "invalid"),
        ({"id": None}, "invalid"),
        ({"title": 5}, "invalid"),
        ({"title": ["x"]}, "invalid"),
        ({"title": " \n"}, "empty_title"),
        ({"title": "x" * 201}, "title_too_long"),
        ({"model": "x" * 201}, "model_not_found"),
        ([], "invalid"),
        ("text", "invalid"),
        (5, "invalid"),
        (b"{", "bad_json"),
        (b'{"title": "\\ud800"}', "bad_json"),
        (b'{"title": "\\u0000"}', "invalid_character"),
        (b"\xff", "bad_json"),
        (b"[" * 5000 + b"]" * 5000, "bad_json"),
        (b'{"title": NaN}', "bad_json"),
    ],
)
def test_a_body_that_cannot_be_is_refused(program, body, code):
    answer = program.post("conversations/", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == code
    assert answer.json()["request_id"]
    assert not Conversation.objects.exists()


def test_instructions_have_a_limit(program):
    answer = program.post("conversations/", {"instructions": "é" * (INSTRUCTIONS_MAX_BYTES // 2 + 1)})
    assert answer.status_code == 413
    assert answer.json()["code"] == "instructions_too_large"
    assert program.post("conversations/", {"instructions": "é" * (INSTRUCTIONS_MAX_BYTES // 2)}).status_code == 201


def test_a_body_that_is_too_large_is_not_read(program, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    answer = program.post("conversations/", {"title": "x" * 10_001})
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_kind_of_body_is_refused(program, kind):
    answer = program.post("conversations/", b"title=x", content_type=kind)
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


def test_nobody_makes_one_without_a_credential(anonymous):
    assert anonymous.post("conversations/", {}).status_code == 401
    assert not Conversation.objects.exists()
