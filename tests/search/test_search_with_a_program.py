"""Searching through the API: what it tells, and what it refuses."""

import pytest

from tests.api.conftest import Program

from .conftest import say

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(alice) -> Program:
    """Alice's program."""
    return Program(alice)


def test_it_tells_where_each_word_was_found(program, alice):
    turn = say(alice, "Where is it?", "In the *harbour*.")
    answer = turn.messages.get(role="assistant")
    reply = program.get("search/", {"q": "harbour"})
    assert reply.status_code == 200
    body = reply.json()
    assert body["next"] is None
    [hit] = body["results"]
    assert hit.pop("created_at").endswith("Z")
    assert hit == {
        "conversation": str(turn.conversation_id),
        "title": "Where is it?",
        "message": str(answer.pk),
        "turn": str(turn.pk),
        "role": "assistant",
        "attachment": None,
        "snippet": [
            {"text": "In the ", "found": False},
            {"text": "harbour", "found": True},
            {"text": ".", "found": False},
        ],
    }


def test_next_leads_to_the_page_after(program, alice):
    for number in range(5):
        say(alice, "Question", f"harbour {number}")
    seen, query = [], {"q": "harb", "prefix": "true", "page_size": 2}
    reply = program.get("search/", query).json()
    while True:
        seen += ["".join(piece["text"] for piece in hit["snippet"]) for hit in reply["results"]]
        if not reply["next"]:
            break
        assert reply["next"].startswith("http://testserver/api/search/?")
        reply = program.get("search/?" + reply["next"].partition("?")[2]).json()
    assert seen == [f"harbour {number}" for number in reversed(range(5))]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "empty_query"),
        ({"q": ""}, "empty_query"),
        ({"q": "?!"}, "empty_query"),
        ({"q": "-word"}, "empty_query"),
        ({"q": "x" * 10_000}, "query_too_long"),
        ({"q": "a\x00b"}, "invalid_character"),
        ({"q": "a", "owner": "b"}, "unknown_filter"),
        ({"q": ["a", "b"]}, "invalid"),
        ({"q": "a", "prefix": "maybe"}, "invalid"),
        ({"q": "a", "page_size": "1000000000"}, "invalid_pagination"),
        ({"q": "a", "page_size": "0"}, "invalid_pagination"),
        ({"q": "a", "cursor": "-1"}, "invalid_pagination"),
        ({"q": "a", "cursor": "9" * 19}, "invalid_pagination"),
        ({"q": "a", "cursor": "٣"}, "invalid_pagination"),
    ],
)
def test_what_makes_no_sense_is_refused(program, query, code):
    reply = program.get("search/", query)
    assert (reply.status_code, reply.json()["code"]) == (400, code)


@pytest.mark.parametrize("typed", ['"', '"" x', "a OR b*", "NEAR(a b)", "'; --", "🎉", "東京", "%", "a:b", "^a", "a\\"])
def test_anything_a_person_types_is_answered(program, typed):
    assert program.get("search/", {"q": typed}).status_code in {200, 400}


def test_bytes_that_are_no_text_are_answered(program):
    assert program.get("search/?q=%ff%fe+a").status_code == 200


def test_strangers_find_nothing(alice, bob):
    say(alice, "harbour")
    assert Program(bob).get("search/", {"q": "harbour"}).json()["results"] == []


def test_anonymous_may_not_search(db):
    assert Program().get("search/", {"q": "harbour"}).status_code == 401
