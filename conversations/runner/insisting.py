"""Work on an answer that must not be lost because the database is away for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from django.db import DataError, Error, IntegrityError

from chatsite.threads import in_database

logger = logging.getLogger(__name__)

Kept = TypeVar("Kept")

# How long to wait before it is tried again while the database is away, at first and at most.
RETRY_SECONDS = 0.5
RETRY_LIMIT_SECONDS = 5.0


async def insist(work: Callable[..., Kept], *arguments: Any, **named: Any) -> Kept:
    """Return what a function gives in the database, however long that is away; it may be done twice.

    Raises DataError or IntegrityError where the database refuses it, and would for ever.
    """
    return await _again(work.__name__, lambda: in_database(work, *arguments, **named))


async def insist_on(work: Callable[..., Awaitable[Kept]], *arguments: Any, **named: Any) -> Kept:
    """Return what a coroutine function gives that asks the database by itself, in the same way."""
    return await _again(work.__name__, lambda: work(*arguments, **named))


async def _again(name: str, attempt: Callable[[], Awaitable[Kept]]) -> Kept:
    wait = RETRY_SECONDS
    while True:
        try:
            return await attempt()
        except (DataError, IntegrityError):
            raise
        except Error as error:
            logger.warning("%s has to wait for the database: %s", name, type(error).__name__)
        await asyncio.sleep(wait)
        wait = min(wait * 2, RETRY_LIMIT_SECONDS)
