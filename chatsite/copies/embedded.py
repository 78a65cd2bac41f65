"""SQLite: all rows of a file as lines, a copy of it while it is in use, and taking a copy over."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from . import CopyError
from .tables import NULL, Table, Tally, compared_line, plain

# How long a lock is waited for.
LOCK_SECONDS = 30
ROWS = 2000


@contextmanager
def opened(path: Path, *, hold: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield a connection that sees one moment; with `hold` nobody writes until it is closed."""
    with closing(sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE" if hold else "BEGIN")
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            raise CopyError(f"The database cannot be read: {error}.") from error
        yield connection
        connection.execute("ROLLBACK")


def lines(connection: sqlite3.Connection, table: Table, tally: Tally) -> Iterator[bytes]:
    """Yield the rows of a table as COPY takes them, and count them."""
    cursor = connection.execute(f'SELECT {table.names} FROM "{table.name}"')
    cursor.arraysize = ROWS
    spellings = [column.spell for column in table.columns]
    as_it_is = plain(table)
    while rows := cursor.fetchmany():
        for row in rows:
            try:
                values = [NULL if value is None else spell(value) for spell, value in zip(spellings, row, strict=True)]
            except CopyError as error:
                raise CopyError(f"{table.name}, the row with {table.columns[0].name} {row[0]}: {error}") from error
            line = "\t".join(values).encode()
            tally.add(line if as_it_is else compared_line(table, values))
            yield line + b"\n"


def counts(path: Path, tables: list[Table]) -> dict[str, int]:
    """Return how many rows each table has."""
    with opened(path) as connection:
        return {
            table.name: connection.execute(f'SELECT COUNT(*) FROM "{table.name}"').fetchone()[0] for table in tables
        }


def copy(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others read and write; raises CopyError."""
    try:
        with closing(sqlite3.connect(source, timeout=LOCK_SECONDS)) as old, closing(sqlite3.connect(target)) as new:
            # In one step, which writers do not wait for: in several it would begin anew with each of them.
            old.backup(new)
            # In one file, without a log beside it.
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise CopyError(f"The database could not be copied: {error}.") from error


def take_over(source: Path, target: Path) -> None:
    """Let a database hold what a copy holds, all of it or nothing; raises CopyError."""
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=LOCK_SECONDS)) as new:
            new.execute("PRAGMA journal_mode=WAL")
            # In one step: whoever looks sees the old or the new.
            old.backup(new)
    except sqlite3.Error as error:
        raise CopyError(f"The database could not be replaced: {error}. Stop Chatsite and try again.") from error


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong in a file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
