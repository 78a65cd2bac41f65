"""The chain: how an entry is spelt for its hash, and how it is put at the end by one writer at a time."""

import datetime
import hashlib
import json
from typing import Any

from django.db import connection, transaction

from ..models import AuditEntry

# What stands before the first entry.
BEGINNING = "0" * 64
# The version of the spelling: another spelling gets another number, and old entries keep theirs.
SPELLING = 1
# Any number will do that nobody else locks.
LOCK = 0x61756469
FIELDS = (
    "number",
    "at",
    "action",
    "actor_id",
    "whom_id",
    "email_digest",
    "target_kind",
    "target_id",
    "address",
    "request_id",
    "details",
    "previous",
)


def spelt(values: dict[str, Any]) -> bytes:
    """Return the bytes that an entry's hash covers: a JSON array of every field in order, `previous` the last."""
    return json.dumps([SPELLING, *(_plain(values[name]) for name in FIELDS)], separators=(",", ":")).encode()


def hash_of(values: dict[str, Any]) -> str:
    """Return the hash that an entry with these values must have."""
    return hashlib.sha256(spelt(values)).hexdigest()


def append(values: dict[str, Any], *, wait_seconds: float) -> AuditEntry:
    """Return the new last entry of the chain, which stays or goes with the transaction around it.

    Whoever else wants to append waits until that transaction is over, so append last in it. Raises `OperationalError`
    if others take longer than `wait_seconds`.
    """
    if connection.vendor == "postgresql":
        return _append_at_once(values, wait_seconds)
    # SQLite has one writer at a time, who is known as such from the beginning of the transaction.
    with transaction.atomic():
        last = AuditEntry.objects.order_by("-number").values_list("number", "hash").first()
        number, previous = last or (0, BEGINNING)
        values = {**values, "number": number + 1, "previous": previous}
        entry = AuditEntry(**values, hash=hash_of(values))
        entry.save()
    return entry


def _append_at_once(values: dict[str, Any], wait_seconds: float) -> AuditEntry:
    """Let a function of the database lock the chain, read its end and append: others wait for no round trip of ours."""
    told = [values[name] for name in FIELDS[1:-1]]
    between = json.dumps([_plain(value) for value in told], separators=(",", ":"))[1:-1]
    given = [LOCK, f"{round(wait_seconds * 1000)}ms", f"[{SPELLING},", between, *told]
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            # Before the lock: of what was deleted in large numbers, keys to other tables are looked at for seconds, by
            # default only at the commit, while everybody else would wait.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"SELECT * FROM append_to_audit({', '.join(['%s'] * len(given))})", given)
        number, previous, found = cursor.fetchone()
    return AuditEntry(**values, number=number, previous=previous, hash=found)


def _plain(value: Any) -> int | str | None:
    """Return a value as it is spelt: moments in UTC to the microsecond, everything else but numbers as text."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    return str(value)
