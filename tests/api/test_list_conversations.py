"""Listing: one's own conversations, the last active first."""

import pytest

from conversations import lifecycle
from conversations.models import Conversation

from .conftest import ask, finish

pytestmark = pytest.mark.django_db


def test_the_list_says_what_a_sidebar_needs(program, talk):
    [item] = program.get("conversations/").json()["results"]
    conversation = talk.conversation
    assert item.pop("created_at").endswith("Z")
    assert item.pop("active_at").endswith("Z")
    assert item == {
        "id": str(conversation.pk),
        "title": "What is a tide?",
        "message_count": 2,
        "status": "active",
        "pinned": False,
        "archived": False,
        "tags": [],
        "model": "",
        "expires_at": None,
        "files_expire_at": None,
    }


def test_the_last_active_is_the_first(program, alice):
    first = finish(ask(alice))
    second = ask(alice)
    ask(alice, first.conversation_id, "And now?")
    listed = [item["id"] for item in program.get("conversations/").json()["results"]]
    assert listed == [str(first.conversation_id), str(second.conversation_id)]


def test_archived_ones_are_in_the_list(program, talk):
    lifecycle.change(conversation=talk.conversation, changes={"archived": True})
    [item] = program.get("conversations/").json()["results"]
    assert item["archived"]


def test_the_messages_of_all_branches_are_counted(program, alice, talk):
    finish(ask(alice, talk.conversation_id, "Second"))
    lifecycle.create(owner=alice, title="Empty")
    counts = {item["title"]: item["message_count"] for item in program.get("conversations/").json()["results"]}
    assert counts == {"What is a tide?": 4, "Empty": 0}


def test_a_stranger_sees_nothing_of_it(stranger, talk):
    assert stranger.get("conversations/").json()["results"] == []


def test_nobody_is_let_in_without_a_credential(anonymous, talk):
    answer = anonymous.get("conversations/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert "Bearer" in answer["WWW-Authenticate"]


def test_answers_stay_out_of_caches(program, anonymous, talk):
    paths = ["conversations/", f"conversations/{talk.conversation_id}/", "chat/models/", "nowhere/"]
    for answer in [program.get(path) for path in paths] + [anonymous.get("conversations/")]:
        assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_takes_the_same_queries_however_long_it_is(program, alice, rows, django_assert_num_queries):
    for number in range(rows):
        finish(ask(alice, text=f"Question {number}"))
    program.get("conversations/")
    with django_assert_num_queries(3):
        assert len(program.get("conversations/").json()["results"]) == rows
    assert Conversation.objects.count() == rows
