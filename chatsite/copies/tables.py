"""What there is to copy, and each row as one line that is the same on SQLite and on PostgreSQL.

The line is the one that PostgreSQL's COPY takes and gives; only JSON and numbers with a point, which databases spell
as they like, are spelt anew for the digest.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import models

from conversations.models.search import TermsField, vector

from . import CopyError

NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"})
UNESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
DIGEST_BYTES = 16
DIGEST_MOST = 1 << 8 * DIGEST_BYTES
SHORT_CHARACTERS = 200
# SQLite keeps decimals as binary numbers of 15 exact digits, and Django reads them so.
FIFTEEN = Context(prec=15)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how SQLite's value is spelt for COPY, how for the digest, and whether it is part of that."""

    name: str
    spell: Callable[[Any], str]
    # From the spelling of COPY to that of the digest; None: the same.
    settle: Callable[[str], str] | None = None
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> str:
        """The columns as a statement lists them."""
        return ", ".join(f'"{column.name}"' for column in self.columns)


@dataclass(slots=True)
class Tally:
    """How many rows, and the sum of their digests: the same in whatever order they come."""

    rows: int = 0
    total: int = 0
    _hash: Callable[..., Any] = field(default=hashlib.blake2b, repr=False)

    def add(self, line: bytes) -> None:
        """Take in one row."""
        self.rows += 1
        self.total += int.from_bytes(self._hash(line, digest_size=DIGEST_BYTES).digest())

    @property
    def digest(self) -> str:
        """The sum as text."""
        return f"{self.total % DIGEST_MOST:0{2 * DIGEST_BYTES}x}"

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"rows": self.rows, "digest": self.digest}


def all_tables() -> list[Table]:
    """Return every table that has something of its own; indices are made anew."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if options.managed and not options.proxy:
            columns = tuple(_column(each) for each in options.local_concrete_fields)
            found[options.db_table] = Table(options.db_table, columns)
    return [found[name] for name in sorted(found)]


def compared_line(table: Table, values: list[str]) -> bytes:
    """Return the line of a row for its digest, from its values as COPY spells them."""
    told = [
        value if column.settle is None or value == NULL else column.settle(value)
        for column, value in zip(table.columns, values, strict=True)
        if column.compared
    ]
    return "\t".join(told).encode()


def plain(table: Table) -> bool:
    """Whether the lines of COPY are those of the digest as they are."""
    return all(column.settle is None and column.compared for column in table.columns)


def _column(of: models.Field) -> Column:
    target: Any = of
    name = str(of.column)
    while target.remote_field:
        target = target.target_field
    match target:
        case TermsField():
            # Each database has its own; what is found by them is compared by the messages that they are made from.
            return Column(name, _terms, compared=False)
        case models.UUIDField():
            return Column(name, _uuid)
        case models.DateTimeField():
            return Column(name, _time)
        case models.BooleanField():
            return Column(name, lambda value: "t" if value else "f")
        case models.DecimalField():
            return Column(name, _decimal(target.decimal_places or 0))
        case models.JSONField():
            return Column(name, _text, settle=_settled_json)
        case models.FloatField():
            return Column(name, repr, settle=_settled_float)
        case models.BinaryField():
            return Column(name, lambda value: "\\\\x" + bytes(value).hex())
        case models.CharField() | models.TextField() | models.FileField():
            return Column(name, _text)
        case models.DateField() | models.IntegerField() | models.AutoField():
            return Column(name, str)
    raise CopyError(f"Nobody has said how to copy a {type(target).__name__} ({of.model._meta.db_table}.{of.column}).")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    if "\0" in text:
        raise CopyError("A text holds the character 0, which PostgreSQL does not take.")
    return text.translate(ESCAPES)


def _uuid(value: str) -> str:
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _time(value: str) -> str:
    return (value.rstrip("0").rstrip(".") if "." in value else value) + "+00"


def _decimal(places: int) -> Callable[[Any], str]:
    step = Decimal(1).scaleb(-places)

    def spell(value: Any) -> str:
        number = FIFTEEN.create_decimal_from_float(value) if isinstance(value, float) else Decimal(value)
        return format(number.quantize(step, context=Context(prec=40)), "f")

    return spell


def _terms(value: str) -> str:
    return _text(vector(value.split(" ")))


def _settled_float(value: str) -> str:
    return repr(float(value))


def _settled_json(value: str) -> str:
    return _known_json(value) if len(value) <= SHORT_CHARACTERS else _read_json(value)


@lru_cache(maxsize=4096)
def _known_json(value: str) -> str:
    return _read_json(value)


def _read_json(value: str) -> str:
    return repr(_ordered(json.loads(_unescaped(value), parse_float=Decimal, parse_int=Decimal)))


def _ordered(value: Any) -> Any:
    match value:
        case dict():
            return {key: _ordered(value[key]) for key in sorted(value)}
        case list():
            return [_ordered(each) for each in value]
        case Decimal():
            return format(value.normalize(), "f")
    return (value,)


def _unescaped(value: str) -> str:
    if "\\" not in value:
        return value
    pieces: Iterable[str] = value.split("\\\\")
    return "\\".join(_without_escapes(piece) for piece in pieces)


def _without_escapes(piece: str) -> str:
    for letter, character in UNESCAPES.items():
        piece = piece.replace(f"\\{letter}", character)
    return piece
