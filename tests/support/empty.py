"""An empty SQLite database that is ready to be used, made once for all servers of this copy of the code."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

APPS = ("accounts", "chatsite", "conversations", "llm")


def put_into(folder: Path, *, root: Path, shelf: Path) -> None:
    """Let a folder of data begin with the empty database, unless it has one; it stands on the shelf for the next."""
    if (folder / "chatsite.sqlite3").exists():
        return
    digest = hashlib.sha256()
    sources = (path for app in APPS for path in (root / app).glob("**/migrations/*.py"))
    for path in [root / "requirements.txt", *sorted(sources)]:
        digest.update(path.read_bytes())
    ready = shelf / f"empty-{digest.hexdigest()[:16]}"
    with (shelf / "empty.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            draft = shelf / f"draft-{os.getpid()}"
            draft.mkdir()
            environment = {**os.environ, "DATA_DIR": str(draft), "DATABASE_URL": "", "REDIS_URL": ""}
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(command, cwd=root, env=environment, check=True)
            draft.rename(ready)
    for part in ready.glob("chatsite.sqlite3*"):
        shutil.copy(part, folder)
