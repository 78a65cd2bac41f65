"""What must be done before the first page: the database's schema and the static files, when they are not current."""

import fcntl
import hashlib
import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

# Any number that nothing else locks: two processes that start at once must not both migrate.
MIGRATION_LOCK = 727_401_113


def pending() -> list[Migration]:
    """Return the migrations that have not been applied, in the order in which they would be."""
    executor = MigrationExecutor(connection)
    return [migration for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def migrate(say: Callable[[str], object]) -> None:
    """Bring the database's schema up to date; one process at a time."""
    with _alone():
        if pending():
            say("Preparing the database ...")
            call_command("migrate", interactive=False, verbosity=0)
    connection.close()


@contextmanager
def _alone():
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def collect_static() -> None:
    """Gather, compress and name the static files by their content, if any has changed; one process at a time.

    Files of an earlier version stay: a page that is open somewhere may still ask for them.
    """
    stamp = settings.STATIC_ROOT / "collected.json"
    now = _static_state()
    with (settings.DATA_DIR / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and json.loads(stamp.read_text()) == now:
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(json.dumps(now))


def _static_state() -> str:
    """Return a digest of all static files' names and contents."""
    state = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(None), key=lambda found: found[0]):
            content = Path(storage.path(path)).read_bytes()
            state.update(f"{path}:{len(content)}\n".encode() + content)
    return state.hexdigest()
