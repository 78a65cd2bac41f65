"""Names of which a person has each only once, however it is written."""

from typing import Any

from django.db import IntegrityError, models, transaction

from chatsite import saving

from .errors import ChatError
from .models.tag import key_of


def named(name: str) -> dict[str, str]:
    """Return the fields of a row that has its owner's only one of this name."""
    return {"name": name, "key": key_of(name)}


def save(row: models.Model, fields: dict[str, Any], *, taken: type[ChatError]) -> None:
    """Keep these fields of a row; raises `taken` where its owner has another one of that name."""
    try:
        with transaction.atomic():
            saving.save(row, fields)
    except IntegrityError:
        raise taken from None
