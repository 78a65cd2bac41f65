"""What every test can rely on."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _fresh_counters():
    """Throttles count from zero in each test."""
    cache.clear()
