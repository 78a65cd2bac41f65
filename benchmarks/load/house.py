"""The installation under load: web processes on a PostgreSQL and a Redis of their own, and a fake model server."""

import json
import os
import platform
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from benchmarks.streaming.__main__ import rss_megabytes, tokens_of_people
from tests.fake_model import spawn
from tests.support.client import wait_for
from tests.support.server import Server
from tests.support.services import Postgres, Redis

ROOT = Path(__file__).resolve().parents[2]
METRICS_TOKEN = "only for a measurement"
# When nobody asks or watches any more, these stand at 0 again.
GAUGES = (
    "chatsite_sockets_open",
    "chatsite_turns_running",
    "chatsite_line_waiting",
    "chatsite_line_taken",
    "chatsite_checkpoint_age_seconds",
)
IDLE_SECONDS = 30
SETTINGS = {
    "LOG_LEVEL": "WARNING",
    "METRICS": "true",
    "METRICS_TOKEN": METRICS_TOKEN,
    "SOCKETS_PER_USER": "100000",
    "SOCKETS_PER_PROCESS": "100000",
    "CONCURRENT_TURNS": "100000",
    "UPLOADS_PER_MINUTE": "0",
}


@dataclass(frozen=True, slots=True)
class House:
    """The web processes and where their model server is."""

    servers: list[Server]
    fake: str

    def people(self, count: int) -> list[str]:
        """Return a token for each of so many people."""
        return tokens_of_people(self.servers[0], count)

    def megabytes(self) -> float:
        """Return the memory of all web processes."""
        return sum(rss_megabytes(psutil.Process(server.process.pid)) for server in self.servers)

    def processor_seconds(self) -> float:
        """Return the processor time that all web processes have used."""
        return sum(sum(psutil.Process(server.process.pid).cpu_times()[:2]) for server in self.servers)

    async def gauges(self) -> dict[str, float]:
        """Return what does not stand at 0 when everybody has gone; empty if all of it does."""
        left: dict[str, float] = {}

        def all_at_rest() -> bool:
            left.clear()
            for server in self.servers:
                headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
                for line in httpx.get(f"{server.url}/metrics", headers=headers, timeout=30).text.splitlines():
                    name, _, value = line.rpartition(" ")
                    if name.partition("{")[0] in GAUGES and float(value):
                        left[name] = float(value)
            return not left

        try:
            await wait_for(all_at_rest, seconds=IDLE_SECONDS, every=0.5)
        except TimeoutError:
            return left
        return left


@contextmanager
def opened(processes: int) -> Iterator[House]:
    """Give an installation of so many web processes, without a job worker."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A socket is a file: here, and in the processes that are started from here.
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with ExitStack() as stack:
        postgres, redis = Postgres(), Redis()
        for service in (postgres, redis):
            stack.callback(service.close)
            service.start()
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="load-")))
        fake = stack.enter_context(spawn())
        url = postgres.create_database("load")
        servers = [
            Server(folder=folder, DATABASE_URL=url, REDIS_URL=redis.url, OLLAMA_BASE_URL=fake, **SETTINGS)
            for _ in range(processes)
        ]
        for number, server in enumerate(servers):
            stack.callback(server.close)
            server.start("--no-jobs", *(["--no-prepare"] if number else []))
        yield House(servers=servers, fake=fake)


def machine() -> dict:
    """Return on what and of what this was measured: commit, cores, load before, date."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "commit": commit.stdout.strip() or "unknown",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "load_before": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
    }


def percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    """Return p50, p95, p99 and the longest of these, in milliseconds."""
    ordered = sorted(seconds) or [0.0]

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)

    return {
        f"{name}_p50_ms": at(0.5),
        f"{name}_p95_ms": at(0.95),
        f"{name}_p99_ms": at(0.99),
        f"{name}_longest_ms": at(1.0),
    }


def said(name: str, figures: dict) -> str:
    """Return the line that tells a measurement."""
    return f"{name} {json.dumps(figures)}"
