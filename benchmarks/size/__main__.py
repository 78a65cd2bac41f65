"""`python -m benchmarks.size`: p50 and p95 of what people ask for, with 100,000 conversations and 1,000,000 messages.

Asked of Django itself through its test client, without a server and a network between. The database is SQLite in
a folder of its own, or an empty PostgreSQL database named by --database-url; the first run fills it, later ones use it.
"""

import argparse
import gc
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Beside the database that people use, never that one itself.
FOLDER = ROOT / "var" / "size"
CONVERSATIONS, MESSAGES, USERS, LONG = 100_000, 1_000_000, 1_000, 100_000
WARM_CALLS, CALLS = 3, 40


def prepare(*, folder: Path, database_url: str) -> None:
    """Let Django use the given database, migrated and filled."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        DATA_DIR=str(folder),
        DATABASE_URL=database_url,
        REDIS_URL="",
        SECRET_KEY="only for measurements: it signs nothing that leaves this process",
        LOG_LEVEL="WARNING",
        DJANGO_SETTINGS_MODULE="chatsite.settings",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    from conversations.models import Conversation

    if not Conversation.objects.exists():
        began = time.perf_counter()
        call_command("seed_demo", conversations=CONVERSATIONS, messages=MESSAGES, users=USERS, long=LONG)
        print(f"Filled in {time.perf_counter() - began:.0f} s.")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one call took: milliseconds, as median and 95th percentile, those of them on the processor of this process,
    and the fewest and the most queries that an answer took."""

    p50: float
    p95: float
    processor: float
    queries: tuple[int, int]

    def __str__(self) -> str:
        fewest, most = self.queries
        queries = str(most) if fewest == most else f"{fewest} to {most}"
        return f"{self.p50:.0f} ms | {self.p95:.0f} ms | {self.processor:.0f} ms | {queries}"


def measure(client, call) -> Figures:
    """Ask many times, and return the figures."""
    from django.db import connection

    took, worked, counts = [], [], []
    for _ in range(WARM_CALLS + CALLS):
        address, queries = call.address(), []

        def count(execute, *arguments, queries=queries):
            queries.append(arguments[0])
            return execute(*arguments)

        began, work_began = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(count):
            answer = client.get(address)
        worked.append((time.process_time() - work_began) * 1000)
        took.append((time.perf_counter() - began) * 1000)
        counts.append(len(queries))
        assert answer.status_code == 200, (address, answer.status_code, answer.content[:500])
    took, worked, counts = took[WARM_CALLS:], worked[WARM_CALLS:], counts[WARM_CALLS:]
    p95 = statistics.quantiles(took, n=20)[-1]
    return Figures(statistics.median(took), p95, statistics.median(worked), (min(counts), max(counts)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; SQLite if left out")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where SQLite and static files are kept")
    parser.add_argument("--only", default="", help="only calls whose names hold this")
    options = parser.parse_args()
    prepare(folder=options.folder, database_url=options.database_url)
    from django.test import Client

    from accounts import tokens
    from accounts.models import User
    from conversations.models import Conversation

    from . import calls

    busy = User.objects.get(email="demo@example.org")
    average = User.objects.get(email="demo-1@example.org")
    groups = []
    for person in (average, busy):
        count = Conversation.objects.visible_to(person).count()
        groups.append((f"a person with {count:,} conversations", person, calls.of(person)))
    groups.append(("a conversation of 100,000 messages", busy, calls.of_the_longest(busy)))
    # As the server does when it starts: what is there by now stays, and is not looked through again and again.
    gc.collect()
    gc.freeze()
    print(f"Load before: {os.getloadavg()[0]:.1f}\n")
    print("| what | p50 | p95 | processor | queries |\n|---|---|---|---|---|")
    for title, person, asked in groups:
        browser = Client(SERVER_NAME="localhost")
        browser.force_login(person)
        token = tokens.issue(user=person, client="benchmark").access
        program = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {token}"})
        print(f"| **{title}** | | | | |")
        for call in asked:
            if options.only in call.name:
                print(f"| {call.name} | {measure(browser if call.page else program, call)} |", flush=True)


if __name__ == "__main__":
    main()
