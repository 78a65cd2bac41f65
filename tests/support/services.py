"""Private PostgreSQL and Redis servers from the installed binaries, on ports of their own; each ends only itself."""

import glob
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import empty
from .ports import free_port, wait_for_port

START_SECONDS = 90


def need(there: object, name: str) -> None:
    """Leave the test out where a program is not installed, unless the suite must not leave anything out."""
    if not there:
        leave_out = pytest.fail if os.environ.get("REQUIRE_SERVICES") else pytest.skip
        leave_out(f"{name} is not installed here")


def running(server, *arguments: str) -> Iterator:
    """Yield a server of any kind, started, and end it afterwards."""
    try:
        server.start(*arguments)
        yield server
    finally:
        server.close()


def postgres_binaries() -> Path | None:
    """Return the folder with initdb and postgres, of the newest version installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: float(path.split("/")[4]))
    if found:
        return Path(found[-1]).parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def redis_binary() -> str | None:
    """Return the Redis server's path."""
    return shutil.which("redis-server")


class Redis:
    """A Redis server that keeps nothing on disk."""

    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, or start again, on the same port."""
        command = [redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, START_SECONDS)

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()

    close = kill


class Postgres:
    """A PostgreSQL server in a temporary folder."""

    def __init__(self):
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="chatsite-postgres-"))
        self._binaries = postgres_binaries()
        self._process: subprocess.Popen | None = None
        # PostgreSQL refuses to run as root, so root hands over to its own account.
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "chatsite", "--auth=trust", "--no-sync", "-E", "UTF8"
        )

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run([*self._as, str(self._binaries / name), *arguments], check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start, or start again, on the same port and data."""
        command = [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        command += ["-c", "max_connections=200"]
        self._process = subprocess.Popen([*self._as, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, START_SECONDS)
        # It listens before it answers, after a crash for quite a while.
        ready = [*self._as, str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        end = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode:
            if time.monotonic() > end:
                raise TimeoutError("PostgreSQL listens, but does not answer")
            time.sleep(0.05)

    def create_database(self, name: str, *, migrated: bool = False) -> str:
        """Return the URL of a new database without tables, or with empty ones."""
        own = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "chatsite"]
        url = f"postgres://chatsite@127.0.0.1:{self.port}/{name}"
        self._run("createdb", *own, "--template", empty.template(url) if migrated else "template1", name)
        return url

    def restart(self) -> None:
        """Stop it at once, as after a power cut, and start it again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Stop it at once: SIGQUIT is PostgreSQL's immediate shutdown."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=START_SECONDS)

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
