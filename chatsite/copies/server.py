"""PostgreSQL: all rows as lines, `pg_dump` and `pg_restore`, and taking rows in fast."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection as used

from . import CopyError
from .tables import Table, Tally, compared_line, plain

# So that rows are spelt the same whatever the server is set to.
SPELLING = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1"
NOT_INSTALLED = (
    "{} is not installed here. Install PostgreSQL's client programs of the server's version (on Debian"
    " postgresql-client), or run it where they are, such as in the container of the database (docs/operating.md)."
)


@contextmanager
def opened(**where: Any) -> Iterator[psycopg.Connection]:
    """Yield a connection to the installation's own database, or to another one, that sees one moment."""
    try:
        with psycopg.connect(**(where or parameters()), autocommit=True) as connection:
            connection.execute(SPELLING)
            connection.autocommit = False
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection
    except psycopg.Error as error:
        raise CopyError(_first_line(error)) from error


def parameters() -> dict[str, Any]:
    """Return how psycopg reaches the installation's own database."""
    found = {**used.get_connection_params()}
    return {name: found[name] for name in ("dbname", "user", "password", "host", "port") if found.get(name)}


def tally_of(connection: psycopg.Connection, table: Table) -> Tally:
    """Return how many rows a table has, and their digest."""
    tally, as_it_is = Tally(), plain(table)
    with connection.cursor().copy(f'COPY "{table.name}" ({table.names}) TO STDOUT') as rows:
        for row in rows:
            line = bytes(row)[:-1]
            tally.add(line if as_it_is else compared_line(table, line.decode().split("\t")))
    return tally


def dump(target: Path, *, snapshot: str) -> None:
    """Write all of the database as it is at a snapshot; raises CopyError."""
    _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", f"--file={target}")


def restore(source: Path) -> None:
    """Let the database hold what a dump holds, all of it or nothing; raises CopyError."""
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction")
    _run("pg_restore", *options, f"--dbname={parameters()['dbname']}", str(source))


def need(program: str) -> None:
    """Raise CopyError if a program is not installed."""
    if shutil.which(program) is None:
        raise CopyError(NOT_INSTALLED.format(program))


def _run(program: str, *arguments: str) -> None:
    need(program)
    where = parameters()
    # A password among the arguments could be read by everybody on this machine.
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    environment = {**os.environ, **{names[name]: str(value) for name, value in where.items()}}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if line), "it did not say why")
        raise CopyError(f"{program} failed: {said}")


def _first_line(error: Exception) -> str:
    return f"PostgreSQL: {next(iter(str(error).splitlines()), type(error).__name__)}"
