"""Reading slowly: what waits for a reader stays small, and the reader still ends with the same text."""

import pytest

from conversations import events
from conversations.live import watchers
from conversations.rendering import blocks
from tests.conversations.live_stage import Stage

LONG = "All work and no play makes a dull page. " * 200


def status(stage: Stage) -> dict:
    return events.turn_status(stage.turn.pk, "writing")


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_text_that_grows_ten_thousand_times_waits_as_one_frame(form):
    stage = Stage()
    seat = stage.join(form)
    for number in range(10_000):
        stage.message.advance(number + 1, "a", "")
    frames = seat.drain()
    assert [frame["type"] for frame in frames] == ["message.snapshot"]
    assert frames[0]["seq"] == 10_000


def test_a_reader_a_little_behind_gets_only_what_it_missed():
    stage = Stage()
    seat = stage.join("text")
    for word in ("one ", "two ", "three"):
        stage.say(word)
    frames = seat.drain()
    assert [(frame["type"], frame["text"]) for frame in frames] == [
        ("message.delta", "one "),
        ("message.delta", "two "),
        ("message.delta", "three"),
    ]


@pytest.mark.parametrize("form", ["text", "html"])
def test_more_news_than_may_wait_is_replaced_by_one_snapshot(form):
    stage = Stage()
    seat = stage.join(form)
    for number in range(5 * watchers.WAITING_LIMIT + 7):
        stage.say(f"word{number} ")
        stage.feed.deliver(status(stage))
    assert seat.watcher.lost
    frames = seat.drain()
    assert frames[0]["type"] == "conversation.snapshot"
    assert len(frames) <= watchers.WAITING_LIMIT + 2


def test_long_texts_that_wait_are_counted_too():
    stage = Stage()
    seat = stage.join("text")
    for number in range(2 * watchers.WAITING_CHARACTERS // len(LONG)):
        seat.watcher.put(stage.completed | {"content": LONG, "seq": number})
    assert seat.watcher.lost
    assert len(seat.drain()) <= watchers.WAITING_CHARACTERS // len(LONG) + 1


def test_one_very_long_text_alone_is_told_and_not_lost():
    stage = Stage()
    seat = stage.join("text")
    seat.watcher.put(stage.completed | {"content": "x" * (watchers.WAITING_CHARACTERS + 1)})
    assert not seat.watcher.lost
    assert [frame["type"] for frame in seat.drain()] == ["message.completed"]


def test_what_was_read_does_not_count_any_more():
    stage = Stage()
    seat = stage.join("text")
    for _ in range(3 * watchers.WAITING_CHARACTERS // len(LONG)):
        seat.watcher.put(stage.completed | {"content": LONG})
        seat.drain()
    assert not seat.watcher.lost


def test_a_reader_that_was_left_behind_and_comes_back_ends_exact():
    stage = Stage()
    seat = stage.join("text")
    for number in range(2 * watchers.WAITING_LIMIT):
        stage.say(f"word{number} ")
        stage.feed.deliver(status(stage))
    seat.catch_up()
    assert seat.said.text == stage.message.text
    stage.say("and the end.")
    stage.complete()
    seat.catch_up()
    assert seat.said.exact


def test_a_page_that_was_left_behind_and_comes_back_shows_the_same_blocks():
    stage = Stage()
    seat = stage.join("html")
    for number in range(2 * watchers.WAITING_LIMIT):
        stage.say(f"- item {number}\n\n")
        stage.feed.deliver(status(stage))
    seat.catch_up()
    assert seat.reader.blocks == stage.message.blocks.blocks
    stage.complete()
    seat.catch_up()
    assert seat.reader.blocks == blocks(stage.message.text)


def test_what_is_lost_while_the_rows_are_read_asks_for_another_snapshot():
    """The news that came after the rows were read must not be thrown away with the news that they hold."""
    stage = Stage()
    seat = stage.join("text")
    seat.watcher.lost = False
    seat.watcher.put(status(stage))
    seat.watcher.lose()
    seat.watcher.settle(known={str(stage.turn.pk)}, finished=set(), have={stage.message.id: 0})
    assert seat.watcher.lost


def test_news_that_the_snapshot_holds_is_not_told_twice():
    stage = Stage()
    stage.say("Hello")
    seat = stage.join("text")
    seat.watcher.put(events.turn_started(stage.turn))
    stage.complete()
    seat.watcher.settle(known={str(stage.turn.pk)}, finished={str(stage.turn.pk)}, have={})
    assert seat.drain() == []


def test_after_a_snapshot_became_due_nothing_of_before_it_is_told():
    stage = Stage()
    seat = stage.join("text")
    stage.feed.deliver(status(stage))
    stage.feed.deliver(status(stage))
    frames = seat.watcher.take()
    assert next(frames)
    # Between two frames, while the reader takes the first one.
    stage.feed.deliver(status(stage))
    seat.watcher.lose()
    stage.feed.deliver(status(stage))
    assert list(frames) == []
    assert seat.drain()[0]["type"] == "conversation.snapshot"


def test_after_its_deletion_nothing_is_told_of_a_conversation():
    """Somebody else may begin one with the same id before the reader has taken the news."""
    stage = Stage()
    seat = stage.join("text")
    stage.feed.deliver(events.conversation_deleted(stage.conversation.pk))
    stage.feed.deliver(status(stage))
    stage.say("Not for you.")
    assert [frame["type"] for frame in seat.drain()] == ["conversation.deleted"]
    assert seat.watcher.gone


def test_an_answer_takes_the_place_of_what_was_only_heard_of_it():
    """A reader that joins between the commit and the first word opens a mirror; the answer itself follows."""
    stage = Stage()
    stage.feed.messages.clear()
    seat = stage.join("text")
    stage.feed.messages[stage.message.id].replace(0, "", "")
    stage.message = stage.feed.open(id=stage.message.id, turn=stage.message.turn)
    stage.say("All there is.")
    seat.catch_up()
    assert seat.said.text == "All there is."
