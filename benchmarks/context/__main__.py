"""`python -m benchmarks.context`: milliseconds to put together what a model is sent, after 2,000 messages.

Once when nothing of it was ever condensed, and then with the digest that this made. On SQLite in a folder of its own.
"""

import argparse
import os
import statistics
import tempfile
import time

MESSAGES, WINDOWS, CALLS = 2000, (2048, 8192, 32_768, 131_072), 30


def prepare(folder: str) -> None:
    """Let Django use an empty database in a folder."""
    os.environ.update(DATA_DIR=folder, DATABASE_URL="", REDIS_URL="", DJANGO_SETTINGS_MODULE="chatsite.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def main() -> None:
    """Print a table with a line for each window."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=MESSAGES)
    messages = arguments.parse_args().messages
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        from accounts.models import User
        from tests.conversations.branches import sent, talked
        from tests.fake_model import answer_text

        owner = User.objects.create_user("bench@example.org", name="Bench")
        said = [
            (f"I have {n} pumps. What about pump {n}?", answer_text(model="fast", message=f"Pump {n} tokens=100"))
            for n in range(messages // 2)
        ]
        print("| window | the first time | p50 | p95 | on the processor |\n|---|---|---|---|---|")
        for window in WINDOWS:
            last = talked(owner, said)
            began = time.perf_counter()
            sent(last, "And now?", window=window)
            first = (time.perf_counter() - began) * 1000
            took, worked = [], []
            for _ in range(CALLS):
                began, work_began = time.perf_counter(), time.process_time()
                sent(last, "And now?", window=window)
                took.append((time.perf_counter() - began) * 1000)
                worked.append((time.process_time() - work_began) * 1000)
            middle, most = statistics.median(took), statistics.quantiles(took, n=20)[-1]
            work = statistics.median(worked)
            print(f"| {window:,} | {first:.0f} ms | {middle:.0f} ms | {most:.0f} ms | {work:.0f} ms |", flush=True)
    print(f"\nMeasured on {os.cpu_count()} cores, with {messages:,} messages.")


if __name__ == "__main__":
    main()
