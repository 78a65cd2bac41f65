"""The line in which files wait to be read, a few at once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any


class Line:
    """So many threads that take the next file when they are done with one; all they do is wait for its process.

    They are daemons, which those of a ThreadPoolExecutor are not: a server that ends does not first read what waits.
    """

    def __init__(self, places: int):
        self._waiting: SimpleQueue[tuple[Future, Callable[[], Any]]] = SimpleQueue()
        for number in range(places):
            threading.Thread(target=self._work, name=f"reads-files-{number}", daemon=True).start()

    def join(self, work: Callable[[], Any]) -> Future:
        """Return what `work` will have returned when its turn has come; it can be cancelled until then."""
        future: Future = Future()
        self._waiting.put((future, work))
        return future

    def _work(self) -> None:
        while True:
            self._next(*self._waiting.get())

    def _next(self, future: Future, work: Callable[[], Any]) -> None:
        # In a function of its own, so that a thread that waits does not keep what the last file held.
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
