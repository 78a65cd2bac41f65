"""Ending asyncio tasks for certain."""

import asyncio
from collections.abc import Iterable

AGAIN_SECONDS = 0.5


async def end_tasks(tasks: Iterable[asyncio.Task]) -> None:
    """Cancel the tasks and wait until they are done.

    A library below may catch a cancellation and go on, as `asyncio.wait_for` does on Python 3.11 when the answer comes
    at the same moment. So whoever is still there is told again.
    """
    left = set(tasks)
    while left := {task for task in left if not task.done()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=AGAIN_SECONDS)
