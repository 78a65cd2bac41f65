"""What is found is one's own, as it stands now: deleted is gone, renamed is renamed, interrupted is kept."""

import pytest
from django.db import connection

from conversations import lifecycle, search, turns
from conversations.models import Conversation, SearchEntry, Turn
from conversations.runner import rows
from conversations.search import places, query

from .conftest import WORKER, found, say

pytestmark = pytest.mark.django_db


def titles(person, typed: str) -> list[str]:
    return [hit.title for hit in search.messages(user=person, typed=typed).hits if hit.message_id is None]


# What everybody's entries have in common: a term that begins with @.
LEFT_ON_POSTGRESQL = "SELECT count(*) FROM conversations_searchentry WHERE terms @@ '''@'':*'::tsquery"
LEFT_ON_SQLITE = "SELECT count(*) FROM conversations_searchtext WHERE conversations_searchtext MATCH '\"@\" *'"


def left_in_the_index() -> int:
    """Return how many entries are left, and the same again as the full text counts them."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT_ON_SQLITE if connection.vendor == "sqlite" else LEFT_ON_POSTGRESQL)
        return cursor.fetchone()[0] + SearchEntry.objects.count()


def test_others_find_nothing_of_it(alice, bob):
    say(alice, "A secret harbour", "Shared by nobody")
    say(bob, "Another harbour")
    assert found(bob, "secret") == found(bob, "nobody") == titles(bob, "secret") == []
    assert found(bob, "harbour") == ["Another harbour"]
    assert not Conversation.objects.filter(search.conversations(user=bob, typed="secret")).exists()


def test_nobody_can_write_something_into_what_others_find(alice, bob):
    say(alice, f"@{bob.pk.hex} trap {bob.pk.hex}")
    assert found(bob, "trap") == []
    assert found(alice, f"@{bob.pk.hex} trap") != []


def test_a_question_is_found_before_it_is_answered(alice, new_id):
    turns.start(conversation_id=new_id, author=alice, text="Where is the lighthouse?")
    assert found(alice, "lighthouse") == ["Where is the lighthouse?"]


def test_an_answer_is_found_when_it_has_ended(alice, new_id):
    turn = turns.start(conversation_id=new_id, author=alice, text="Where?").turn
    work = rows.claim(turn.pk, WORKER)
    kept = rows.Kept(message_id=str(work.answer.pk), text="On the cliff", thinking="perhaps", seq=1)
    rows.keep([kept], [turn.pk], WORKER)
    assert found(alice, "cliff") == []
    rows.finish(rows.Ending(turn_id=turn.pk, worker=WORKER, kept=kept, status=Turn.Status.STOPPED))
    assert found(alice, "cliff") == ["On the cliff"]
    assert found(alice, "perhaps") == []


def test_an_interrupted_answer_is_found_as_it_was_kept_and_whole_if_it_ends_after_all(alice, new_id):
    turn = turns.start(conversation_id=new_id, author=alice, text="Where?").turn
    work = rows.claim(turn.pk, WORKER)
    kept = rows.Kept(message_id=str(work.answer.pk), text="On the", thinking="", seq=1)
    rows.keep([kept], [turn.pk], WORKER)
    rows.reap(turn.pk, WORKER)
    assert found(alice, "on") == ["On the"]
    whole = rows.Kept(message_id=str(work.answer.pk), text="On the cliff", thinking="", seq=2)
    rows.finish(rows.Ending(turn_id=turn.pk, worker=WORKER, kept=whole, status=Turn.Status.COMPLETED))
    assert found(alice, "on") == found(alice, "cliff") == ["On the cliff"]


def test_every_branch_is_found(alice):
    turn = say(alice, "First try", "One")
    edited = turns.edit(turn=turn, author=alice, text="Second try").turn
    assert edited.parent_id == turn.parent_id
    assert sorted(found(alice, "try")) == ["First try", "Second try"]


def test_a_new_title_is_found_and_the_old_one_is_not(alice):
    conversation = say(alice, "Where is the lighthouse?").conversation
    assert titles(alice, "lighthouse") == ["Where is the lighthouse?"]
    lifecycle.rename(conversation=conversation, title="Holidays")
    assert titles(alice, "holidays") == ["Holidays"]
    assert titles(alice, "lighthouse") == []
    assert found(alice, "lighthouse") != []


def test_a_title_that_was_given_is_found(alice):
    lifecycle.create(owner=alice, title="Tax return")
    assert titles(alice, "tax") == ["Tax return"]


def test_deleting_a_conversation_leaves_nothing_behind(alice, bob, settings):
    settings.UNDO_DELETE_SECONDS = 0
    keep = say(bob, "The harbour of Bob").conversation
    conversation = say(alice, "The harbour", "An answer").conversation
    assert left_in_the_index() == 2 * (2 + 3)
    lifecycle.delete(conversation=conversation)
    assert found(alice, "harbour") == titles(alice, "harbour") == []
    assert left_in_the_index() == 2 * 2
    keep.delete()
    assert left_in_the_index() == 0


def test_deleting_a_person_leaves_nothing_behind(alice):
    say(alice, "The harbour", "An answer")
    alice.delete()
    assert left_in_the_index() == 0


def test_an_empty_answer_is_no_entry(alice):
    say(alice, "Where?", "", status=Turn.Status.FAILED)
    assert SearchEntry.objects.filter(message__role="assistant").count() == 0


def test_conversations_are_found_by_title_and_by_what_was_said(alice):
    said = say(alice, "Of ships", "The harbour").conversation_id
    titled = lifecycle.create(owner=alice, title="Harbours").pk
    say(alice, "Something else")
    found = Conversation.objects.filter(search.conversations(user=alice, typed="harb"))
    assert {conversation.pk for conversation in found} == {said, titled}


@pytest.mark.parametrize("often", [False, True])
def test_conversations_are_found_alike_whether_a_word_is_rare_or_common(alice, bob, often, monkeypatch):
    monkeypatch.setattr(places, "COMMON_FINDS", 12)
    holding = {say(alice, "Of ships", "The harbour").conversation_id for _ in range(12 if often else 3)}
    for person, words in [(alice, "Something else"), (bob, "harbour of Bob")]:
        say(person, words)
    assert places._is_common(alice, query.read("harb", user=alice, prefix=True)) is often
    everybodys = Conversation.objects.filter(search.conversations(user=alice, typed="harb"))
    assert {conversation.pk for conversation in everybodys} == holding
    most_recent_first = list(everybodys.recent()[:2])
    assert most_recent_first == list(Conversation.objects.filter(pk__in=holding).recent()[:2])


def test_rebuilding_finds_the_same_in_the_same_order(alice, bob):
    for number in range(3):
        say(alice, f"Harbour {number}", f"Answer {number} harbour")
    lifecycle.rename(conversation=Conversation.objects.first(), title="The harbour")
    say(bob, "harbour of Bob")
    before = found(alice, "harbour")
    SearchEntry.objects.filter(owner=alice).delete()
    assert found(alice, "harbour") == []
    assert search.rebuild() == 12 - 1
    assert found(alice, "harbour") == before
    assert len(titles(alice, "harbour")) == 3
    assert found(bob, "harbour") == ["harbour of Bob"]
    conversation = Conversation.objects.filter(owner=alice).first()
    lifecycle.delete(conversation=conversation)
    assert len(found(alice, "harbour")) == 4
