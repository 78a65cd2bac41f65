"""Doing the jobs that are due: a few at a time, one after another, and never while people's answers are written here.

A message only says that there may be something to do. Whoever has a place goes on until nothing is due, so that a
hundred jobs at once cost a hundred jobs, and not as many looks at each as there are workers.
"""

import threading
import time
from datetime import timedelta

from django.utils import timezone

from . import background, work

# How many jobs of a process are done at the same time: other work, such as mail, finds a worker meanwhile.
PLACES = 2
# What was left for people's answers is looked at again after so long.
LATER_SECONDS = 5.0

_places = threading.BoundedSemaphore(PLACES)
# Set when somebody was told that there is something to do, until somebody with a place looks.
_told = threading.Event()
_later_at = 0.0


def do_due() -> None:
    """Do what is due, unless others already do; while answers are written, only what has waited for long."""
    _told.set()
    while _told.is_set() and _places.acquire(blocking=False):
        try:
            _told.clear()
            while (job_id := _next()) is not None:
                work.perform(job_id)
        finally:
            _places.release()


def _next():
    """Return the id of the job that has waited longest and may be done now; None if there is none."""
    if background.going_down():
        return None
    now = timezone.now()
    if not background.people_wait():
        return work.next_due(now)
    _look_later()
    return work.next_due(now - timedelta(seconds=background.PATIENCE_SECONDS))


def _look_later() -> None:
    global _later_at
    now = time.monotonic()
    if now >= _later_at:
        _later_at = now + LATER_SECONDS
        work.send(delay=LATER_SECONDS)
