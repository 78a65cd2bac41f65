"""Measuring how long a model thinks."""

import time


class ThinkingClock:
    """Runs from a model's first thought to its next word, as often as it thinks."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._seconds: float | None = None

    def heard(self, *, thinking: bool) -> None:
        """Take note of a piece of what the model says."""
        if not thinking:
            self.stop()
        elif self._since is None:
            self._since = time.monotonic()

    def stop(self) -> None:
        """Stand still: it does not think any more."""
        if self._since is not None:
            self._seconds = (self._seconds or 0) + time.monotonic() - self._since
            self._since = None

    @property
    def milliseconds(self) -> int | None:
        """How long it has thought until it last stopped, None if it never did."""
        return None if self._seconds is None else round(self._seconds * 1000)
