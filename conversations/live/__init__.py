"""What running turns have said so far in this process, and who listens.

`feeds` holds the state, `watchers` the bounded outboxes, `persons` who hears what goes on among all conversations of a
person, `relay` the way to and from other processes, and `mirror` brings a feed back in line with the rows when news got
lost on that way.
"""

from .feeds import (
    Feed,
    LiveMessage,
    attach,
    current,
    detach,
    feed,
    hush,
    listen,
    publish,
    tell_person,
    tell_seen,
    unwatch,
    watch,
)
from .persons import CHANGED as CHATS_CHANGED
from .watchers import Watcher

__all__ = [
    "CHATS_CHANGED",
    "Feed",
    "LiveMessage",
    "Watcher",
    "attach",
    "current",
    "detach",
    "feed",
    "hush",
    "listen",
    "publish",
    "tell_person",
    "tell_seen",
    "unwatch",
    "watch",
]
