"""What every test can rely on."""

import os
import uuid
from importlib import import_module
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection

from accounts.models import User
from conversations import moderation
from tests.support import empty
from tests.support.lanes import lane


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share servers stay together when others run beside them."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(lane(item)))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """The database of the tests begins as a copy of one that is migrated already, and need not survive a power cut."""
    settings, creation = connection.settings_dict, connection.creation
    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            patch.setitem(settings["TEST"], "TEMPLATE", empty.template(os.environ["DATABASE_URL"]))
        else:
            create = creation._create_test_db

            def copied(*arguments, **options) -> str:
                name = create(*arguments, **options)
                empty.copy_to(Path(name))
                return name

            patch.setattr(creation, "_create_test_db", copied)
            carefree = settings["OPTIONS"]["init_command"].replace("synchronous=FULL", "synchronous=OFF")
            patch.setitem(settings["OPTIONS"], "init_command", carefree)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_between_tests():
    """The audit ledger lets nobody else do so; and PostgreSQL takes a second to truncate tables that it empties in
    a tenth of that. What the migrations wrote for the framework stays, so that it need not be written again."""
    migration = import_module("accounts.migrations.0003_audit_ledger")
    vendor, flush = connection.vendor, connection.ops.sql_flush
    framework = {"django_content_type", "auth_permission"}

    def sql_flush(style, tables, **options):
        tables = [table for table in tables if table not in framework]
        if vendor == "postgresql":
            # The order does not matter: references are looked at when the transaction ends.
            statements = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]
        else:
            statements = flush(style, tables, **options)
        return [*migration.unguard(vendor), *statements, *migration.guard(vendor)] if statements else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", sql_flush)
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *args, **options: None)
        yield


@pytest.fixture(autouse=True)
def _no_rules():
    """Nobody has written a rule for what may be said, except where a test is about that."""
    moderation.know(moderation.Rules())


@pytest.fixture(autouse=True)
def _fresh_counters():
    """Throttles count from zero in each test."""
    cache.clear()


@pytest.fixture(autouse=True)
def _ask_as_much_as_you_like(settings):
    """One person may ask for many answers at once, except where a test is about that."""
    settings.USER_RUNNING_TURNS = 0


@pytest.fixture(autouse=True)
def _nobody_is_told_of_jobs(monkeypatch):
    """Jobs wait in their rows for the test that does them."""
    monkeypatch.setattr("conversations.work.messages._send", lambda *job: None)


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice@example.org", name="Alice")


@pytest.fixture
def bob(db) -> User:
    return User.objects.create_user("bob@example.org", name="Bob")


@pytest.fixture
def kept_files(tmp_path, settings) -> Path:
    """The folder in which attached files are kept."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def new_id() -> str:
    return str(uuid.uuid4())
