"""What each database has for full text, beside the table of entries, and asking it for ids."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# The id of an entry, and of the file that it is of, if it is of one.
Entry = tuple[int, uuid.UUID | None]

# No list of pending entries: whoever fills it up would wait until all of them are sorted in.
POSTGRESQL = {
    "search_terms": "CREATE INDEX search_terms ON conversations_searchentry USING gin (terms) WITH (fastupdate = off)"
}
# The terms come folded and separated by spaces, so only the simplest tokenizer agrees with PostgreSQL in all languages.
SQLITE_TABLE = """
    CREATE VIRTUAL TABLE conversations_searchtext USING fts5(
        terms, content='conversations_searchentry', content_rowid='id', columnsize=0, prefix='2 3',
        tokenize="ascii tokenchars '@'"
    )"""
_INTO = "INSERT INTO conversations_searchtext"
_KEEP = f"{_INTO} (rowid, terms) VALUES (new.id, new.terms);"
_FORGET = f"{_INTO} (conversations_searchtext, rowid, terms) VALUES ('delete', old.id, old.terms);"
_ON = "ON conversations_searchentry BEGIN"
SQLITE_TRIGGERS = {
    "search_inserted": f"CREATE TRIGGER search_inserted AFTER INSERT {_ON} {_KEEP} END",
    "search_deleted": f"CREATE TRIGGER search_deleted AFTER DELETE {_ON} {_FORGET} END",
    "search_updated": f"CREATE TRIGGER search_updated AFTER UPDATE OF terms {_ON} {_FORGET} {_KEEP} END",
}


def create() -> None:
    """Make the index of this database, empty, for a new table of entries."""
    if connection.vendor == "sqlite":
        _run(SQLITE_TABLE)
        _run(*SQLITE_TRIGGERS.values())
    else:
        _run(*POSTGRESQL.values())


def connect() -> None:
    """Let the index follow the table of entries again, after a migration that made SQLite drop the triggers."""
    if connection.vendor == "sqlite":
        _run(*SQLITE_TRIGGERS.values())


def drop() -> None:
    """Remove the index of this database, before the table of entries goes."""
    if connection.vendor == "sqlite":
        _drop_triggers()
        _run("DROP TABLE conversations_searchtext")
    else:
        _run(*(f"DROP INDEX {name}" for name in POSTGRESQL))


@contextmanager
def indexed_afterwards() -> Iterator[None]:
    """Index all entries at the end, in one go, which is many times faster for many; call it in a transaction."""
    if connection.vendor == "sqlite":
        _drop_triggers()
        yield
        _run(f"{_INTO} (conversations_searchtext) VALUES ('rebuild')")
        _run(*SQLITE_TRIGGERS.values())
    else:
        # PostgreSQL changes no index of a table that has foreign keys still to check.
        connection.check_constraints()
        _run(*(f"DROP INDEX {name}" for name in POSTGRESQL))
        yield
        connection.check_constraints()
        _run(*POSTGRESQL.values())


def ids(statement: str, *parameters) -> list:
    """Return the ids that a statement finds, in its order."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]


def entries(statement: str, *parameters) -> list[Entry]:
    """Return the ids of the entries that a statement finds, each with its file's or None, in its order."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [(pk, uuid.UUID(file) if isinstance(file, str) else file) for pk, file in cursor.fetchall()]


def _drop_triggers() -> None:
    _run(*(f"DROP TRIGGER {name}" for name in SQLITE_TRIGGERS))


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
