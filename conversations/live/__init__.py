"""What running turns have said so far in this process, and who listens.

`feeds` holds the state, `watchers` the bounded outboxes, `relay` the way to and from other processes, and `mirror`
brings a feed back in line with the rows when news got lost on that way.
"""

from .feeds import Feed, LiveMessage, attach, current, detach, feed, publish, unwatch, watch
from .watchers import Watcher

__all__ = [
    "Feed",
    "LiveMessage",
    "Watcher",
    "attach",
    "current",
    "detach",
    "feed",
    "publish",
    "unwatch",
    "watch",
]
