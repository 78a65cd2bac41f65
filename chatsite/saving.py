"""Changing only those fields of a row that were given: somebody else may be changing the others just now."""

from typing import Any

from django.db.models import Model


def save(row: Model, fields: dict[str, Any]) -> None:
    """Keep these values of a row, and no other."""
    for field, value in fields.items():
        setattr(row, field, value)
    row.save(update_fields=list(fields))
