"""The processes that serve models of this machine: started when first asked, shared by all processes of a site, ended
when nobody asks, and started again after a crash, later each time.

Each model has a lock, which its process holds until it ends. Whoever gets the lock may start one; whoever does not
waits for the file in which it tells where it answers. So two web processes never start two for one model.
"""

import asyncio
import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from ..errors import ModelError
from . import fit
from .shelf import PRIVATE, Entry
from .slots import any_busy

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = "xllamacpp"
MISSING = (
    "This installation has no llama.cpp, which models of this machine need. Install it with "
    "`pip install -r requirements-local.txt`, or run `make model`."
)
LOOK_SECONDS = 0.02
LEAVE_SECONDS = 10.0
# After the first crash it is started at once; then later each time, until it has lived for a while.
BACKOFF_SECONDS = (0.0, 1.0, 3.0, 10.0, 30.0, 60.0)
WAITED_SECONDS = 3.0
STEADY_SECONDS = 120.0
LOG_TAIL_BYTES = 20_000
# What a process has in memory before it loads anything.
PROGRAM_BYTES = 64 * fit.MB
PAGE = os.sysconf("SC_PAGE_SIZE")


def installed() -> bool:
    """Whether llama.cpp is installed; it is not imported for that."""
    return find_spec(PACKAGE) is not None


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the processes' files are, and what they may take: MB of memory, 0 for what is free; threads, 0 for what
    llama.cpp takes; answers at once of each model; seconds without a question until it is unloaded, 0 for never."""

    folder: Path
    memory_mb: int = 0
    threads: int = 0
    slots: int = 2
    idle_seconds: float = 900.0
    load_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Running:
    """A process that answers: where, with which key, what its model was given, and which file that is `of`."""

    url: str
    key: str
    pid: int
    name: str
    window: int
    slots: int
    need: int
    weights: int
    of: tuple[int, ...]
    state: Path

    def touch(self) -> None:
        """Say that it is about to be asked, so that it does not end now."""
        try:
            os.utime(self.state)
        except OSError:
            # It has just ended: asking it tells.
            return

    def is_busy(self) -> bool:
        """Whether it is answering somebody."""
        return any_busy(url=self.url, key=self.key)


class Engines:
    """What runs of one folder, and what is started here."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._settled: set[int] = set()

    def running(self, entry: Entry) -> Running | None:
        """Return the process that answers for a model, None if there is none; one of an earlier file is none."""
        found = self._told(entry.name)
        return found if found and found.of == _signature(entry) else None

    def all(self) -> list[Running]:
        """Return everything that runs."""
        names = (path.name.removesuffix(".json") for path in self.settings.folder.glob("*.json"))
        return [found for name in names if (found := self._told(name))]

    def window(self, entry: Entry, *, wanted: int | None) -> int | None:
        """Return how many tokens an answer of this model has together with its question, None if it does not fit."""
        if found := self.running(entry):
            return found.window
        return fit.window(
            entry.header, room=self._room(alone=True), slots=self.settings.slots, wanted=wanted, beside=entry.beside
        )

    async def ready(self, entry: Entry, *, wanted: int | None) -> Running:
        """Return the process that answers for a model, once it does; raises ModelError."""
        until = time.monotonic() + self.settings.load_seconds
        while time.monotonic() < until:
            if found := self.running(entry):
                return found
            if not installed():
                raise ModelError("model_misconfigured", MISSING)
            starting = await asyncio.to_thread(self._begin, entry, wanted)
            if starting is not None:
                return await self._started(entry, starting, until)
            await asyncio.sleep(LOOK_SECONDS)
        raise ModelError("model_timeout_first_token", f"{entry.name} was not loaded in time.", retryable=True)

    def settle(self, engine: Running) -> None:
        """Forget the crashes before this process, which has answered."""
        if engine.pid not in self._settled:
            self._settled = {engine.pid}
            self._path(engine.name, "lock").write_text(f"0 {time.time()}")

    def share(self, entry: Entry) -> float | None:
        """Return how much of a model that is being loaded is in memory, from 0 to 1; None where nobody can tell."""
        try:
            process = int(self._path(entry.name, "pid").read_text())
            resident = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
        except (OSError, ValueError):
            return None
        return min(max(resident - PROGRAM_BYTES, 0) / entry.size, 0.99)

    def forget_dead(self, name: str) -> bool:
        """Forget where the process of a model answered, if it has ended without a word; False if it lives."""
        with self._path(name, "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            self._path(name, "json").unlink(missing_ok=True)
        return True

    def leave(self, name: str) -> bool:
        """Have the process of a model end; False if there is none."""
        found = self._told(name)
        # The lock and not the number says that it lives: another process may have that number by now.
        if found is None or self.forget_dead(name):
            return False
        os.kill(found.pid, signal.SIGTERM)
        return self._gone(name)

    # -- starting ----------------------------------------------------------------------------------------------------

    def _begin(self, entry: Entry, wanted: int | None) -> subprocess.Popen | None:
        """Start a process, None if another process has one or is starting it; raises ModelError."""
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        lock = self._path(entry.name, "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            if (found := self._told(entry.name)) and found.of != _signature(entry):
                # It serves what was here before under this name.
                self.leave(entry.name)
            return None
        with lock:
            self._path(entry.name, "json").unlink(missing_ok=True)
            failures = self._hold_back(entry.name, lock)
            window = self._make_room(entry, wanted)
            return self._spawn(entry, window, lock, failures)

    def _hold_back(self, name: str, lock: IO[str]) -> int:
        """Wait for as long as the last crashes ask for, and return how many there were; raises ModelError.

        The lock's file says how it went last: empty or "left", it went well; else how often it has crashed, and when it
        was started after that.
        """
        lock.seek(0)
        failures, began = 0, 0.0
        if (words := lock.read().split()) and words[0].isdigit():
            failures, began = int(words[0]) + 1, float(words[1])
        lived = time.time() - began
        if lived > STEADY_SECONDS:
            failures = min(failures, 1)
        pause = BACKOFF_SECONDS[min(max(failures - 1, 0), len(BACKOFF_SECONDS) - 1)] - lived if failures else 0.0
        if pause > WAITED_SECONDS:
            detail = f"{name} has crashed {failures} times in a row. It can be tried again in {pause:.0f} s."
            raise ModelError("model_unreachable", detail, retryable=True, retry_after=pause)
        time.sleep(max(0.0, pause))
        return failures

    def _spawn(self, entry: Entry, window: int, lock: IO[str], failures: int) -> subprocess.Popen:
        settings, key = self.settings, secrets.token_urlsafe(32)
        need = fit.need(entry.header, window=window, slots=settings.slots, beside=entry.beside).bytes
        # What is left remembers conversations that have no slot at the moment.
        others = fit.memory_of_others(self._room() - need) // fit.MB
        told = {
            "name": entry.name,
            "file": str(entry.path),
            "projector": str(entry.projector or ""),
            "of": _signature(entry),
            "window": window,
            "slots": settings.slots,
            "need": need + others * fit.MB,
            "weights": entry.size,
        }
        wanted = {
            "told": told,
            "key": key,
            "state": str(self._path(entry.name, "json")),
            "lock": lock.name,
            "log": str(self._path(entry.name, "log")),
            "threads": settings.threads,
            "idle_seconds": settings.idle_seconds,
            "memory_of_others_mb": others,
            "warm": entry.size > 64 * fit.MB,
        }
        lock.seek(0)
        lock.truncate()
        lock.write(f"{failures} {time.time()}")
        lock.flush()
        command = [sys.executable, "-m", "llm.local.child"]
        path = self._path(entry.name, "log")
        path.touch(PRIVATE)
        with path.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                # A signal for the terminal's programs is not for it: it ends with whoever started it.
                start_new_session=True,
                bufsize=0,
            )
        self._path(entry.name, "pid").write_text(str(process.pid))
        assert process.stdin is not None
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        # Waited for, so that it leaves nothing behind, and held, because it ends when its standard input closes.
        threading.Thread(target=process.wait, name=f"engine {entry.name}", daemon=True).start()
        _children.append(process)
        _children[:] = [child for child in _children if child.poll() is None]
        return process

    async def _started(self, entry: Entry, process: subprocess.Popen, until: float) -> Running:
        """Return the process once it answers; raises ModelError if it ends before, or takes too long."""
        while time.monotonic() < until:
            if found := self.running(entry):
                return found
            if process.poll() is not None:
                raise ModelError("model_error", self._why(entry.name), retryable=True)
            await asyncio.sleep(LOOK_SECONDS)
        process.kill()
        limit = self.settings.load_seconds
        raise ModelError("model_timeout_first_token", f"{entry.name} was not loaded within {limit:g} seconds.")

    def _why(self, name: str) -> str:
        """Return a sentence about a process that ended before it answered."""
        with self._path(name, "log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
        said = [line.partition("error loading model: ")[2] for line in lines if "error loading model: " in line]
        because = f": {said[-1].replace(str(self.settings.folder), '')}" if said else "; its log says why"
        return f"llama.cpp could not load {name}{because}."

    # -- memory ------------------------------------------------------------------------------------------------------

    def _room(self, *, alone: bool = False) -> int:
        """Return how many bytes another model may take, or with `alone` if the others had left."""
        others = self.all()
        need, weights = sum(other.need for other in others), sum(other.weights for other in others)
        # The weights are pages of a file, which count as free, and would be read anew with each token.
        free = fit.available() + (need - weights if alone else -weights)
        if not self.settings.memory_mb:
            return max(0, int(free * fit.FREE_SHARE))
        return max(0, min(self.settings.memory_mb * fit.MB - (0 if alone else need), free))

    def _make_room(self, entry: Entry, wanted: int | None) -> int:
        """Return the window that a model is loaded with, after others that nobody asks have left; raises ModelError."""
        slots, beside = self.settings.slots, entry.beside

        def choose(room: int) -> int | None:
            return fit.window(entry.header, room=room, slots=slots, wanted=wanted, beside=beside)

        best = choose(self._room(alone=True))
        if best is None:
            raise ModelError("model_refused", self.too_large(entry, wanted=wanted))
        busy = 0
        for other in self.all():
            if choose(self._room()) == best:
                break
            if other.is_busy():
                busy += 1
            else:
                self.leave(other.name)
        window = choose(self._room())
        if window is None:
            detail = f"There is no memory for {entry.name} while another model of this machine answers."
            raise ModelError("model_busy", detail, retryable=True, retry_after=30 if busy else None)
        return window

    def too_large(self, entry: Entry, *, wanted: int | None) -> str:
        """Return a sentence about a model that does not fit: what it needs, and what there is."""
        window = min(wanted or fit.WINDOWS[-1], entry.header.number("context_length", fit.WINDOWS[-1]))
        need = fit.need(entry.header, window=window, slots=self.settings.slots, beside=entry.beside).bytes
        there = fit.in_words(self._room(alone=True))
        limit = "LOCAL_MEMORY_MB leaves" if self.settings.memory_mb else "this machine has free"
        return (
            f"{entry.name} needs about {fit.in_words(need)} of memory for {self.settings.slots} answers at once with "
            f"{window:,} tokens each, and {limit} {there}."
        )

    # -- files -------------------------------------------------------------------------------------------------------

    def _path(self, name: str, kind: str) -> Path:
        return self.settings.folder / f"{name}.{kind}"

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(self._path(name, "json").read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _told(self, name: str) -> Running | None:
        """Return what a process tells of itself, if it lives."""
        found = self._read(name)
        if not found or not _lives(found["pid"]):
            return None
        parts = {part: found[part] for part in ("url", "key", "pid", "name", "window", "slots", "need", "weights")}
        return Running(**parts, of=tuple(found["of"]), state=self._path(name, "json"))

    def _gone(self, name: str) -> bool:
        """Wait until the lock is free; False if that takes too long."""
        until = time.monotonic() + LEAVE_SECONDS
        with self._path(name, "lock").open("a") as lock:
            while time.monotonic() < until:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return True
                except OSError:
                    time.sleep(LOOK_SECONDS)
        return False


# What this process has started, and what ends with it.
_children: list[subprocess.Popen] = []


def end_all() -> None:
    """End what this process has started, and wait for it."""
    for child in _children:
        child.terminate()
    for child in _children:
        try:
            child.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
    _children.clear()


def _signature(entry: Entry) -> tuple[int, ...]:
    """Return what tells a file from another one of the same name."""
    files = [path.stat() for path in (entry.path, entry.projector) if path]
    return tuple(number for status in files for number in (status.st_size, status.st_mtime_ns))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
