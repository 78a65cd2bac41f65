"""Writes that must not be lost because the database is away for a while."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import DataError, Error, IntegrityError

from chatsite.threads import in_database

logger = logging.getLogger(__name__)

Kept = TypeVar("Kept")

# How long to wait before a write is tried again while the database is away, at first and at most.
RETRY_SECONDS = 0.5
RETRY_LIMIT_SECONDS = 5.0


async def insist(write: Callable[..., Kept], *arguments: Any, **named: Any) -> Kept:
    """Return what a write gives, however long the database is away; it may be done twice.

    Raises DataError or IntegrityError where the database refuses it, and would for ever.
    """
    wait = RETRY_SECONDS
    while True:
        try:
            return await in_database(write, *arguments, **named)
        except (DataError, IntegrityError):
            raise
        except Error as error:
            logger.warning("%s could not be kept yet: %s", write.__name__, type(error).__name__)
        await asyncio.sleep(wait)
        wait = min(wait * 2, RETRY_LIMIT_SECONDS)
