"""Filtering the list: by state, model, time and words; what is no filter is refused."""

import pytest
from django.utils import timezone

from conversations import lifecycle
from conversations.models import Conversation

from .conftest import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def chats(alice) -> dict[str, Conversation]:
    """Conversations by their title."""
    made = [
        lifecycle.create(owner=alice, title="Pinned", model="ollama/a"),
        lifecycle.create(owner=alice, title="Archived"),
        lifecycle.create(owner=alice, title="Done 100%"),
    ]
    lifecycle.change(conversation=made[0], changes={"pinned": True})
    lifecycle.change(conversation=made[1], changes={"archived": True})
    lifecycle.end(conversation=made[2])
    return {conversation.title: conversation for conversation in made}


def titles(answer) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {item["title"] for item in answer.json()["results"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"pinned": "true"}, {"Pinned"}),
        ({"pinned": "false"}, {"Archived", "Done 100%"}),
        ({"archived": "true"}, {"Archived"}),
        ({"archived": "false"}, {"Pinned", "Done 100%"}),
        ({"status": "completed"}, {"Done 100%"}),
        ({"status": "active", "archived": "false"}, {"Pinned"}),
        ({"model": "ollama/a"}, {"Pinned"}),
        ({"model": "ollama/b"}, set()),
        ({"q": "pinn"}, {"Pinned"}),
        ({"q": "%"}, {"Done 100%"}),
        ({"created_after": "2001-01-01T00:00:00Z"}, {"Pinned", "Archived", "Done 100%"}),
        ({"created_before": "2001-01-01T00:00:00+02:00"}, set()),
        ({"created_after": "2001-01-01"}, {"Pinned", "Archived", "Done 100%"}),
    ],
)
def test_each_filter_narrows_the_list(program, chats, query, found):
    assert titles(program.get("conversations/", query)) == found


def test_a_time_divides_the_list_without_gap_or_overlap(program, chats):
    moment = chats["Archived"].created_at.isoformat()
    after = titles(program.get("conversations/", {"created_after": moment}))
    before = titles(program.get("conversations/", {"created_before": moment}))
    assert after == {"Archived", "Done 100%"}
    assert before == {"Pinned"}


def test_words_are_found_in_what_was_said_too(program, stranger, alice, chats):
    asked = ask(alice, text="How high is the water?")
    lifecycle.rename(conversation=asked.conversation, title="Tides")
    for words in ("water high", "tides", "TIDE"):
        assert titles(program.get("conversations/", {"q": words})) == {"Tides"}
        assert titles(stranger.get("conversations/", {"q": words})) == set()


def test_filters_show_only_ones_own(stranger, chats):
    assert titles(stranger.get("conversations/", {"pinned": "true"})) == set()


@pytest.mark.parametrize(
    "name", ["owner", "user_id", "offset", "ordering", "format", "pinned__in", "owner__email", "id", "Pinned"]
)
def test_a_filter_that_does_not_exist_is_refused(program, name):
    answer = program.get("conversations/", {name: "1"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_filter"
    assert name in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pinned", "yes"),
        ("pinned", "True"),
        ("pinned", ""),
        ("archived", "1"),
        ("status", "gone"),
        ("status", ""),
        ("model", "x" * 201),
        ("model", "a\x00b"),
        ("q", "a\x00b"),
        ("q", ""),
        ("q", "x" * 501),
        ("created_after", "yesterday"),
        ("created_after", "2026-13-01T00:00:00Z"),
        ("created_after", "0001-01-01T00:00:00+23:00"),
        ("created_before", "9999-12-31T23:59:59-23:00"),
    ],
)
def test_a_value_that_is_none_is_refused(program, name, value):
    answer = program.get("conversations/", {name: value})
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] in {"invalid", "invalid_character"}


def test_a_filter_that_is_given_twice_is_refused(program):
    answer = program.get("conversations/?pinned=true&pinned=false")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"


@pytest.mark.parametrize("path", ["conversations/{id}/", "conversations/{id}/messages/", "chat/models/"])
def test_other_addresses_know_their_parameters_too(program, talk, path):
    answer = program.get(path.format(id=talk.conversation_id), {"verbose": "1"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_filter"


def test_time_stands_still_for_a_filter_in_the_future(program, chats):
    later = (timezone.now() + timezone.timedelta(days=1)).isoformat()
    assert titles(program.get("conversations/", {"created_after": later})) == set()
