"""`python -m benchmarks.audit`: entries a second from processes that all write at once, and verified a second."""

import argparse
import json
import multiprocessing
import os
import tempfile
import time

from tests.support.services import Postgres

from .writer import write

MOST_SECONDS = 120


def measure(writers: int, each: int) -> dict:
    """Return the figures for one database, which the environment names."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.db import connection

    from accounts.audit import verification
    from accounts.models import User

    call_command("migrate", verbosity=0)
    User.objects.create_user("bench@example.org")
    vendor = connection.vendor
    connection.close()
    context = multiprocessing.get_context("spawn")
    gate, counted = context.Barrier(writers), context.Queue()
    processes = [context.Process(target=write, args=(each, gate, counted)) for _ in range(writers)]
    for process in processes:
        process.start()
    spans = [counted.get(timeout=MOST_SECONDS) for _ in processes]
    for process in processes:
        process.join()
    seconds = max(end for _, end in spans) - min(begin for begin, _ in spans)
    began = time.perf_counter()
    found = verification.verify()
    verified = time.perf_counter() - began
    assert found.whole and found.entries == writers * each, found
    connection.close()
    return {
        "database": vendor,
        "writers": writers,
        "entries_per_second": round(writers * each / seconds),
        "verified_per_second": round(found.entries / verified),
    }


def main() -> None:
    """Measure PostgreSQL, or SQLite with --sqlite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--entries", type=int, default=400, help="of each writer")
    parser.add_argument("--sqlite", action="store_true")
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATA_DIR": folder, "SECRET_KEY": "only for a measurement", "REDIS_URL": "", "DATABASE_URL": ""}
        postgres = None if chosen.sqlite else Postgres()
        try:
            if postgres:
                postgres.start()
                os.environ["DATABASE_URL"] = postgres.create_database("bench")
            print(json.dumps(measure(chosen.writers, chosen.entries)))
        finally:
            if postgres:
                postgres.close()


if __name__ == "__main__":
    main()
