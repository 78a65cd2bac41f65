"""A parser's process: started with nothing of ours but the open file, listened to, and ended in time in any case."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

# More than any file within the limits gives: 2 million characters, 20 drawn pages and two pictures.
ANSWER_BYTES = 48 * 1024 * 1024
PIPE_BYTES = 256 * 1024

# `-I -S`: no variables, no site, no user's packages; the parsers and their libraries are found by what is named here.
START = "import sys; sys.path += sys.argv[2:]; from parsers.run import main; main(sys.argv[1])"
PLACES = [str(Path(__file__).parent)]


class TooMuch(Exception):
    """The parser took longer, or said more, than it may."""


def run(
    source: BinaryIO, job: dict[str, Any], *, seconds: float, start: str = "", places: Sequence[str] = ()
) -> tuple[bytes, int]:
    """Return what a process of its own said about the open file, and how it ended; raise TooMuch.

    Without `start` and the `places` that it imports from, it is a parser.
    """
    libraries = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    told = json.dumps({**job, "parent": os.getpid()})
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", start or START, told, *(places or PLACES), *libraries]
    with tempfile.TemporaryDirectory(prefix="chatsite-reads-") as folder:
        process = _start(command, source, folder)
        try:
            return _listen(process, time.monotonic() + seconds), process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise TooMuch from None
        finally:
            _end(process)


def _start(command: list[str], source: BinaryIO, folder: str) -> subprocess.Popen:
    # No preexec_fn: it would copy this process, which has threads, instead of only starting another one.
    return subprocess.Popen(
        command,
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={},
        start_new_session=True,
    )


def _listen(process: subprocess.Popen, deadline: float) -> bytes:
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    said = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if not poll.poll(left * 1000):
            break
        piece = os.read(pipe, PIPE_BYTES)
        if not piece:
            return bytes(said)
        said += piece
        if len(said) > ANSWER_BYTES:
            break
    raise TooMuch


def _end(process: subprocess.Popen) -> None:
    if process.returncode is None:
        _kill(process)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def _kill(process: subprocess.Popen) -> None:
    """End the process with all that it may have started; it has not been waited for, so its number is still its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
