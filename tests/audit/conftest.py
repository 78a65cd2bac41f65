"""A ledger with something in it, and ways to meddle with it."""

from importlib import import_module

import pytest
from django.db import connection
from django.test import Client

from accounts import audit
from accounts.audit import Origin, coming_from
from accounts.models import AuditEntry, User
from tests.accounts.conftest import calm_surroundings, make_person, program  # noqa: F401


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def administrator(root) -> Client:
    client = Client(REMOTE_ADDR="203.0.113.9")
    client.force_login(root)
    return client


def fill(person: User, number: int) -> None:
    """Enter so many things that a person did."""
    with coming_from(Origin("192.0.2.7", "a-request")):
        for each in range(number):
            audit.enter("conversation.changed", actor=person, target=person, fields=["title"], times=each)


def actions() -> list[str]:
    """Return what is in the ledger, the first first."""
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


def last(action: str) -> AuditEntry:
    """Return the last entry of this action."""
    return AuditEntry.objects.filter(action=action).latest("number")


def without_guard() -> None:
    """Drop the triggers, as the owner of the database can; the end of the test brings them back."""
    migration = import_module("accounts.migrations.0003_audit_ledger")
    with connection.cursor() as cursor:
        for statement in migration.unguard(connection.vendor):
            cursor.execute(statement)
