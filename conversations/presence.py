"""Who has a conversation open in this process: put down when they come and go, and once a minute in between."""

import asyncio
import contextlib
import logging
import uuid
from contextvars import Context

from django.db import Error

from chatsite.threads import in_database

from . import live, sessions
from .live import feeds

logger = logging.getLogger(__name__)

# Who comes and goes within this time is put down together.
GATHER_SECONDS = 1.0

# Whose they are, where that is known.
_waiting: dict[str, uuid.UUID | None] = {}
_keeper: asyncio.Task | None = None


def note(conversation_id: uuid.UUID | str, *, owner: uuid.UUID | None = None) -> None:
    """Put down soon that somebody has come to a conversation, or gone from it; call it on the server's loop.

    Its owner's pages are told at once, and again when it is put down: one of them may have been loaded in between.
    """
    global _keeper
    if owner is not None:
        live.tell_seen(owner, conversation_id)
    _waiting[str(conversation_id)] = owner or _waiting.get(str(conversation_id))
    # Tests have a loop each.
    if _keeper is None or _keeper.done() or _keeper.get_loop() is not asyncio.get_running_loop():
        _keeper = asyncio.create_task(_keep_while_open(), context=Context())


async def _keep_while_open() -> None:
    """Put down who came and went, and every minute who is still there; ends when nobody is."""
    loop = asyncio.get_running_loop()
    next_at = loop.time() + sessions.SEEN_SECONDS
    while True:
        await asyncio.sleep(GATHER_SECONDS)
        watched = [feed.id for feed in feeds.current().values() if feed.watchers]
        if loop.time() >= next_at:
            next_at = loop.time() + sessions.SEEN_SECONDS
            _waiting.update({id: _waiting.get(id) for id in watched})
        await _put_down()
        if not watched and not _waiting:
            return


async def _put_down() -> None:
    """Write all that waits in one statement; while the database is away it waits on."""
    there = dict(_waiting)
    if not there:
        return
    try:
        busy = await in_database(sessions.seen, list(there))
    except Error as error:
        logger.warning("Who has what open could not be put down: %s", type(error).__name__)
        return
    for conversation_id, owner in there.items():
        if str(conversation_id) in busy:
            continue
        _waiting.pop(conversation_id, None)
        if owner is not None:
            live.tell_seen(owner, conversation_id)


async def close() -> None:
    """Put down who is there because the server goes down."""
    with contextlib.suppress(Exception):
        await _put_down()
