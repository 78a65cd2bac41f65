"""Runs the whole suite: embedded (SQLite, in memory), then on PostgreSQL and Redis; says what it left out."""

import os
import shutil
import subprocess
import sys
import time

from tests.support.services import Postgres, Redis, postgres_binaries, redis_binary

# What runs again on PostgreSQL and Redis: everything but the browser, which does not see the difference, and the tests
# with processes of their own, which bring both settings with them.
AGAIN = "not browser and not engine and not process"


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
    code = run("embedded: SQLite, channel layer in memory", {}, arguments)
    if not {"PostgreSQL", "Redis"} & set(missing):
        code = code or again(arguments)
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
        return run("production: PostgreSQL and Redis", environment, ["-m", AGAIN, *arguments])
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
