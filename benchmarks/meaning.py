"""`python -m benchmarks.meaning`: how long it takes to find the passages nearest to a question, and how truly."""

import argparse
import os
import random
import statistics
import tempfile
import time
from operator import mul

RUNS = 20
TOPICS = 300
# How far a text is from the middle of its topic, as a part of how far topics are from each other.
SPREAD = 0.8


def text_of(topic: list[float]) -> list[float]:
    """Return the vector of some text about a topic."""
    return [number + random.gauss(0, SPREAD) for number in topic]


def truly_nearest(asked: list[float], all_of_them: list[list[float]], most: int) -> set[int]:
    """Return the places of the vectors that are nearest by all of their numbers as they came."""
    scores = [sum(map(mul, asked, each)) / sum(map(mul, each, each)) ** 0.5 for each in all_of_them]
    return set(sorted(range(len(scores)), key=scores.__getitem__)[-most:])


def measure(passages: int, dimensions: int) -> str:
    """Return a row of the table for a conversation whose files have so many passages."""
    from accounts.models import User
    from conversations import vectors
    from conversations.inclusion.meaning import MEANT
    from conversations.models import PassageVector, StoredFile

    owner = User.objects.create_user(f"{passages}-{dimensions}@example.org")
    file = StoredFile.objects.create(owner=owner, sha256="0" * 64, size=1, kind="text", media_type="text/plain")
    topics = [[random.gauss(0, 1) for _ in range(dimensions)] for _ in range(TOPICS)]
    kept = [text_of(random.choice(topics)) for _ in range(passages)]
    began = time.thread_time()
    rows = [vectors.row(file.pk, position, each, model="m") for position, each in enumerate(kept)]
    packing = (time.thread_time() - began) / passages * 1000
    PassageVector.objects.bulk_create(rows, batch_size=500)
    times, used, found = [], [], 0
    for _ in range(RUNS):
        asked = text_of(random.choice(topics))
        began, before = time.perf_counter(), time.thread_time()
        told = vectors.nearest(asked, model="m", files=[file.pk], most=MEANT)
        times.append((time.perf_counter() - began) * 1000)
        used.append((time.thread_time() - before) * 1000)
        found += len({position for _, position in told} & truly_nearest(asked, kept, MEANT))
    size = len(rows[0].signs) + len(rows[0].numbers)
    took = f"{statistics.median(times):.0f} ms | {statistics.median(used):.0f} ms | {max(times):.0f} ms"
    return f"| {passages:,} × {dimensions} | {took} | {found / (RUNS * MEANT):.0%} | {size:,} B | {packing:.2f} ms |"


def main() -> None:
    """Print what it takes for conversations of several sizes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--database-url", default="", help="An empty PostgreSQL; without it, SQLite in a folder.")
    url = arguments.parse_args().database_url
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DATABASE_URL=url, REDIS_URL="", DJANGO_SETTINGS_MODULE="chatsite.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        print("| passages | median | processor | slowest | of the true 12 found | a row | packing one |")
        print("|---|---|---|---|---|---|---|")
        for passages, dimensions in ((300, 768), (3000, 768), (3000, 1536), (10_000, 768)):
            print(measure(passages, dimensions), flush=True)
    print(f"\nMeasured on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
