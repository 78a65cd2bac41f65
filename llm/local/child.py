"""A process that serves one model on loopback: `python -m llm.local.child`, told what to do by a line on its standard
input, which stays open for as long as whoever started it lives.

The lock that it was given is held until it ends, however it ends: that is how others know that it is there. Once the
model is loaded it writes where it answers, readable by its owner only; it ends itself when nobody asks it any more.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from .fit import BATCH_TOKENS
from .shelf import PRIVATE, write
from .slots import any_busy

STDIN = 0
LOOKS = 10
SHORTEST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 15.0
LARGEST_LOG_BYTES = 2 * 1024 * 1024
FAILED = 3
ERRORS = 1


class Place:
    """What the server of this process tells others, and whether it is at work."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.state, self.lock, self.log = (Path(wanted[name]) for name in ("state", "lock", "log"))
        self.told = wanted["told"] | {"pid": os.getpid(), "key": wanted["key"]}
        self.url = ""

    def open(self, url: str) -> None:
        """Tell where the model answers."""
        self.url = url
        write(self.state, json.dumps(self.told | {"url": url}))

    def is_busy(self) -> bool:
        """Whether it is answering somebody."""
        return any_busy(url=self.url, key=self.told["key"])

    def asked_at(self) -> float:
        """Return when somebody last said that they are going to ask."""
        try:
            return self.state.stat().st_mtime
        except OSError:
            return 0.0

    def leave(self) -> bool:
        """Tell nobody of it any more; False, and told again, if somebody has asked meanwhile."""
        self.state.unlink(missing_ok=True)
        if self.is_busy():
            self.open(self.url)
            return False
        return True

    def end(self) -> NoReturn:
        """End this process, and say that it did not crash."""
        self.state.unlink(missing_ok=True)
        self.lock.write_text("left")
        # Past the destructors of the engine, which would wait for its connections.
        os._exit(0)


def main() -> None:
    """Load the model and serve it until it is told to end, nobody has asked for a while, or whoever started it dies."""
    wanted = json.loads(_line())
    leaving = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.set())
    place = Place(wanted)
    _end_with_parent(place)
    with _ended_by_signal():
        server = _serve(wanted)
    place.open(server.listening_address)
    while not _wait(leaving, place, idle=wanted["idle_seconds"]):
        pass
    place.end()


def _line() -> bytes:
    """Return the first line of the standard input, byte by byte, so that nothing is read that comes after it."""
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(STDIN, 1)
        if not more:
            sys.exit("Nobody said what to serve.")
        line += more
    return line


def _end_with_parent(place: Place) -> None:
    """End this process when its standard input is closed: whoever started it has ended, however that came."""

    def wait() -> None:
        while os.read(STDIN, 1):
            pass
        place.end()

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let the kernel end this process when its standard input is closed: loading a model lets no other thread run."""
    usual = fcntl.fcntl(STDIN, fcntl.F_GETFL)
    fcntl.fcntl(STDIN, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(STDIN, fcntl.F_SETFL, usual | os.O_ASYNC)
    try:
        yield
    finally:
        fcntl.fcntl(STDIN, fcntl.F_SETFL, usual)


def _serve(wanted: dict[str, Any]) -> Any:
    """Return llama.cpp's own server with the model in it."""
    from xllamacpp import CommonParams, Server

    told = wanted["told"]
    params = CommonParams()
    params.model.path = told["file"]
    if told["projector"]:
        params.mmproj.path = told["projector"]
    params.model_alias = {told["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [wanted["key"]]
    params.ui = False
    # Errors only: a warning about an answer that cannot be parsed has the answer in it.
    params.verbosity = ERRORS
    params.endpoint_slots = params.endpoint_metrics = True
    params.n_parallel = told["slots"]
    params.n_ctx = told["window"] * told["slots"]
    # Few at once, so that it tells often how far it has read, and hears soon that nobody listens any more.
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    # Left to itself it would fill the memory with a window of its own choice.
    params.fit_params = False
    params.cache_prompt = True
    params.cache_ram_mib = wanted["memory_of_others_mb"]
    params.warmup = wanted["warm"]
    if wanted["threads"]:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = wanted["threads"]
    try:
        return Server(params)
    except RuntimeError:
        # Why stands in the log.
        sys.exit(FAILED)


def _wait(leaving: threading.Event, place: Place, *, idle: float) -> bool:
    """Wait a moment, and tell whether it is time to end."""
    look = min(max(idle / LOOKS, SHORTEST_LOOK_SECONDS), LONGEST_LOOK_SECONDS) if idle else LONGEST_LOOK_SECONDS
    if leaving.wait(look):
        return True
    _rotate(place.log)
    if place.is_busy():
        os.utime(place.state)
        return False
    return bool(idle) and time.time() - place.asked_at() >= idle and place.leave()


def _rotate(log: Path) -> None:
    """Keep a log that has grown as the one before, and begin again in the same file, which is open."""
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        before = log.with_suffix(".log.1")
        before.touch(PRIVATE)
        shutil.copyfile(log, before)
        os.truncate(log, 0)


if __name__ == "__main__":
    main()
