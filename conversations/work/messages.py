"""The message that wakes a worker; whoever sends one waits for nobody, and loses nothing when it does not arrive."""

import logging
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

logger = logging.getLogger(__name__)

# On its own: a queue that cannot be reached may take seconds to say so.
_sender = ThreadPoolExecutor(1, thread_name_prefix="job messages")


def send(*, delay: float = 0.0) -> None:
    """Have a worker look soon, or in so many seconds, for jobs that are due."""
    _sender.submit(_send, delay)


def _send(delay: float) -> None:
    # What it is sent to is made of this package, and not there yet when this is read.
    task = import_module("conversations.jobs").do_due
    try:
        if delay:
            task.schedule(delay=delay)
        else:
            task()
    except Exception as error:
        # The next sweep finds it.
        logger.warning("A worker could not be told of a job: %s", type(error).__name__)
