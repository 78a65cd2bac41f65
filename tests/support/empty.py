"""Empty databases that are ready to be used: migrated once for all that need one, and copied."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("accounts", "chatsite", "conversations", "llm")
NAME = "chatsite.sqlite3"
# What all tests of this copy of the code share, so that it is made once.
COPY = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
SHELF = Path(tempfile.gettempdir()) / f"chatsite-tests-{os.getuid()}-{COPY}"


def digest() -> str:
    """Return what tells the tables of one version of the code from those of another."""
    found = hashlib.sha256()
    sources = (path for app in APPS for path in (ROOT / app).glob("**/migrations/*.py"))
    for path in [ROOT / "requirements.txt", ROOT / "chatsite" / "settings.py", *sorted(sources)]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def put_into(folder: Path) -> None:
    """Let a folder of data begin with the empty SQLite database, unless it has one."""
    if not (folder / NAME).exists():
        copy_to(folder / NAME)


def copy_to(path: Path) -> None:
    """Make an empty SQLite database of this name."""
    ready = SHELF / f"empty-{digest()}"
    with _one_at_a_time():
        if not ready.exists():
            draft = Path(tempfile.mkdtemp(prefix="draft-", dir=SHELF))
            _migrate(DATA_DIR=str(draft), DATABASE_URL="")
            draft.rename(ready)
    for part in ready.glob(f"{NAME}*"):
        shutil.copy(part, path.with_name(part.name.replace(NAME, path.name)))


def template(url: str) -> str:
    """Return the name of the empty database on the PostgreSQL server of this URL, from which others are copied."""
    name, draft = f"empty_{digest()}", f"draft_{os.getpid()}"
    parts = urlsplit(url)
    with (
        _one_at_a_time(),
        psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as server,
    ):
        if not server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
            server.execute(f"CREATE DATABASE {draft}")
            _migrate(DATABASE_URL=parts._replace(path=f"/{draft}").geturl())
            server.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
    return name


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    SHELF.mkdir(parents=True, exist_ok=True)
    with (SHELF / "empty.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(**environment: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    own = {"REDIS_URL": "", "SECRET_KEY": "only for tests: nothing is signed with it", **environment}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **own}, check=True)
