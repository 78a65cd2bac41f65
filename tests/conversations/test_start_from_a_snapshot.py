"""What a reader starts from: the rows of one moment, which never take back what is known already."""

import uuid

import pytest

from conversations import events, snapshots, turns
from conversations.live import mirror
from conversations.models import Message, Turn
from conversations.models.turn import TurnQuerySet
from tests.conversations.live_stage import Stage
from tests.conversations.test_live_elsewhere import Elsewhere

TOLD = {"completed", "stopped", "failed", "interrupted", "blocked"}


def rows_before_the_end() -> tuple[Stage, Elsewhere]:
    """Return an answer whose end was told here after its rows, still those of a running one, had been read."""
    stage = Stage()
    stage.say("What was kept last")
    stage.checkpoint()
    elsewhere = Elsewhere(stage)
    elsewhere.feed.deliver(stage.completed)
    elsewhere.feed.deliver({"type": "turn.finished", "turn": str(stage.turn.pk), "status": "completed"})
    return stage, elsewhere


def test_rows_from_before_the_end_do_not_revive_an_answer_for_who_joins():
    stage, elsewhere = rows_before_the_end()
    seat = elsewhere.read()
    stage.feed = elsewhere.feed
    stage.snapshot_for(seat.watcher)
    assert elsewhere.feed.messages == {}
    assert elsewhere.feed.told[str(stage.turn.pk)] == "completed"


def test_rows_from_before_the_end_do_not_revive_an_answer_for_who_watches():
    stage, elsewhere = rows_before_the_end()
    seat = elsewhere.read()
    stage.turn.__dict__["_prefetched_objects_cache"] = {"messages": [stage.row]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror.feeds, "_feeds", {elsewhere.feed.id: elsewhere.feed})
        mirror.converge([stage.turn])
    assert elsewhere.feed.messages == {}
    assert seat.drain() == []


@pytest.mark.parametrize("status", sorted(TOLD))
def test_a_whole_text_that_comes_after_the_end_does_not_revive_an_answer(status):
    stage = Stage()
    elsewhere = Elsewhere(stage)
    stage.say("Late.")
    elsewhere.feed.told[str(stage.turn.pk)] = status
    assert mirror.hear(elsewhere.feed, mirror.whole(stage.message))
    assert elsewhere.feed.messages == {}


@pytest.mark.django_db
def test_what_ends_while_the_rows_are_read_is_told_as_it_is_in_the_branch(alice, monkeypatch):
    """The branch is read last: what it says of a turn is the newer word, also for who asks what is finished."""
    turn = turns.start(conversation_id=uuid.uuid4(), author=alice, text="What is a tide?").turn
    read = TurnQuerySet.branch

    def ends_just_before(self, *arguments, **options):
        Message.objects.filter(turn=turn, role="assistant").update(status="complete")
        Turn.objects.filter(pk=turn.pk).update(status="completed")
        return read(self, *arguments, **options)

    monkeypatch.setattr(TurnQuerySet, "branch", ends_just_before)
    stand = snapshots.read(turn.conversation_id)
    assert stand.branch[0].status == "completed"
    assert stand.recent == {str(turn.pk): "completed"}
    assert stand.finished == {str(turn.pk)}


@pytest.mark.django_db
def test_what_begins_while_the_rows_are_read_is_news_and_not_known(alice, monkeypatch):
    turn = turns.start(conversation_id=uuid.uuid4(), author=alice, text="What is a tide?").turn
    Turn.objects.filter(pk=turn.pk).update(status="completed")
    read = TurnQuerySet.branch

    def begins_just_after(self, *arguments, **options):
        found = read(self, *arguments, **options)
        turns.start(conversation_id=turn.conversation_id, author=alice, text="And a wave?")
        return found

    monkeypatch.setattr(TurnQuerySet, "branch", begins_just_after)
    stand = snapshots.read(turn.conversation_id)
    monkeypatch.setattr(TurnQuerySet, "branch", read)
    started = Turn.objects.exclude(pk=turn.pk).get()
    stage = Stage()
    seat = stage.join("text")
    seat.watcher.put(events.turn_started(started))
    snapshots.settle(stage.feed, stand, seat.watcher)
    assert [frame["turn"] for frame in seat.drain()] == [str(started.pk)]
