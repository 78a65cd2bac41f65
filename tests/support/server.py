"""A real Chatsite server in a process of its own, to be stopped, killed and started again."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from . import empty
from .empty import ROOT
from .ports import free_port

# Decides only over what never comes: a busy machine takes minutes to migrate PostgreSQL.
START_SECONDS = 300


def share_static(folder: Path) -> None:
    """Let a folder of data have the static files, and the lock on them, that the others have: compressed once."""
    (empty.SHELF / "static").mkdir(parents=True, exist_ok=True)
    for name in ("static", "static.lock"):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(empty.SHELF / name)


class Server:
    """`manage.py serve` with settings of its own; `url` is where it answers."""

    def __init__(self, *, folder: Path, **environment: str):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}"
        self.log = Path(tempfile.mkstemp(prefix="serve-", suffix=".log", dir=folder)[1])
        share_static(folder)
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        self.environment = {
            **kept,
            "DATA_DIR": str(folder),
            "SECRET_KEY": "only for tests: every process of one test signs with it",
            "PYTHONUNBUFFERED": "1",
            # Nothing answers there: a test that wants a model server names its own.
            "OLLAMA_BASE_URL": "http://127.0.0.1:9",
            "OPENAI_BASE_URL": "",
            # A test's one person asks for many.
            "USER_RUNNING_TURNS": "0",
            **environment,
        }
        self.process: subprocess.Popen | None = None

    def start(self, *arguments: str) -> "Server":
        """Start, or start again, and wait until it answers."""
        if "DATABASE_URL" not in self.environment:
            empty.put_into(Path(self.environment["DATA_DIR"]))
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise TimeoutError(f"The server does not answer:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds: float = 40) -> None:
        """Ask it to end (SIGTERM) and wait."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=seconds)

    def close(self) -> None:
        """Make sure that it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def manage(self, *arguments: str) -> str:
        """Return what a management command prints, run beside the server with its settings."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout
