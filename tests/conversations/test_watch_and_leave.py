"""Joining and leaving a conversation's feed: nothing stays behind, and nobody's feed is taken away."""

import pytest

from conversations.live import Feed, Watcher, feeds
from conversations.wire import FORMATS


@pytest.fixture(autouse=True)
def no_feeds(monkeypatch) -> dict[str, Feed]:
    """This process knows no conversation yet."""
    known: dict[str, Feed] = {}
    monkeypatch.setattr(feeds, "_feeds", known)
    return known


def reader() -> Watcher:
    return Watcher(FORMATS["text"])


async def test_the_last_to_leave_takes_the_feed_away(new_id, no_feeds):
    first, second = reader(), reader()
    feed = await feeds.watch(new_id, first)
    await feeds.watch(new_id, second)
    await feeds.unwatch(feed, first)
    assert no_feeds == {new_id: feed}
    await feeds.unwatch(feed, second)
    assert no_feeds == {}


async def test_who_leaves_a_feed_that_is_gone_leaves_the_new_one_alone(new_id, no_feeds):
    watcher, late = reader(), reader()
    old = await feeds.watch(new_id, watcher)
    # The conversation was deleted, and somebody began it anew.
    del no_feeds[new_id]
    new = await feeds.watch(new_id, late)
    new.watchers.discard(late)
    await feeds.unwatch(old, watcher)
    assert no_feeds == {new_id: new}


async def test_what_others_write_is_forgotten_with_the_last_watcher(new_id, no_feeds):
    watcher = reader()
    feed = await feeds.watch(new_id, watcher)
    feed.open(id="heard", turn="elsewhere", own=False)
    feed.open(id="written", turn="here")
    await feeds.unwatch(feed, watcher)
    assert list(feed.messages) == ["written"]
    assert no_feeds == {new_id: feed}


async def test_what_others_write_is_followed_while_somebody_watches(new_id):
    first, second = reader(), reader()
    feed = await feeds.watch(new_id, first)
    await feeds.watch(new_id, second)
    feed.open(id="heard", turn="elsewhere", own=False)
    await feeds.unwatch(feed, first)
    assert list(feed.messages) == ["heard"]
