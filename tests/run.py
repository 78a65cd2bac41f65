"""Runs the whole suite, on SQLite in one process and on PostgreSQL and Redis; says what it left out."""

import os
import subprocess
import sys
import time

from tests.browser import chromium
from tests.support.services import Postgres, Redis, postgres_binaries, redis_binary

# The tests that start processes, browsers or engines; those that share servers stay together, see
# tests/support/lanes.py. Browsers do not run beside the others: on two cores their pages would be drawn too late.
BROWSER = ["-m", "browser", "tests/browser"]
PROCESSES = ["-m", "engine or process"]
PROCESS_FOLDERS = ["tests/durability", "tests/engine", "tests/hostile", "tests/schema", "tests/v1"]
IN_LANES = ["-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder"]
# The others run once on SQLite, and again on PostgreSQL and Redis, but for those that touch no database, only ask who
# may see what, or try what never gets as far as a row.
ALONE = "not (browser or engine or process)"
SIDE_BY_SIDE = ["-n", "3"]
NEVER_ALONE = ["browser", "engine", "schema/test_hold_to_the_description.py"]
ONLY_ONCE = ["extraction", "hostile", "llm", "pages", "rendering", "schema", "v1"]
# Every worker and every server started would compile all modules anew where Python may not keep them compiled.
NOT_PASSED_ON = {"DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"}
EACH_ITS_REDIS = ["-p", "tests.support.own_redis"]


def main() -> int:
    """Return the exit code: that of the first run that failed, or 0."""
    missing = []
    if not postgres_binaries():
        missing.append("PostgreSQL")
    if not redis_binary():
        missing.append("Redis")
    if not chromium.installed():
        missing.append("Chromium")
    if missing and os.environ.get("REQUIRE_SERVICES"):
        print(f"REQUIRE_SERVICES is set, but there is no {', '.join(missing)} here.")
        return 1
    began = time.monotonic()
    arguments = sys.argv[1:]
    code = run(
        "embedded: SQLite, channel layer in memory", {}, ["-m", ALONE, *SIDE_BY_SIDE, *without(NEVER_ALONE), *arguments]
    )
    if not {"PostgreSQL", "Redis"} & set(missing):
        code = code or again(arguments)
    code = code or with_processes(arguments)
    print(f"The suite took {time.monotonic() - began:.0f} s.")
    if missing:
        print(f"Left out, because this machine has no {', '.join(missing)}: the tests that need it.")
    return code


def without(folders: list[str]) -> list[str]:
    """Return pytest's options that leave these folders out, so that they are not even looked at."""
    return [f"--ignore=tests/{folder}" for folder in folders]


def again(arguments: list[str]) -> int:
    """Return the exit code of the run on a private PostgreSQL and Redis."""
    postgres, redis = Postgres(), Redis()
    try:
        postgres.start()
        redis.start()
        environment = {
            "DATABASE_URL": postgres.create_database("chatsite"),
            "REDIS_URL": redis.url,
            "SECRET_KEY": "only for tests, and as long as a key has to be",
        }
        options = ["-m", ALONE, *SIDE_BY_SIDE, *EACH_ITS_REDIS, *without(NEVER_ALONE + ONLY_ONCE), *arguments]
        return run("production: PostgreSQL and Redis", environment, options)
    finally:
        postgres.close()
        redis.close()


def with_processes(arguments: list[str]) -> int:
    """Return the exit code of the tests with processes and engines, then of those with browsers."""
    code = run(
        "real processes and engines, in both settings", {}, [*PROCESSES, *IN_LANES, *PROCESS_FOLDERS, *arguments]
    )
    return run("real browsers", {}, [*BROWSER, *IN_LANES, *arguments]) or code


def run(title: str, environment: dict[str, str], arguments: list[str]) -> int:
    """Return pytest's exit code."""
    print(f"\n== {title}", flush=True)
    return start(environment, arguments).wait()


def start(environment: dict[str, str], arguments: list[str]) -> subprocess.Popen:
    """Return a running pytest."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.Popen(command, env={**kept, **environment})


if __name__ == "__main__":
    sys.exit(main())
