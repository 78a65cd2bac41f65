"""Counting in the cache, within windows of time that begin with the first: shared by all processes on Redis."""

import time

from django.core.cache import cache


def count(key: str, seconds: int) -> int:
    """Return how many this makes within the window, itself included."""
    if not cache.add(key, 1, timeout=seconds):
        try:
            found = cache.incr(key)
        except ValueError:
            found = 1
        if found > 1:
            return found
        # The window ended between the two calls, and what was counted into no window would never end.
        cache.set(key, 1, timeout=seconds)
    cache.set(f"{key}:until", time.time() + seconds, timeout=seconds)
    return 1


def counted(key: str) -> int:
    """Return how many there were within the window so far."""
    return cache.get(key, 0)


def remaining(key: str, seconds: int) -> int:
    """Return in how many whole seconds the window ends, at least 1."""
    until = cache.get(f"{key}:until", time.time() + seconds)
    return max(1, round(until - time.time()))


def forget(key: str) -> None:
    """End the window, as if there had been none."""
    cache.delete_many([key, f"{key}:until"])
