"""Titles, branches and deletion of conversations."""

import uuid

import pytest

from conversations import chats, lifecycle, threads, turns, versions
from conversations.errors import Invalid, NotFound, TurnRunning
from conversations.models import Conversation, Turn

from .branches import talked
from .test_ask import ask, finish

pytestmark = pytest.mark.django_db


def test_a_conversation_is_renamed(alice):
    conversation = ask(alice).turn.conversation
    lifecycle.rename(conversation=conversation, title="  Tides,\n explained ")
    assert Conversation.objects.get().title == "Tides, explained"


@pytest.mark.parametrize("title", ["", "  ", "x" * 201, "a\x00"])
def test_a_bad_title_is_refused(alice, title):
    conversation = ask(alice).turn.conversation
    with pytest.raises(Invalid):
        lifecycle.rename(conversation=conversation, title=title)
    assert Conversation.objects.get().title == "What is a tide?"


def test_a_title_that_was_given_is_not_overwritten(alice, new_id):
    started = ask(alice, new_id)
    lifecycle.rename(conversation=started.turn.conversation, title="Mine")
    finish(started.turn)
    ask(alice, new_id, "Next")
    assert Conversation.objects.get().title == "Mine"


def test_strangers_find_nothing(alice, bob, new_id):
    turn = ask(alice, new_id).turn
    with pytest.raises(NotFound):
        lifecycle.find(conversation_id=new_id, user=bob)
    with pytest.raises(NotFound):
        turns.find(turn_id=turn.pk, user=bob)
    assert chats.page(user=bob).groups == []


def test_switching_opens_the_other_branch_down_to_its_newest_end(alice, new_id):
    first = ask(alice, new_id).turn
    finish(first)
    second = ask(alice, new_id, "Second").turn
    finish(second)
    other = turns.edit(turn=first, author=alice, text="Other").turn
    finish(other)
    conversation = Conversation.objects.get()
    assert conversation.leaf == other
    lifecycle.switch(conversation=conversation, turn=first)
    assert Conversation.objects.get().leaf == second


def test_while_an_answer_is_written_nothing_is_switched_or_ended(alice, new_id):
    first = ask(alice, new_id).turn
    finish(first)
    running = turns.retry(turn=first, author=alice).turn
    conversation = Conversation.objects.get()
    for refused in (
        lambda: lifecycle.switch(conversation=conversation, turn=first),
        lambda: lifecycle.end(conversation=conversation),
    ):
        with pytest.raises(TurnRunning) as told:
            refused()
        assert told.value.extra == {"turn": str(running.pk)}
    conversation.refresh_from_db()
    assert (conversation.leaf, conversation.status) == (running, "active")


def test_the_thread_shows_where_a_turn_stands_among_its_versions(alice, new_id):
    first = ask(alice, new_id).turn
    finish(first)
    second = turns.retry(turn=first, author=alice).turn
    finish(second)
    third = turns.retry(turn=first, author=alice).turn
    finish(third)
    conversation = Conversation.objects.get()
    [entry] = threads.thread(conversation=conversation, leaf_id=second.pk).entries
    assert entry.place == versions.Place(answer=versions.Versions(2, 3, first.pk, third.pk))
    # Other words are another version of the question, opened with its newest answer; the same words are not.
    changed = turns.edit(turn=second, author=alice, text="What is an ebb?").turn
    finish(changed)
    same = turns.edit(turn=second, author=alice, text="What is a tide?").turn
    finish(same)
    [entry] = threads.thread(conversation=conversation, leaf_id=changed.pk).entries
    assert entry.place == versions.Place(question=versions.Versions(2, 2, same.pk, None))
    [entry] = threads.thread(conversation=conversation, leaf_id=first.pk).entries
    assert entry.place.question == versions.Versions(1, 2, None, changed.pk)
    assert entry.place.answer == versions.Versions(1, 4, None, second.pk)


