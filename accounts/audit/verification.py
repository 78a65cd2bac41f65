"""Going through the chain: the first entry that is not what it was, and what was kept of its head elsewhere."""

import datetime
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..models import AuditEntry
from . import chain

# Entries are read so many at a time, however many there are.
PIECE = 2000
COLUMNS = (*chain.FIELDS, "hash")


@dataclass(frozen=True, slots=True)
class Anchor:
    """What somebody wrote down of the chain: the hash of the entry that was the last one then."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry that is no longer even the kind of thing it was."""

    number: int


@dataclass(slots=True)
class Finding:
    """What was found: how many entries are in order, the hash of the last of them, and the first that is not."""

    entries: int = 0
    head: str = chain.BEGINNING
    bad: int | None = None
    why: str = ""
    anchors: int = field(default=0)

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.bad is None


def verify(rows: Iterable[dict[str, Any] | Unreadable] | None = None, *, anchors: Iterable[Anchor] = ()) -> Finding:
    """Return what is found from the first entry on, up to the first that was changed, removed, put in or moved.

    Without `rows` it is the ledger of the database. Only anchors tell that the end is missing, or that everything from
    some entry on was written anew.
    """
    kept: dict[int, set[str]] = {}
    for anchor in anchors:
        kept.setdefault(anchor.number, set()).add(anchor.hash)
    found = Finding()
    for row in stored() if rows is None else rows:
        expected = found.entries + 1
        if why := _wrong(row, expected, found.head, kept.get(expected, set())):
            number = row.number if isinstance(row, Unreadable) else row["number"]
            missing = isinstance(number, int) and number > expected
            found.bad, found.why = (expected, "is missing") if missing else (number, why)
            return found
        assert isinstance(row, dict)
        found.entries, found.head = expected, row["hash"]
        found.anchors += expected in kept
    lost = [number for number in kept if number > found.entries]
    if lost:
        found.bad, found.why = found.entries + 1, f"is missing: an anchor says that there were at least {max(lost)}"
    return found


def stored() -> Iterator[dict[str, Any] | Unreadable]:
    """Yield the entries of the database in order, a piece at a time."""
    after: int | None = None
    while piece := _piece(after):
        yield from piece
        last = piece[-1]
        after = last.number if isinstance(last, Unreadable) else last["number"]


def read_export(lines: Iterable[str]) -> Iterator[dict[str, Any] | Unreadable]:
    """Yield the entries of an export, one JSON object a line, as `verify` wants them."""
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            row["at"] = datetime.datetime.fromisoformat(row["at"])
            for name in ("actor_id", "whom_id"):
                row[name] = row[name] and uuid.UUID(row[name])
            row["details"] = row["details"] if isinstance(row["details"], str) else _spelt(row["details"])
            yield {name: row[name] for name in COLUMNS}
        except (ValueError, TypeError, KeyError, AttributeError):
            yield Unreadable(number)


def exported(row: dict[str, Any]) -> str:
    """Return the values of an entry as a line of an export."""
    plain = {
        "at": row["at"].astimezone(datetime.UTC).isoformat(timespec="microseconds"),
        "details": json.loads(row["details"]),
        **{name: row[name] and str(row[name]) for name in ("actor_id", "whom_id")},
    }
    return json.dumps({**row, **plain})


def head() -> Anchor | None:
    """Return the end of the chain as it stands."""
    last = AuditEntry.objects.order_by("-number").values_list("number", "hash").first()
    return Anchor(*last) if last else None


def read_anchors(path: Path) -> list[Anchor]:
    """Return what was written down in a file; raises `OSError` or `ValueError`."""
    found = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    try:
        return [Anchor(int(each["number"]), str(each["hash"])) for each in found]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a file of anchors.") from error


def write_anchor(path: Path) -> Anchor | None:
    """Return the head of the chain, written at the end of a file unless it stands there; None for an empty ledger."""
    anchor = head()
    if anchor is not None and (not path.exists() or anchor not in read_anchors(path)[-1:]):
        with path.open("a") as file:
            file.write(line_of(anchor) + "\n")
    return anchor


def line_of(anchor: Anchor) -> str:
    """Return an anchor as a line of JSON."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return json.dumps({"number": anchor.number, "hash": anchor.hash, "anchored_at": now})


def _wrong(row: dict[str, Any] | Unreadable, expected: int, previous: str, anchored: set[str]) -> str:
    """Return what is wrong with an entry, empty if nothing is."""
    if isinstance(row, Unreadable):
        return "was changed: it cannot be read any more"
    if row["number"] != expected:
        return "stands in a place that is not its own"
    if row["hash"] != chain.hash_of(row):
        return "was changed"
    if row["previous"] != previous:
        return "does not follow the entry before it"
    if anchored - {row["hash"]}:
        return "is not the one that was anchored: the chain was written anew up to here"
    return ""


def _piece(after: int | None) -> list[dict[str, Any] | Unreadable]:
    rows = AuditEntry.objects.order_by("number")
    if after is not None:
        rows = rows.filter(number__gt=after)
    try:
        return list(rows.values(*COLUMNS)[:PIECE])
    except (ValueError, TypeError, AttributeError, OverflowError):
        # Somebody put in what is no moment or no id. One by one, to find it.
        return [_one(number) for number in list(rows.values_list("number", flat=True)[:PIECE])]


def _one(number: int) -> dict[str, Any] | Unreadable:
    try:
        return AuditEntry.objects.values(*COLUMNS).get(number=number)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return Unreadable(number)


def _spelt(details: Any) -> str:
    return json.dumps(details, sort_keys=True, separators=(",", ":"))
