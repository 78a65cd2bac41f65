"""What must be done before the first page: the database's schema and the static files, when they are not current.

`python -m chatsite.preparation` does it, for a server that shall not keep the memory which that takes.
"""

import fcntl
import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

# Any number that nothing else locks: two processes that start at once must not both migrate.
MIGRATION_LOCK = 727_401_113
# What an exit code begins at that tells of a signal.
SIGNALLED = 128


def prepare_apart() -> None:
    """Prepare what is not current in a process of its own; raises SystemExit with its exit code if that fails.

    What it says is seen as if this process had said it, and it ends with this process, if that is told to end.
    """
    if not pending() and _static_is_current():
        connection.close()
        return
    connection.close()
    told: list[int] = []
    child: subprocess.Popen | None = None

    def leave(number: int, frame: Any) -> None:
        told.append(number)
        if child is not None:
            child.kill()

    leaving = (signal.SIGINT, signal.SIGTERM)
    usual = [signal.signal(number, leave) for number in leaving]
    try:
        child = subprocess.Popen([sys.executable, "-m", "chatsite.preparation"], cwd=settings.BASE_DIR)
        # Told to end before there was anything to kill.
        if told:
            child.kill()
        code = child.wait()
    finally:
        for number, handler in zip(leaving, usual, strict=True):
            signal.signal(number, handler)
    if told:
        sys.exit(SIGNALLED + told[0])
    if code:
        sys.exit(code if code > 0 else SIGNALLED - code)


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
def _alone() -> Iterator[None]:
    if connection.vendor != "postgresql":
        with _locked("migration"):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


@contextmanager
def _locked(what: str) -> Iterator[None]:
    with (settings.DATA_DIR / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def collect_static() -> None:
    """Gather, compress and name the static files by their content, if any has changed; one process at a time.

    Files of an earlier version stay: a page that is open somewhere may still ask for them.
    """
    now = _static_state()
    with _locked("static"):
        if _collected() == now:
            return
        if _stamp().exists() and _collected() is None:
            # Whoever gathered them last was ended meanwhile: any of them may be half a file.
            shutil.rmtree(settings.STATIC_ROOT)
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        _stamp().write_text(json.dumps(None))
        call_command("collectstatic", interactive=False, verbosity=0)
        _stamp().write_text(json.dumps(now))


def _static_is_current() -> bool:
    with _locked("static"):
        return _collected() == _static_state()


def _stamp() -> Path:
    return settings.STATIC_ROOT / "collected.json"


def _collected() -> str | None:
    """Return the digest of the static files that were gathered last, None if nobody knows."""
    try:
        return json.loads(_stamp().read_text())
    except (FileNotFoundError, ValueError):
        # Whoever wrote it may have been ended meanwhile.
        return None


def _static_state() -> str:
    """Return a digest of all static files' names and contents."""
    state = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list(None), key=lambda found: found[0]):
            content = Path(storage.path(path)).read_bytes()
            state.update(f"{path}:{len(content)}\n".encode() + content)
    return state.hexdigest()


def main() -> None:
    """Prepare what is not current."""
    # Ctrl+C reaches every process of a terminal; the server, which hears it too, ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    migrate(say=partial(print, flush=True))
    collect_static()


if __name__ == "__main__":
    main()
