"""Password hashing that cannot take the whole machine: a few at a time in each process, the rest wait in line."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

# Half of the cores, so that pages and running answers keep the other half.
HASHES_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)

_slots = threading.BoundedSemaphore(HASHES_AT_ONCE)
_mine = threading.local()


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the process's hashing slots, waiting for it if needed; a thread that holds one may enter again."""
    if getattr(_mine, "held", False):
        yield
        return
    if not connection.in_atomic_block:
        # The line may be long, and a waiting thread has no use for a connection that others need.
        connection.close()
    with _slots:
        _mine.held = True
        try:
            yield
        finally:
            _mine.held = False


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 64 MiB and one thread a hash, computed only while holding a slot."""

    time_cost = 2
    memory_cost = 65_536
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with slot():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with slot():
            return super().verify(password, encoded)
