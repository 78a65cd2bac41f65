"""Reading bare words: no numbers, so nothing may be missing or told twice."""

from conversations.live.watchers import PlainWatcher
from conversations.wire import FORMATS
from tests.conversations.live_stage import Stage


def join(stage: Stage) -> PlainWatcher:
    """Return a reader of bare words who is there from the beginning."""
    watcher = PlainWatcher(FORMATS["plain"])
    stage.feed.watchers.add(watcher)
    return watcher


def test_the_words_come_as_they_are_said():
    stage = Stage()
    watcher = join(stage)
    stage.say("One, ")
    assert list(watcher.take()) == ["One, "]
    stage.say("two, ")
    stage.say("three")
    assert list(watcher.take()) == ["two, three"]


def test_the_end_brings_the_words_that_were_not_told():
    stage = Stage()
    watcher = join(stage)
    stage.say("The beginning ")
    assert list(watcher.take()) == ["The beginning "]
    # Said in another process, and lost on the way here.
    stage.feed.deliver(stage.completed | {"content": "The beginning and the end."})
    assert list(watcher.take()) == ["and the end."]


def test_the_end_says_nothing_twice():
    stage = Stage()
    watcher = join(stage)
    stage.say("All of it.")
    assert list(watcher.take()) == ["All of it."]
    stage.complete()
    assert list(watcher.take()) == []
