"""The open sockets of this process: how many, whose, and whether they may stay."""

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error

from accounts.credentials import still_valid
from accounts.signals import credentials_revoked
from chatsite.threads import in_database

from .live import feeds

if TYPE_CHECKING:
    from .consumers import ConversationConsumer

logger = logging.getLogger(__name__)

# Who signed out or was disabled is shown the door within this time, in whichever process that happened.
SWEEP_SECONDS = 3.0

_open: set["ConversationConsumer"] = set()
_per_user: dict[uuid.UUID, int] = {}
_sweeper: asyncio.Task | None = None


def full() -> bool:
    """Whether this process has all the sockets it can hold."""
    return len(_open) >= settings.SOCKETS_PER_PROCESS


def enter(consumer: "ConversationConsumer") -> bool:
    """Register an open socket; False if this person has too many."""
    user_id = consumer.user.pk
    if _per_user.get(user_id, 0) >= settings.SOCKETS_PER_USER:
        return False
    _per_user[user_id] = _per_user.get(user_id, 0) + 1
    _open.add(consumer)
    _watch()
    return True


def leave(consumer: "ConversationConsumer") -> None:
    """Forget a closed socket."""
    if consumer not in _open:
        return
    _open.discard(consumer)
    user_id = consumer.user.pk
    _per_user[user_id] -= 1
    if not _per_user[user_id]:
        del _per_user[user_id]


def _watch() -> None:
    global _sweeper
    if _sweeper is None or _sweeper.done():
        _sweeper = asyncio.create_task(_sweep_while_open())


async def _sweep_while_open() -> None:
    while _open:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await sweep(set(_open))
        except Error as error:
            logger.warning("Open sockets could not be checked: %s", type(error).__name__)
        except Exception:
            logger.exception("Open sockets could not be checked")


async def sweep(consumers: set["ConversationConsumer"]) -> None:
    """Close those of these sockets whose person is not signed in any more, or whose client takes nothing."""
    for consumer in consumers:
        if consumer.stalled:
            await consumer.turn_out_slow()
    by_credential = {consumer.credential: consumer for consumer in consumers}
    valid = await in_database(still_valid, list(by_credential))
    for credential, consumer in by_credential.items():
        if credential not in valid:
            await consumer.turn_out()


def _on_revoked(sender, user_id: uuid.UUID, **kwargs) -> None:
    feeds.on_loop(_sweep_user, user_id)


def _sweep_user(user_id: uuid.UUID) -> None:
    theirs = {consumer for consumer in _open if consumer.user.pk == user_id}
    if theirs:
        for consumer in theirs:
            consumer.keep(asyncio.create_task(sweep({consumer})))


credentials_revoked.connect(_on_revoked, dispatch_uid="close sockets")
