"""Reading what was found: newest first, page by page, with the place in plain text."""

import pytest

from conversations import lifecycle, search
from conversations.models import Message
from conversations.search import hits

from .conftest import found, marked, say

pytestmark = pytest.mark.django_db


def snippet(person, typed: str) -> list[tuple[str, bool]]:
    hit = next(hit for hit in search.messages(user=person, typed=typed).hits if hit.message_id)
    return [(piece.text, piece.found) for piece in hit.snippet]


def test_a_hit_says_where_it_is(alice):
    turn = say(alice, "Where is it?", "In the harbour")
    [hit] = search.messages(user=alice, typed="harbour").hits
    answer = turn.messages.get(role="assistant")
    assert (hit.conversation_id, hit.turn_id, hit.message_id) == (turn.conversation_id, turn.pk, answer.pk)
    assert (hit.title, hit.role, hit.created_at) == ("Where is it?", "assistant", answer.created_at)


def test_a_title_is_a_hit_without_a_message(alice):
    conversation = lifecycle.create(owner=alice, title="My *harbour* <b>")
    [hit] = search.messages(user=alice, typed="harbour").hits
    assert (hit.conversation_id, hit.turn_id, hit.message_id, hit.role) == (conversation.pk, None, None, None)
    assert [piece.text for piece in hit.snippet] == ["My *", "harbour", "* <b>"]


def test_the_newest_come_first(alice):
    for number in range(3):
        say(alice, "Question", f"harbour {number}")
    assert found(alice, "harbour") == ["harbour 2", "harbour 1", "harbour 0"]


def test_the_find_is_marked_in_plain_text(alice):
    say(alice, "Question", "The **harbour** of `Århus` and the <b>harbour</b>")
    assert snippet(alice, "harbour arhus") == [
        ("The ", False),
        ("harbour", True),
        (" of ", False),
        ("Århus", True),
        (" and the <b>", False),
        ("harbour", True),
        ("</b>", False),
    ]


def test_only_the_phrase_is_marked(alice):
    say(alice, "Question", "master of the harbour, harbour master")
    assert marked(alice, '"harbour master"') == ["harbour master"]


def test_a_long_text_is_cut_around_the_find(alice):
    say(alice, "Question", "before " * 500 + "the harbour " + "after " * 500)
    pieces = snippet(alice, "harbour")
    text = "".join(piece for piece, _ in pieces)
    assert text.startswith("…before") and text.endswith("after…")
    assert ("harbour", True) in pieces
    assert len(text) < 300


def test_a_find_that_no_reader_sees_is_shown_as_it_was_written(alice):
    say(alice, "Question", "See [the page](https://example.org/harbour)")
    assert ("harbour", True) in snippet(alice, "harbour")


def test_a_text_without_spaces_is_cut_too(alice):
    say(alice, "Question", "東" * 3000 + "京都" + "西" * 3000)
    pieces = snippet(alice, "京都")
    assert ("京都", True) in pieces
    assert len("".join(text for text, _ in pieces)) < 300


def pages(person, typed: str, size: int) -> list[int]:
    seen, before = [], None
    while True:
        page = search.messages(user=person, typed=typed, before=before, limit=size)
        assert len(page.hits) <= size
        seen += [hit.id for hit in page.hits]
        if page.next is None:
            return seen
        before = page.next


@pytest.mark.parametrize("newest", [1, 3, 1000])
def test_pages_hold_everything_once(alice, bob, monkeypatch, newest):
    # However many entries are looked through before the index is asked.
    monkeypatch.setattr(hits, "NEWEST_ENTRIES", newest)
    for number in range(7):
        say(alice, f"harbour {number}", "an answer" if number % 2 else "the harbour")
        say(bob, "harbour of Bob")
    everything = pages(alice, "harbour", 100)
    assert len(everything) == 7 + 7 + 4
    assert everything == sorted(everything, reverse=True)
    for size in (1, 5, 18):
        assert pages(alice, "harbour", size) == everything
    assert len(pages(alice, "harbour -answer the", 2)) == 4


def test_a_page_stays_the_same_when_something_is_said_meanwhile(alice):
    for number in range(4):
        say(alice, "Question", f"harbour {number}")
    first = search.messages(user=alice, typed="harbour", limit=2)
    say(alice, "Question", "harbour 4")
    second = search.messages(user=alice, typed="harbour", limit=2, before=first.next)
    texts = ["".join(piece.text for piece in hit.snippet) for hit in [*first.hits, *second.hits]]
    assert texts == ["harbour 3", "harbour 2", "harbour 1", "harbour 0"]


@pytest.mark.parametrize("count", [3, 30])
def test_it_takes_the_same_few_queries_however_much_is_found(alice, django_assert_max_num_queries, count):
    for number in range(count):
        say(alice, "Question", f"harbour {number}")
    with django_assert_max_num_queries(3):
        assert len(search.messages(user=alice, typed="harbour").hits) == min(count, 20)


def test_a_long_conversation_that_was_just_deleted_is_soon_passed_over(alice, django_assert_max_num_queries):
    say(alice, "Question", "the oldest harbour")
    turn = say(alice, "harbour")
    many = [Message(turn=turn, position=place, role="assistant", text="harbour") for place in range(2, 2000)]
    search.keep_messages(turn.conversation, Message.objects.bulk_create(many))
    lifecycle.delete(conversation=turn.conversation)
    with django_assert_max_num_queries(13):
        [hit] = search.messages(user=alice, typed="harbour").hits
    assert "oldest" in "".join(piece.text for piece in hit.snippet)
