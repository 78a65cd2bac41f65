"""The job worker inside the server: huey's own consumer, in threads of this process."""

from django.conf import settings
from huey.consumer import Consumer
from huey.contrib.djhuey import HUEY

# How often the queue is looked at when it has been empty for a while, in seconds.
QUIET_SECONDS = 2.0


class InsideConsumer(Consumer):
    """huey's consumer without its signal handlers: the server around it handles signals."""

    def _set_signal_handlers(self):
        pass


class Worker:
    """Runs queued and scheduled jobs until it is stopped."""

    def __init__(self):
        self._consumer = InsideConsumer(
            HUEY, workers=settings.JOB_WORKERS, max_delay=QUIET_SECONDS, check_worker_health=False
        )

    def start(self) -> None:
        """Begin, in threads of this process."""
        self._consumer.start()

    def stop(self) -> None:
        """Stop after the job that runs now."""
        self._consumer.stop(graceful=True)
