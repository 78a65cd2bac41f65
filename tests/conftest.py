"""What every test can rely on."""

import uuid

import pytest
from django.core.cache import cache

from accounts.models import User


@pytest.fixture(autouse=True)
def _fresh_counters():
    """Throttles count from zero in each test."""
    cache.clear()


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice@example.org", name="Alice")


@pytest.fixture
def bob(db) -> User:
    return User.objects.create_user("bob@example.org", name="Bob")


@pytest.fixture
def new_id() -> str:
    return str(uuid.uuid4())
