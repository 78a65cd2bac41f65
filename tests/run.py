"""Runs the whole suite, on SQLite in one process and on PostgreSQL and Redis; says what it left out."""

import os
import shutil
import subprocess
import sys
import time

from tests.support.services import Postgres, Redis, postgres_binaries, redis_binary

# The tests that start processes, browsers or engines: one after the other, because they measure each other's waiting.
WITH_PROCESSES = "browser or engine or process"
# The others run side by side, and again on PostgreSQL and Redis, but for those that touch no database.
ALONE = f"not ({WITH_PROCESSES})"
SIDE_BY_SIDE = ["-n", "2"]
WITHOUT_DATABASE = ["--ignore=tests/llm", "--ignore=tests/rendering"]


def main() -> int:
    """Return the exit code: that of the first run that failed, or 0."""
    missing = []
    if not postgres_binaries():
        missing.append("PostgreSQL")
    if not redis_binary():
        missing.append("Redis")
    if not shutil.which("chromium"):
        missing.append("Chromium")
    if missing and os.environ.get("REQUIRE_SERVICES"):
        print(f"REQUIRE_SERVICES is set, but there is no {', '.join(missing)} here.")
        return 1
    began = time.monotonic()
    arguments = sys.argv[1:]
    code = run("embedded: SQLite, channel layer in memory", {}, ["-m", ALONE, *SIDE_BY_SIDE, *arguments])
    if not {"PostgreSQL", "Redis"} & set(missing):
        code = code or again(arguments)
    code = code or run("real processes, browsers and engines, in both settings", {}, ["-m", WITH_PROCESSES, *arguments])
    print(f"The suite took {time.monotonic() - began:.0f} s.")
    if missing:
        print(f"Left out, because this machine has no {', '.join(missing)}: the tests that need it.")
    return code


def again(arguments: list[str]) -> int:
    """Return the exit code of the run on a private PostgreSQL and Redis."""
    postgres, redis = Postgres(), Redis()
    try:
        postgres.start()
        redis.start()
        environment = {
            "DATABASE_URL": postgres.create_database("chatsite"),
            "REDIS_URL": redis.url,
            "SECRET_KEY": "only for tests",
        }
        # One after the other: they share the one Redis, and each begins with empty counters.
        options = ["-m", ALONE, *WITHOUT_DATABASE, *arguments]
        return run("production: PostgreSQL and Redis", environment, options)
    finally:
        postgres.close()
        redis.close()


def run(title: str, environment: dict[str, str], arguments: list[str]) -> int:
    """Return pytest's exit code."""
    print(f"\n== {title}", flush=True)
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, env={**kept, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
