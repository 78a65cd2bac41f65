"""The first start prepares the database and the static files in a process of its own, and keeps nothing of that."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.client import wait_for
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.process

# Preparing would keep twice that, and two starts differ by a tenth of it.
KEPT_MOST_KB = 10 * 1024
END_SECONDS = 30


@pytest.fixture
def server(tmp_path):
    """A server of an empty folder, in which not even the database is ready."""
    server = Server(folder=tmp_path, DATABASE_URL="")
    try:
        yield server
    finally:
        server.close()


def memory(server: Server) -> int:
    """Return how much memory a server has now, in KB."""
    (line,) = [each for each in Path(f"/proc/{server.process.pid}/status").read_text().splitlines() if "VmRSS" in each]
    return int(line.split()[1])


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def begin(server: Server) -> None:
    """Start it without waiting for its answer."""
    command = [sys.executable, "manage.py", "serve", "--port", str(server.port)]
    with server.log.open("ab") as log:
        server.process = subprocess.Popen(command, cwd=ROOT, env=server.environment, stdout=log, stderr=log)


def test_the_first_start_keeps_no_more_memory_than_later_ones(server):
    server.start("--no-jobs")
    first = memory(server)
    assert server.log.read_text().count("Preparing the database ...") == 1
    server.terminate()
    server.start("--no-jobs")
    assert server.log.read_text().count("Preparing the database ...") == 1
    assert first - memory(server) < KEPT_MOST_KB


def test_what_cannot_be_prepared_is_told_and_nothing_is_served(server, tmp_path):
    with sqlite3.connect(tmp_path / "chatsite.sqlite3") as database:
        database.execute("CREATE TABLE accounts_user (what TEXT)")
    with pytest.raises(RuntimeError, match="The server ended with 1:") as ended:
        server.start("--no-jobs")
    assert 'table "accounts_user" already exists' in str(ended.value)
    assert "Chatsite is at" not in server.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_who_stops_a_first_start_stops_all_of_it(server, tmp_path, number):
    with (tmp_path / "migration.lock").open("w") as lock:
        # Somebody else migrates, so that this one waits.
        fcntl.flock(lock, fcntl.LOCK_EX)
        begin(server)
        (child,) = await wait_for(lambda: children(server.process.pid), seconds=END_SECONDS)
        server.process.send_signal(number)
        assert server.process.wait(END_SECONDS) == 128 + number
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    assert server.log.read_text() == ""
