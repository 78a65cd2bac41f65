"""The job queue of conversations: keeping no file longer than somebody needs it."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from . import storage


@db_periodic_task(crontab())
def drop_unused() -> None:
    """Delete files that are attached nowhere and bytes that no row needs, once a minute: a crash may have left some."""
    storage.drop_all_unused()
    storage.drop_discarded()


@db_periodic_task(crontab(minute="30", hour="3"))
def clean_files() -> None:
    """Delete uploads that were never sent, and bytes that belong to nothing, once a night."""
    storage.drop_unsent()
    storage.drop_orphans()
