"""A deadline for waiting that costs next to nothing to move."""

import asyncio
from math import inf


class Watchdog:
    """Cancels the waiting task when its deadline, or the total one, has passed.

    One timer per stream: moving the deadline only writes a number, and the timer looks at it when it fires. That is why
    this is not `asyncio.timeout`, which makes a new timer for every token.
    """

    __slots__ = ("cancelling", "deadline", "expired", "loop", "seconds", "task", "timer", "total_deadline")

    def __init__(self, *, total_deadline: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.total_deadline = total_deadline
        self.deadline = inf
        self.seconds = inf
        self.expired = False
        self.cancelling = 0
        self.task: asyncio.Task[object] | None = None
        self.timer: asyncio.TimerHandle | None = None

    def wait_at_most(self, seconds: float) -> None:
        """Set how long `resume` allows from now on."""
        self.seconds = seconds
        self.resume()
        if self.timer:
            self.timer.cancel()
        self.timer = self.loop.call_at(min(self.deadline, self.total_deadline), self.look)

    def resume(self) -> None:
        """Start to wait: the present task has `seconds` for it."""
        self.task = asyncio.current_task()
        self.deadline = self.loop.time() + self.seconds

    def rest(self) -> None:
        """Stop to watch: what the task does now is not waiting for the server."""
        self.deadline = inf

    def look(self) -> None:
        now = self.loop.time()
        if now < self.total_deadline and now < self.deadline:
            self.timer = self.loop.call_at(min(self.deadline, self.total_deadline), self.look)
            return
        self.expired = True
        if self.deadline is not inf and self.task:
            self.cancelling = self.task.cancelling()
            self.task.cancel()

    def take_back(self) -> bool:
        """Tell whether the cancellation of the present task is ours alone, and if so undo it."""
        return self.expired and self.task is not None and self.task.uncancel() <= self.cancelling

    def stop(self) -> None:
        """Look no more."""
        if self.timer:
            self.timer.cancel()
