"""What every test can rely on."""

import uuid
from importlib import import_module
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection

from accounts.models import User
from tests.support.lanes import lane


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share servers stay together when others run beside them."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(lane(item)))


@pytest.fixture(scope="session", autouse=True)
def _ledger_opens_for_the_end_of_a_test():
    """Between tests all tables are emptied, which the audit ledger refuses to anybody else."""
    migration = import_module("accounts.migrations.0003_audit_ledger")
    vendor, flush = connection.vendor, connection.ops.sql_flush

    def sql_flush(*args, **options):
        statements = flush(*args, **options)
        return [*migration.unguard(vendor), *statements, *migration.guard(vendor)] if statements else []

    connection.ops.sql_flush = sql_flush
    yield
    connection.ops.sql_flush = flush


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