def test_a_long_thread_is_read_in_parts(alice, new_id, monkeypatch):
    monkeypatch.setattr(threads, "ENTRIES_SHOWN", 3)
    made = []
    for number in range(8):
        made.append(ask(alice, new_id, str(number)).turn)
        finish(made[-1])
    conversation = Conversation.objects.get()
    last = threads.thread(conversation=conversation, leaf_id=conversation.leaf_id)
    assert [entry.turn for entry in last.entries] == made[5:]
    before = threads.thread(conversation=conversation, leaf_id=last.earlier)
    assert [entry.turn for entry in before.entries] == made[2:5]
    first = threads.thread(conversation=conversation, leaf_id=before.earlier)
    assert [entry.turn for entry in first.entries] == made[:2]
    assert first.earlier is None


def test_a_place_far_back_is_shown_with_the_end_and_the_gap_between(alice, monkeypatch):
    for name, number in (("ENTRIES_SHOWN", 3), ("BEFORE_SHOWN", 1), ("AFTER_SHOWN", 2)):
        monkeypatch.setattr(threads, name, number)
    last = talked(alice, [(str(number), "Yes.") for number in range(12)])
    side = talked(alice, [("Elsewhere", "Yes.")], after=last.parent)
    conversation = last.conversation
    conversation.refresh_from_db()
    conversation.leaf = last
    made = Turn.objects.branch(last.pk, limit=20)

    def shown(at: int) -> tuple[list[Turn], threads.Gap | None]:
        thread = threads.thread_at(conversation=conversation, turn=made[at])
        assert [entry.turn for entry in thread.entries] == made[-3:]
        assert thread.earlier == (made[at - 2].pk if thread.around and at > 1 else thread.earlier)
        return [entry.turn for entry in thread.around], thread.gap

    end = made[-3]
    assert shown(10) == ([], None)
    assert shown(4) == (made[3:7], threads.Gap(after=made[6].pk, until=end.pk))
    assert shown(0) == (made[:3], threads.Gap(after=made[2].pk, until=end.pk))
    # Near enough to the end there is no gap.
    assert shown(6) == (made[5:9], None)
    assert shown(8) == (made[7:9], None)
    first = threads.between(conversation=conversation, after=made[2], until=end)
    assert [entry.turn for entry in first.around] == made[3:6]
    rest = threads.between(conversation=conversation, after=made[5], until=end)
    assert ([entry.turn for entry in rest.around], rest.gap) == (made[6:9], None)
    assert threads.thread_at(conversation=conversation, turn=side) is None
    assert threads.between(conversation=conversation, after=side, until=end).around == []


def test_lists_and_threads_take_a_constant_number_of_queries(alice, new_id, django_assert_num_queries):
    for number in range(6):
        finish(ask(alice, new_id, str(number)).turn)
        ask(alice, uuid.uuid4(), f"Chat {number}")
    conversation = Conversation.objects.get(pk=new_id)
    with django_assert_num_queries(6):
        threads.thread(conversation=conversation, leaf_id=conversation.leaf_id)
    with django_assert_num_queries(3):
        chats.page(user=alice)


def test_as_many_can_be_pinned_as_are_listed_at_once(alice, bob, monkeypatch):
    monkeypatch.setattr(lifecycle, "PINNED_MAX", 2)
    made = [lifecycle.create(owner=alice, title=str(number)) for number in range(3)]
    for each in made[:2]:
        lifecycle.change(conversation=each, changes={"pinned": True})
    lifecycle.change(conversation=made[0], changes={"pinned": True})
    with pytest.raises(Invalid, match="At most 2 chats"):
        lifecycle.change(conversation=made[2], changes={"pinned": True})
    lifecycle.change(conversation=made[0], changes={"pinned": False})
    lifecycle.change(conversation=made[2], changes={"pinned": True})
    lifecycle.change(conversation=lifecycle.create(owner=bob), changes={"pinned": True})
