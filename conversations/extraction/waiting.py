"""The line in which files wait to be read, a few at once."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

Waiting = tuple[Future, Callable[[], Any]]


class Line:
    """So many threads that take the next file when they are done with one; all they do is wait for its process.

    People take turns: whoever has many files waiting gets one read when everybody else had one.
    The threads are daemons, which those of a ThreadPoolExecutor are not: a server that ends does not first read what
    waits.
    """

    def __init__(self, places: int):
        # By whose they are, in the order in which it is their turn.
        self._waiting: dict[Hashable, deque[Waiting]] = {}
        self._arrived = threading.Condition()
        for number in range(places):
            threading.Thread(target=self._work, name=f"reads-files-{number}", daemon=True).start()

    def join(self, work: Callable[[], Any], *, whose: Hashable = None) -> Future:
        """Return what `work` will have returned when its turn has come; it can be cancelled until then."""
        future: Future = Future()
        with self._arrived:
            self._waiting.setdefault(whose, deque()).append((future, work))
            self._arrived.notify()
        return future

    def _work(self) -> None:
        while True:
            self._next(*self._take())

    def _take(self) -> Waiting:
        with self._arrived:
            self._arrived.wait_for(lambda: self._waiting)
            whose = next(iter(self._waiting))
            theirs = self._waiting.pop(whose)
            taken = theirs.popleft()
            if theirs:
                # Taken out and put back in: it is at the end of the line now.
                self._waiting[whose] = theirs
            return taken

    def _next(self, future: Future, work: Callable[[], Any]) -> None:
        # In a function of its own, so that a thread that waits does not keep what the last file held.
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
