"""A tool over a person's own rows, before it is bound to a turn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..models import Turn

NONE: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Kind:
    """`look(turn, arguments)` returns what is found as JSON values, and is called in a database thread."""

    name: str
    description: str
    look: Callable[[Turn, dict[str, Any]], Any]
    parameters: dict[str, Any] = field(default_factory=lambda: NONE)

    def answer(self, turn: Turn, arguments: dict[str, Any]) -> str:
        """Return what is found as the JSON that a model reads."""
        return orjson.dumps(self.look(turn, arguments)).decode()


def of(**properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of arguments, of which those without a default must be given."""
    required = [name for name, schema in properties.items() if "default" not in schema]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def number(most: int, usual: int) -> dict[str, Any]:
    """Return the schema of how many are wanted."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": usual, "description": "How many at most."}
