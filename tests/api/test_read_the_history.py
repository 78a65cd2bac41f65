"""Reading what was said, a page of turns at a time, in either direction and on any branch."""

import uuid

import pytest
from django.utils import timezone

from conversations import lifecycle, turns
from conversations.models import Conversation, Message, Turn

from .conftest import ask, finish

pytestmark = pytest.mark.django_db


def say(conversation_id, author, count: int) -> list[Turn]:
    """Make so many finished turns of one branch at once, and open it."""
    conversation = lifecycle.create(owner=author, id=conversation_id, title="Long")
    now = timezone.now()
    made: list[Turn] = []
    for number in range(count):
        before = made[-1] if made else None
        made.append(Turn(conversation=conversation, author=author, parent=before, depth=number, status="completed"))
    Turn.objects.bulk_create(made)
    Message.objects.bulk_create(
        Message(turn=turn, position=position, role=role, text=f"{role} {turn.depth}", created_at=now)
        for turn in made
        for position, role in enumerate(("user", "assistant"))
    )
    Conversation.objects.filter(pk=conversation.pk).update(leaf=made[-1], message_count=2 * count)
    return made


@pytest.fixture
def long(alice, new_id) -> list[Turn]:
    """A branch of 25 turns."""
    return say(new_id, alice, 25)


def read(program, path: str, query: dict | None = None) -> dict:
    answer = program.get(path.partition("/api/")[2] or path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def depths(page: dict) -> list[int]:
    return [int(message["content"].split()[1]) for message in page["messages"]][::2]


def test_the_first_page_holds_the_newest_oldest_first(program, long, new_id):
    page = read(program, f"conversations/{new_id}/messages/", {"page_size": 10})
    assert depths(page) == list(range(15, 25))
    assert [message["role"] for message in page["messages"][:2]] == ["user", "assistant"]
    assert page["next"] is None


def test_both_addresses_say_the_same(program, talk):
    messages = read(program, f"conversations/{talk.conversation_id}/messages/")
    assert messages == read(program, f"chat/history/{talk.conversation_id}/")
    assert [message["content"] for message in messages["messages"]] == ["What is a tide?", "An answer."]


def test_previous_leads_to_the_beginning_and_next_back_to_the_end(program, long, new_id):
    page = read(program, f"conversations/{new_id}/messages/", {"page_size": 10})
    seen = [depths(page)]
    while page["previous"]:
        page = read(program, page["previous"])
        seen.append(depths(page))
    assert seen == [list(range(15, 25)), list(range(5, 15)), list(range(5))]
    forward = [depths(page)]
    while page["next"]:
        page = read(program, page["next"])
        forward.append(depths(page))
    assert sum(forward, []) == list(range(25))


def test_a_question_that_comes_meanwhile_does_not_move_the_pages(program, alice, long, new_id):
    page = read(program, f"conversations/{new_id}/messages/", {"page_size": 10})
    finish(ask(alice, new_id, "user 25"))
    earlier = read(program, page["previous"])
    assert depths(earlier) == list(range(5, 15))
    assert depths(read(program, earlier["next"])) == list(range(15, 25))


def test_another_branch_is_read_by_its_last_turn(program, alice, talk):
    other = finish(turns.edit(turn=talk, author=alice, text="Other").turn)
    path = f"conversations/{talk.conversation_id}/messages/"
    assert read(program, path)["messages"][0]["turn"] == str(other.pk)
    assert read(program, path, {"leaf": str(talk.pk)})["messages"][0]["turn"] == str(talk.pk)


def test_an_empty_conversation_has_an_empty_page(program, alice):
    conversation = lifecycle.create(owner=alice)
    page = read(program, f"conversations/{conversation.pk}/messages/")
    assert page == {"messages": [], "next": None, "previous": None}


@pytest.mark.parametrize("count", [3, 30])
def test_a_page_takes_the_same_queries_however_long_the_conversation_is(
    program, alice, new_id, count, django_assert_num_queries
):
    say(new_id, alice, count)
    with django_assert_num_queries(6):
        read(program, f"conversations/{new_id}/messages/", {"page_size": 2})
    first = read(program, f"conversations/{new_id}/messages/", {"page_size": 2})
    with django_assert_num_queries(7):
        read(program, first["previous"])


@pytest.mark.parametrize("way", ["before", "after"])
def test_a_cursor_of_another_conversation_is_refused(program, alice, bob, talk, long, way):
    path = f"conversations/{talk.conversation_id}/messages/"
    for elsewhere in (long[5].pk, finish(ask(bob)).pk, uuid.uuid4()):
        answer = program.get(path, {"cursor": f"{way}-{elsewhere}"})
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_pagination"


def test_a_cursor_of_another_branch_is_refused(program, alice, talk):
    finish(turns.edit(turn=talk, author=alice, text="Other").turn)
    answer = program.get(f"conversations/{talk.conversation_id}/messages/", {"cursor": f"after-{talk.pk}"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": ""},
        {"cursor": "before-"},
        {"cursor": "before-1"},
        {"cursor": "\x00"},
        {"cursor": "a" * 5000},
        {"page_size": "0"},
        {"page_size": "101"},
        {"page_size": "1e9"},
    ],
)
def test_forged_pagination_is_refused(program, talk, query):
    answer = program.get(f"conversations/{talk.conversation_id}/messages/", query)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_pagination"


def test_a_branch_from_elsewhere_does_not_exist(program, alice, bob, talk):
    path = f"conversations/{talk.conversation_id}/messages/"
    for elsewhere in (finish(ask(alice)).pk, finish(ask(bob)).pk, uuid.uuid4()):
        assert program.get(path, {"leaf": str(elsewhere)}).status_code == 404
    assert program.get(path, {"leaf": "x"}).status_code == 400


@pytest.mark.parametrize("path", ["conversations/{}/messages/", "chat/history/{}/"])
def test_a_stranger_reads_nothing(stranger, anonymous, talk, path):
    assert stranger.get(path.format(talk.conversation_id)).status_code == 404
    assert anonymous.get(path.format(talk.conversation_id)).status_code == 401
