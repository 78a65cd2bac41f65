"""The move from SQLite to PostgreSQL: all of it, equal to the letter, or nothing."""

from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from chatsite.copies import CopyError, moving, tables
from conversations.models import Message
from tests.operating.conftest import AWKWARD
from tests.support.services import Postgres, need, postgres_binaries

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def empty():
    """The address of an empty database."""
    need(postgres_binaries(), "PostgreSQL")
    postgres = Postgres()
    try:
        postgres.start()
        yield postgres.create_database("moved")
    finally:
        postgres.close()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite is moved from")
def test_everything_is_there_equal_and_new_rows_go_on_after_it(rows, empty, capsys):
    source = Path(settings.DATABASES["default"]["NAME"])
    Message.objects.filter(role="user").update(text="a character that PostgreSQL has none of: \0")
    with pytest.raises(CopyError, match="conversations_message, the row with id .* character 0"):
        moving.move(source, empty, say=lambda words: None)
    Message.objects.filter(role="user").update(text=AWKWARD)
    call_command("move_database", "--to", empty)
    assert "SECRET_KEY" in capsys.readouterr().out
    with psycopg.connect(empty) as there:
        told = there.execute("SELECT text, thinking FROM conversations_message ORDER BY position").fetchall()
        assert told == [(AWKWARD, ""), (AWKWARD, AWKWARD)]
        # Not added up twice, and closed again.
        assert there.execute("SELECT SUM(calls) FROM conversations_dailyusage").fetchone() == (3,)
        with pytest.raises(psycopg.errors.IntegrityError), there.transaction():
            there.execute("UPDATE accounts_auditentry SET action = 'other'")
        with pytest.raises(psycopg.Error), there.transaction():
            there.execute("UPDATE conversations_usageentry SET model = 'other'")
        last = there.execute("SELECT MAX(id) FROM conversations_usageentry").fetchone()[0]
        entry = "SELECT nextval(pg_get_serial_sequence('conversations_usageentry', 'id'))"
        assert there.execute(entry).fetchone()[0] == last + 1
        broken = "INSERT INTO conversations_feedback (message_id) VALUES (gen_random_uuid())"
        with pytest.raises(psycopg.errors.IntegrityError), there.transaction():
            there.execute(broken)
        indices = there.execute("SELECT COUNT(*) FROM pg_indexes WHERE indexname = 'search_terms'").fetchone()
        assert indices == (1,)
    with pytest.raises(CommandError, match="Nothing was moved. The new database is not empty"):
        call_command("move_database", "--to", empty)


def test_only_sqlite_is_moved_and_only_to_postgresql(settings):
    with pytest.raises(CommandError, match="URL of a PostgreSQL database|does not use SQLite"):
        call_command("move_database", "--to", "mysql://there/name")
    settings.EMBEDDED_DATABASE = False
    with pytest.raises(CommandError, match="does not use SQLite"):
        call_command("move_database", "--to", "postgres://there/name")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"b": 1.0, "a": [1, null, true]}', '{"a":[1,null,true],"b":1}', True),
        ('{"a": 1e2}', '{"a": 100}', True),
        ('"\\\\u00e9"', '"é"', True),
        ('{"a": "1"}', '{"a": 1}', False),
        ("[]", "{}", False),
        ("[true]", "[1]", False),
        ('{"a": 0.1}', '{"a": 0.10000000000000001}', False),
    ],
)
def test_json_is_compared_by_what_it_says(one: str, other: str, same: bool):
    assert (tables._settled_json(one) == tables._settled_json(other)) is same


def test_a_kind_of_column_that_nobody_knows_is_told():
    assert {table.name for table in tables.all_tables()} <= set(connection.introspection.table_names())
