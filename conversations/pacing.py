"""Counting how often something happened lately."""

from collections import deque


class Lately:
    """How often something happened in the last so many seconds."""

    __slots__ = ("_seconds", "_times")

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._times: deque[float] = deque()

    def count(self, now: float) -> int:
        """Return how often it happened lately, this once more included."""
        self._times.append(now)
        while self._times[0] < now - self._seconds:
            self._times.popleft()
        return len(self._times)

    def wait(self, now: float) -> float:
        """Return in how many seconds the first of those counts no more."""
        return round(self._times[0] + self._seconds - now, 1)
