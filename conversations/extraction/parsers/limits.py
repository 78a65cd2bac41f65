"""What a parser may not do, set by itself before it looks at the file: none of it can be taken back."""

import os
import resource
import signal
import sys
from contextlib import suppress
from typing import Any

NICE = 5
OPEN_FILES = 32
WRITTEN_BYTES = 64 * 1024 * 1024

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000

REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.kill", "pty.", "ftplib.")


def set_limits(*, parent: int, cpu_seconds: int, memory_bytes: int, threads: bool = False) -> None:
    """Leave this process with little memory and time, without network and other processes, and bound to its parent.

    `threads` are what to this limit of the kernel are processes too.
    """
    _leave(parent)
    os.nice(NICE)
    for what, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        # The soft limit ends the process by SIGXCPU, the hard one by SIGKILL.
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES, WRITTEN_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        *([] if threads else [(resource.RLIMIT_NPROC, 0, 0)]),
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
    ):
        # A system that does not know one of them has the others; the wall clock of the parent holds everywhere.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))
    sys.addaudithook(_refuse)


def _leave(parent: int) -> None:
    """Have no network of one's own where the kernel allows it, gain no rights, and end when the parent does."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # After it, because another user namespace takes the signal back.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _refuse(event: str, _arguments: Any) -> None:
    if event.startswith(REFUSED):
        raise PermissionError(f"A parser may not: {event}")
