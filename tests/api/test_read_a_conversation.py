"""Reading a conversation: its fields, the end of its open branch, and whether it has changed."""

import pytest

from conversations import lifecycle, live, turns
from conversations.api.pagination import PAGE_SIZE

from .conftest import ask, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(talk) -> str:
    return f"conversations/{talk.conversation_id}/"


def test_the_detail_holds_the_messages_of_the_open_branch(program, talk, address):
    told = program.get(address).json()
    assert told["leaf"] == str(talk.pk)
    assert told["instructions"] == ""
    assert told["earlier"] is None
    question, answer = told["messages"]
    assert question["content"] == "What is a tide?"
    assert question["usage"] is None
    moment = answer.pop("created_at")
    assert moment.endswith("Z")
    assert answer == {
        "id": str(talk.messages.get(role="assistant").pk),
        "turn": str(talk.pk),
        "role": "assistant",
        "content": "An answer.",
        "thinking": "",
        "thinking_ms": None,
        "model": "",
        "status": "complete",
        "attachments": [],
        "tool_calls": [],
        "tool_name": "",
        "tool_call_id": "",
        "tool_run": {},
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "exact": True},
    }


def test_times_are_told_in_utc_wherever_the_server_stands(program, address, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    told = program.get(address).json()
    assert told["created_at"].endswith("Z")
    assert told["messages"][0]["created_at"].endswith("Z")


def test_what_an_answer_has_said_up_to_now_is_told(program, alice):
    turn = ask(alice)
    message = turn.messages.get(role="assistant")
    feed = live.feed(turn.conversation_id)
    try:
        growing = feed.open(id=str(message.pk), turn=str(turn.pk))
        growing.replace(3, "So far", "Hm")
        told = program.get(f"conversations/{turn.conversation_id}/").json()["messages"][-1]
        assert (told["content"], told["thinking"], told["status"]) == ("So far", "Hm", "streaming")
        message.text, message.seq = "So far, and further", 4
        message.save()
        told = program.get(f"conversations/{turn.conversation_id}/").json()["messages"][-1]
        assert told["content"] == "So far, and further"
    finally:
        live.current().clear()


def test_a_long_conversation_shows_its_end_and_where_the_rest_is(program, alice, talk, address):
    for number in range(PAGE_SIZE):
        finish(ask(alice, talk.conversation_id, f"Question {number}"))
    told = program.get(address).json()
    assert told["message_count"] == 2 * PAGE_SIZE + 2
    assert len(told["messages"]) == 2 * PAGE_SIZE
    assert told["messages"][0]["content"] == "Question 0"
    earlier = program.get(told["earlier"].partition("/api/")[2]).json()
    assert [message["content"] for message in earlier["messages"]] == ["What is a tide?", "An answer."]


def test_only_the_open_branch_is_shown(program, alice, talk, address):
    finish(turns.edit(turn=talk, author=alice, text="Other").turn, "Another answer.")
    assert [message["content"] for message in program.get(address).json()["messages"]] == ["Other", "Another answer."]


@pytest.mark.parametrize("length", [3, 30])
def test_reading_takes_the_same_queries_however_long_it_is(
    program, alice, talk, address, length, django_assert_num_queries
):
    for number in range(length):
        finish(ask(alice, talk.conversation_id, f"Question {number}"))
    with django_assert_num_queries(7):
        assert len(program.get(address).json()["messages"]) == 2 * length + 2


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_somebody_elses_does_not_exist(stranger, address, method, talk):
    answer = getattr(stranger, method)(address)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    talk.conversation.refresh_from_db()


@pytest.mark.parametrize(
    "path",
    ["conversations/7c8f1c55-4d3a-4c39-9f0e-0f6f3f1a2b3c/", "conversations/1/", "conversations/%00/", "nowhere/"],
)
def test_what_does_not_exist_is_told_as_json(program, path):
    answer = program.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_a_deleted_one_is_gone_everywhere(program, talk, address):
    assert program.delete(address).status_code == 204
    assert program.delete(address).status_code == 404
    for path in (address, f"{address}messages/", f"turns/{talk.pk}/"):
        assert program.get(path).status_code == 404


def test_nobody_reads_without_a_credential(anonymous, address):
    assert anonymous.get(address).status_code == 401


# -- Whether it has changed -------------------------------------------------------------------------------------------


def test_what_is_known_already_is_not_told_again(program, address):
    tag = program.get(address)["ETag"]
    answer = program.get(address, if_none_match=tag)
    assert answer.status_code == 304
    assert answer["ETag"] == tag
    assert answer.content == b""
    assert program.get(address, if_none_match=f'"x", W/{tag}').status_code == 304
    assert program.get(address, if_none_match="*").status_code == 304


def test_a_change_is_told(program, alice, talk, address):
    tag = program.get(address)["ETag"]
    assert program.patch(address, {"pinned": True})["ETag"] != tag
    assert program.get(address, if_none_match=tag).status_code == 200


def test_an_answer_that_is_being_written_is_told_each_time(program, alice, talk, address):
    turn = ask(alice, talk.conversation_id, "More")
    tag = program.get(address)["ETag"]
    assert program.get(address, if_none_match=tag).status_code == 200
    finish(turn)
    assert program.get(address, if_none_match=tag).status_code == 304


def test_a_tag_stays_strong_when_answers_are_compressed(program, alice, talk, address):
    lifecycle.change(conversation=talk.conversation, changes={"instructions": "Be brief. " * 100})
    answer = program.get(address, accept_encoding="gzip")
    assert answer["ETag"].startswith('"')
    assert program.patch(address, {"pinned": True}, if_match=answer["ETag"]).status_code == 200


@pytest.mark.parametrize("tag", ["abc", '"', '"a" "b"', 'w/"a"', '"a",', '"a\tb"', "*, *", ""])
def test_a_malformed_tag_is_refused(program, address, tag):
    for answer in (program.get(address, if_none_match=tag), program.patch(address, {}, if_match=tag)):
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_etag"


def test_a_head_request_says_the_same_without_the_body(program, address):
    answer = program.send("head", address)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["ETag"]


@pytest.mark.parametrize("method", ["put", "post", "trace"])
def test_a_method_that_is_not_there_is_named(program, address, method):
    answer = getattr(program.client, method)(f"/api/{address}", headers=program.headers)
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert set(answer["Allow"].split(", ")) == {"GET", "PATCH", "DELETE", "HEAD", "OPTIONS"}
