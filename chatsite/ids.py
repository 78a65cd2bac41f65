"""Ids as they come in addresses, forms and frames: UUIDs, in any of the forms in which one is spelt."""

from typing import Any
from uuid import UUID


def uuid_of(word: Any) -> UUID | None:
    """Return the UUID that a text spells, None for everything else."""
    try:
        return UUID(word)
    except (ValueError, TypeError, AttributeError):
        return None


def uuid_or(error: Exception | type[Exception], word: Any) -> UUID:
    """Return the UUID that a text spells; raises `error` for everything else."""
    if (found := uuid_of(word)) is None:
        raise error
    return found
