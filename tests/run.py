"""Runs the whole suite, on SQLite in one process and on PostgreSQL and Redis; says what it left out."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.browser import chromium
from tests.support.services import Postgres, Redis, postgres_binaries, redis_binary

# The tests that start processes, browsers or engines; those that share servers stay together, see
# tests/support/lanes.py.
BROWSER = ["-m", "browser", "tests/browser"]
PROCESSES = ["-m", "engine or process"]
PROCESS_FOLDERS = [
    "tests/durability",
    "tests/engine",
    "tests/hostile",
    "tests/operating",
    "tests/schema",
    "tests/temporary",
    "tests/v1",
]
IN_LANES = ["--dist", "loadgroup", "--no-loadscope-reorder"]
# The others run once on SQLite, and again on PostgreSQL and Redis, but for those that touch no database, only ask who
# may see what, or try what never gets as far as a row.
ALONE = "not (browser or engine or process)"
NEVER_ALONE = ["browser", "engine", "schema/test_hold_to_the_description.py"]
ONLY_ONCE = ["chaos", "extraction", "hostile", "llm", "pages", "rendering", "schema", "v1"]
# Two work at each run, and three runs go on at once: one calculates where the others wait for processes or browsers.
WORKERS = max(2, (os.cpu_count() or 2) // 2 + 1)
# What only calculates takes what the others leave: they look at how long things take.
LAST = ["nice", "-n", "10"]
# Every worker and every server started would compile all modules anew where Python may not keep them compiled.
NOT_PASSED_ON = {"DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"}
EACH_ITS_REDIS = ["-p", "tests.support.own_redis"]


@dataclass
class Run:
    """One call of pytest: what it is, and with which settings."""

    title: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    prefix: list[str] = field(default_factory=list)

    def start(self, output) -> subprocess.Popen:
        """Return it running; what it prints goes to a file."""
        kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
        command = [*self.prefix, sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), *self.arguments]
        return subprocess.Popen(command, env={**kept, **self.environment}, stdout=output, stderr=subprocess.STDOUT)


def main() -> int:
    """Return the exit code: that of a run that failed, or 0."""
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
    with ExitStack() as stack:
        calculating = [embedded(arguments)]
        if not {"PostgreSQL", "Redis"} & set(missing):
            postgres, redis = Postgres(), Redis()
            for service in (postgres, redis):
                stack.callback(service.close)
                service.start()
            calculating.append(production(postgres, redis, arguments))
        code = at_once([processes(arguments)], [browsers(arguments)], calculating)
    print(f"The suite took {time.monotonic() - began:.0f} s.")
    if missing:
        print(f"Left out, because this machine has no {', '.join(missing)}: the tests that need it.")
    return code


def embedded(arguments: list[str]) -> Run:
    options = ["-m", ALONE, *without(NEVER_ALONE), *arguments]
    return Run("embedded: SQLite, channel layer in memory", options, prefix=LAST)


def processes(arguments: list[str]) -> Run:
    options = [*PROCESSES, *IN_LANES, *PROCESS_FOLDERS, *arguments]
    return Run("real processes and engines, in both settings", options)


def browsers(arguments: list[str]) -> Run:
    return Run("real browsers", [*BROWSER, *IN_LANES, *arguments])


def production(postgres: Postgres, redis: Redis, arguments: list[str]) -> Run:
    environment = {
        "DATABASE_URL": postgres.create_database("chatsite"),
        "REDIS_URL": redis.url,
        "SECRET_KEY": "only for tests, and as long as a key has to be",
    }
    options = ["-m", ALONE, *EACH_ITS_REDIS, *without(NEVER_ALONE + ONLY_ONCE), *arguments]
    return Run("production: PostgreSQL and Redis", options, environment, prefix=LAST)


def without(folders: list[str]) -> list[str]:
    """Return pytest's options that leave these folders out, so that they are not even looked at."""
    return [f"--ignore=tests/{folder}" for folder in folders]


def at_once(*lines: list[Run]) -> int:
    """Start these lines of runs beside each other, those of a line one after the other; print what each has to say when
    it ends, and return the exit code of one that failed."""
    began = time.monotonic()
    codes: list[int] = []
    with ExitStack() as stack:
        going = {}

        def start_next(line: list[Run]) -> None:
            run, *later = line
            output = stack.enter_context(tempfile.TemporaryFile("w+"))
            process = run.start(output)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            going[process] = (run, output, later)

        for line in lines:
            start_next(line)
        while going:
            time.sleep(0.2)
            for process in [each for each in going if each.poll() is not None]:
                run, output, later = going.pop(process)
                output.seek(0)
                print(f"\n== {run.title} ({time.monotonic() - began:.0f} s)\n{output.read()}", flush=True)
                codes.append(process.returncode)
                if later:
                    start_next(later)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
