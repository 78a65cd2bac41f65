"""PostgreSQL was away for long: whoever asks next finds it as soon as it is back."""

import threading
import time

import pytest
from django.conf import settings
from psycopg_pool import ConnectionPool, PoolTimeout

from tests.support.ports import free_port

PATIENCE_SECONDS = 30


def test_nobody_waits_for_an_attempt_to_connect_that_was_put_off():
    # An attempt is not put off for longer than anybody waits for it.
    assert settings.POSTGRES_POOL["reconnect_timeout"] <= settings.POSTGRES_POOL["timeout"]
    gave_up = threading.Event()
    nowhere = f"host=127.0.0.1 port={free_port()} connect_timeout=2"
    # A hundredth of the times, so that nobody has to wait for them here.
    given = {name: settings.POSTGRES_POOL[name] / 100 for name in ("timeout", "reconnect_timeout")}
    options = {**settings.POSTGRES_POOL, **given, "max_size": 1}
    with ConnectionPool(nowhere, reconnect_failed=lambda pool: gave_up.set(), open=True, **options) as pool:
        with pytest.raises(PoolTimeout):
            pool.getconn()
        # From then on there is room for an attempt again, which the next one who asks makes at once.
        assert gave_up.wait(PATIENCE_SECONDS)
        failed = pool.get_stats()["connections_errors"]
        with pytest.raises(PoolTimeout):
            pool.getconn()
        end = time.monotonic() + PATIENCE_SECONDS
        while pool.get_stats()["connections_errors"] == failed:
            assert time.monotonic() < end
            time.sleep(0.02)
