"""The open sockets and streams of this process: how many, whose, and whether they may stay."""

import asyncio
import logging
import uuid
import weakref
from contextvars import Context
from typing import Protocol

from django.conf import settings
from django.db import Error

from accounts.credentials import Credential, still_valid
from accounts.models import User
from accounts.signals import credentials_revoked
from chatsite import metrics
from chatsite.threads import in_database

from .live import feeds

logger = logging.getLogger(__name__)

# Who signed out or was disabled is shown the door within this time, in whichever process that happened.
SWEEP_SECONDS = 3.0


class Connection(Protocol):
    """An open socket or stream."""

    user: User
    credential: Credential

    @property
    def stalled(self) -> bool: ...

    async def turn_out(self) -> None: ...

    async def turn_out_slow(self) -> None: ...

    def keep(self, task: asyncio.Task) -> None: ...


_open: set[Connection] = set()
# Answers to programs: they have limits of their own and are not counted here, but stay no longer than they may.
_answers: weakref.WeakSet[Connection] = weakref.WeakSet()
_per_user: dict[uuid.UUID, int] = {}
_sweeper: asyncio.Task | None = None


def full() -> bool:
    """Whether this process has all the sockets it can hold."""
    return len(_open) >= settings.SOCKETS_PER_PROCESS


def crowded(user_id: uuid.UUID) -> bool:
    """Whether this person has all the sockets and streams that one may have open."""
    return _per_user.get(user_id, 0) >= settings.SOCKETS_PER_USER


def current() -> set[Connection]:
    """Return what is open now."""
    return set(_open)


def enter(connection: Connection) -> bool:
    """Register an open socket or stream; False if this person has too many."""
    user_id = connection.user.pk
    if crowded(user_id):
        return False
    _per_user[user_id] = _per_user.get(user_id, 0) + 1
    _open.add(connection)
    _watch()
    return True


def look_after(answer: Connection) -> None:
    """Turn an answer out, like a socket, when its reader may not read it any more."""
    _answers.add(answer)
    _watch()


def leave(connection: Connection) -> None:
    """Forget a closed socket or an answer that has ended."""
    _answers.discard(connection)
    if connection not in _open:
        return
    _open.discard(connection)
    user_id = connection.user.pk
    _per_user[user_id] -= 1
    if not _per_user[user_id]:
        del _per_user[user_id]


def _watch() -> None:
    global _sweeper
    if _sweeper is None or _sweeper.done():
        _sweeper = asyncio.create_task(_sweep_while_open(), context=Context())


async def _sweep_while_open() -> None:
    while _open or _answers:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await sweep(_open | set(_answers))
        except Error as error:
            logger.warning("Open sockets could not be checked: %s", type(error).__name__)
        except Exception:
            logger.exception("Open sockets could not be checked")


async def sweep(connections: set[Connection]) -> None:
    """Close those of these sockets whose person is not signed in any more, or whose client takes nothing."""
    for connection in connections:
        if connection.stalled:
            metrics.readers_closed.add("slow")
            await connection.turn_out_slow()
    by_credential = {connection.credential: connection for connection in connections}
    valid = await in_database(still_valid, list(by_credential))
    for credential, connection in by_credential.items():
        if credential not in valid:
            metrics.readers_closed.add("signed_out")
            await connection.turn_out()


def _on_revoked(sender, user_id: uuid.UUID, **kwargs) -> None:
    feeds.on_loop(_sweep_user, user_id)


def _sweep_user(user_id: uuid.UUID) -> None:
    theirs = {connection for connection in _open | set(_answers) if connection.user.pk == user_id}
    if theirs:
        for connection in theirs:
            connection.keep(asyncio.create_task(sweep({connection})))


credentials_revoked.connect(_on_revoked, dispatch_uid="close sockets")
