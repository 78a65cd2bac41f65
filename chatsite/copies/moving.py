"""The move from SQLite to PostgreSQL: all rows in one transaction, compared before it is committed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from . import CopyError, check_nobody_serves, embedded, server
from .tables import Table, Tally, all_tables

BLOCK_BYTES = 1 << 20
# What `migrate` writes for the framework; it comes along from the old database instead.
FRAMEWORK = {"django_content_type", "auth_permission"}
INDEX_MEMORY = "256MB"

Say = Callable[[str], object]


def move(source: Path, url: str, *, say: Say) -> dict[str, Tally]:
    """Return what was copied from SQLite to an empty PostgreSQL, equal to the last letter; raises CopyError.

    Nobody can write to the old database meanwhile. Whatever goes wrong leaves the new one empty and the old as it is.
    """
    check_nobody_serves()
    tables = all_tables()
    say("Preparing the tables ...")
    _migrate(url)
    with embedded.opened(source, hold=True) as old, server.opened(conninfo=url) as new:
        _same_version(old, new)
        _is_empty(new, tables)
        _let_memory(new)
        with _indexed_afterwards(new), _without_sums(new):
            copied = {}
            for table in tables:
                copied[table.name] = _copy(old, new, table)
                say(f"{table.name}: {copied[table.name].rows:,} rows")
            _set_sequences(new, tables)
        say("Comparing ...")
        for table in tables:
            _compare(table.name, copied[table.name], server.tally_of(new, table))
        new.commit()
        say("Gathering statistics ...")
        new.autocommit = True
        new.execute("ANALYZE")
    return copied


def _migrate(url: str) -> None:
    # In a process of its own: migrations speak to the database of the settings.
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--noinput", "-v0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CopyError(f"The new database cannot be prepared: {(done.stderr.splitlines() or ['?'])[-1]}")


def _same_version(old, new: psycopg.Connection) -> None:
    applied = "SELECT app, name FROM django_migrations"
    if set(old.execute(applied)) != set(new.execute(applied)):
        raise CopyError("The old database is of another version. Run `manage.py migrate` on it first.")


def _is_empty(new: psycopg.Connection, tables: list[Table]) -> None:
    for table in tables:
        name = sql.Identifier(table.name)
        if table.name in FRAMEWORK:
            continue
        if new.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(name)).fetchone():
            raise CopyError(f"The new database is not empty: there are rows in {table.name}.")


def _let_memory(new: psycopg.Connection) -> None:
    new.execute(f"SET LOCAL maintenance_work_mem = '{INDEX_MEMORY}'")


@contextmanager
def _indexed_afterwards(new: psycopg.Connection) -> Iterator[None]:
    """Check references and make indices once for all rows, which is many times faster than for each."""
    references = new.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    indices = new.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE relnamespace = 'public'::regnamespace AND NOT indisunique AND NOT indisprimary"
    ).fetchall()
    for table, name, _ in references:
        _execute(new, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indices:
        _execute(new, f"DROP INDEX {name}")
    # They point to each other and nothing checks them now.
    for name in sorted(FRAMEWORK):
        _execute(new, f"DELETE FROM {name}")
    yield
    for _, definition in indices:
        _execute(new, definition)
    for table, name, definition in references:
        _execute(new, f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@contextmanager
def _without_sums(new: psycopg.Connection) -> Iterator[None]:
    """Let the ledger's rows in without adding them up: the sums of all days come along."""
    _execute(new, "ALTER TABLE conversations_usageentry DISABLE TRIGGER usage_is_added_up")
    yield
    _execute(new, "ALTER TABLE conversations_usageentry ENABLE TRIGGER usage_is_added_up")


def _copy(old, new: psycopg.Connection, table: Table) -> Tally:
    tally, block = Tally(), bytearray()
    try:
        with new.cursor().copy(f'COPY "{table.name}" ({table.names}) FROM STDIN') as into:
            for line in embedded.lines(old, table, tally):
                block += line
                if len(block) >= BLOCK_BYTES:
                    into.write(bytes(block))
                    block.clear()
            into.write(bytes(block))
    except psycopg.Error as error:
        # The rest of it quotes the row.
        why = next(iter(str(error).splitlines()), "")
        raise CopyError(f"PostgreSQL does not take the rows of {table.name}: {why}") from error
    return tally


def _set_sequences(new: psycopg.Connection, tables: list[Table]) -> None:
    """Let the numbers of new rows go on after the highest one."""
    for table in tables:
        key = table.columns[0].name
        sequence = new.execute("SELECT pg_get_serial_sequence(%s, %s)", [table.name, key]).fetchone()
        if sequence and sequence[0]:
            highest = sql.SQL("SELECT MAX({}) FROM {}").format(sql.Identifier(key), sql.Identifier(table.name))
            found = new.execute(highest).fetchone()
            last = found[0] if found else None
            new.execute("SELECT setval(%s, %s, %s)", [sequence[0], last or 1, last is not None])


def _compare(name: str, given: Tally, found: Tally) -> None:
    if given.told() != found.told():
        raise CopyError(f"{name} is not the same there: {found.rows:,} rows instead of {given.rows:,}, or other words.")


def _execute(new: psycopg.Connection, statement: str) -> None:
    # Names and definitions come from the catalogue of the new database itself.
    new.execute(statement.encode())
