"""Names for processes, by which another one on the same machine can tell that they are gone."""

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings

HOST_CHARACTERS = 40
# Held by every process that serves; the system lets go of it however that ends.
LOCK = "serving.lock"


@cache
def machine() -> str:
    """Return the name of this machine and its process namespace, within which a process number means something."""
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        namespace = 0
    return f"{socket.gethostname()[:HOST_CHARACTERS]}/{namespace}"


def new_name() -> str:
    """Return a new name for something in this process: machine, process number and chance."""
    return f"{machine()}/{os.getpid()}/{secrets.token_hex(4)}"


def number_here(name: str) -> int | None:
    """Return the process number in a name; None if it was made on another machine, or is no such name."""
    place, _, number = name.rpartition("/")[0].rpartition("/")
    return int(number) if place == machine() and number.isdigit() else None


def is_running(number: int) -> bool:
    """Whether this machine has a process of that number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def serving() -> Iterator[None]:
    """Let others who have this DATA_DIR know that somebody serves."""
    with (settings.DATA_DIR / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def somebody_serves() -> bool:
    """Whether a process that has this DATA_DIR serves just now."""
    try:
        with (settings.DATA_DIR / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
