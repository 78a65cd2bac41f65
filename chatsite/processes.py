"""Names for processes, by which another one on the same machine can tell that they are gone."""

import os
import secrets
import socket
from functools import cache

HOST_CHARACTERS = 40


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
