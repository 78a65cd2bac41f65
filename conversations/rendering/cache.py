"""A small memory for what was rendered before."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Cache:
    """A map from key to text that forgets the least recently used once its texts exceed `limit` characters."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._texts: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()

    def keep(self, key: Hashable, text: str) -> str:
        """Return the text, and remember it for the key."""
        with self._lock:
            self._size += len(text) - len(self._texts.pop(key, ""))
            self._texts[key] = text
            while self._size > self._limit:
                self._size -= len(self._texts.popitem(last=False)[1])
        return text

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """Return the text of the key, made by `make` when it is not remembered."""
        with self._lock:
            text = self._texts.get(key)
            if text is not None:
                self._texts.move_to_end(key)
                return text
        return self.keep(key, make())
