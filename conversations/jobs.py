"""The job queue of conversations: titles, summaries, sessions that were left, and no file kept longer than needed."""

from huey import crontab
from huey.contrib.djhuey import close_db, db_periodic_task, db_task, on_startup

from accounts import audit

# The modules that do jobs say so when they are imported.
from . import condensing, doing, embedding, figures, lifecycle, local_models, sessions, storage, summaries, titles, work
from .retention import running
from .review import trials

KINDS = (titles.KIND, summaries.KIND, condensing.KIND, trials.KIND, local_models.KIND, embedding.KIND)


@db_task()
def do_due() -> None:
    """Do the jobs that are due."""
    doing.do_due()


@db_periodic_task(crontab())
def look_after_jobs() -> None:
    """Do the jobs that are due, and those whose worker or message was lost, once a minute."""
    work.give_up_dead()
    doing.do_due()


@on_startup()
@close_db
def look_after_what_was_left() -> None:
    """Have done what a worker left behind that was killed, as soon as there is a worker again."""
    work.give_up_dead()
    embedding.queue_waiting()
    work.send()


@db_periodic_task(crontab())
def end_what_was_left() -> None:
    """End the sessions that nobody has had open for a while, once a minute."""
    sessions.end_left()


@db_periodic_task(crontab())
def embed_what_waits() -> None:
    """Have the passages of files embedded that the embedding model has not seen yet, once a minute."""
    embedding.queue_waiting()


@db_periodic_task(crontab())
def drop_unused() -> None:
    """Delete files that are attached nowhere and bytes that no row needs, once a minute: a crash may have left some."""
    storage.drop_all_unused()
    storage.drop_discarded()


@db_periodic_task(crontab())
def drop_deleted() -> None:
    """Delete for good the conversations whose deletion can no longer be undone, once a minute."""
    lifecycle.drop_deleted()


@db_periodic_task(crontab(minute="30", hour="3"))
def clean_files() -> None:
    """Delete uploads that were never sent, and bytes that belong to nothing, once a night."""
    unsent, orphans = storage.drop_unsent(), storage.drop_orphans()
    audit.enter("purge", unsent_uploads=unsent, orphaned_files=orphans)


@db_periodic_task(crontab(minute="45", hour="2"))
def keep_no_longer() -> None:
    """Delete what retention policies no longer keep, and tell who has to be told, once a night."""
    running.run()


@db_periodic_task(crontab(minute="5"))
def count_figures() -> None:
    """Count what the dashboard shows of today and yesterday, once an hour."""
    figures.count()
