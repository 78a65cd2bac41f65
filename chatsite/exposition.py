"""`/metrics`: what this process has counted, and how things stand in it, in the format of Prometheus."""

import asyncio
import hmac
import ipaddress
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import Error
from django.http import HttpRequest, HttpResponse

from chatsite import metrics
from chatsite.threads import in_database
from conversations import runner, sockets, work

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

# A scrape does not wait longer for the database.
DATABASE_SECONDS = 3.0
# What a proxy in front of us adds: whoever comes through one comes from anywhere.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")

Gauge = tuple[str, str, str, dict[str, float]]


async def tell(request: HttpRequest) -> HttpResponse:
    """The figures of this process, for whoever may see them; for all others there is nothing here."""
    if not (settings.METRICS and _may_see(request)):
        return HttpResponse("Not found.", status=404, content_type="text/plain")
    # Imported when somebody asks: it takes 2 MB.
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

    collector.gauges = [*_here(), *await _rows()]
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _may_see(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
        return scheme.lower() == "bearer" and right
    try:
        # A page of a stranger's, open on this machine, must not come in by a name that leads here.
        request.get_host()
        near = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except (DisallowedHost, ValueError):
        return False
    return near and not any(name in request.headers for name in FORWARDED)


def _here() -> Iterator[Gauge]:
    """Yield how things stand in this process."""
    yield "chatsite_sockets_open", "Sockets and streams open here.", "", {"": len(sockets.current())}
    engine = runner.current()
    if engine is None:
        return
    lines = engine.lines
    yield "chatsite_turns_running", "Turns worked on here.", "", {"": len(engine.answers)}
    yield (
        "chatsite_line_waiting",
        "Calls that wait for a place at a model server.",
        "provider",
        {name: len(line.waiting) for name, line in lines.items()},
    )
    yield (
        "chatsite_line_taken",
        "Calls that go on at a model server.",
        "provider",
        {name: line.taken for name, line in lines.items()},
    )
    yield (
        "chatsite_checkpoint_age_seconds",
        "Since what running turns have said was last kept; 0 where none runs.",
        "",
        {"": engine.unkept_seconds()},
    )


async def _rows() -> list[Gauge]:
    """Return how things stand in the database, which is the same for all processes."""
    jobs: dict[str, float] = {}
    began = time.monotonic()
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            jobs = await in_database(work.standing)
        up = 1.0
    except (Error, TimeoutError):
        up = 0.0
    took = time.monotonic() - began
    found: list[Gauge] = [
        ("chatsite_database_up", "Whether the database answered just now.", "", {"": up}),
        ("chatsite_database_answer_seconds", "How long it took to.", "", {"": took}),
    ]
    if jobs:
        found += [
            ("chatsite_jobs_waiting", "Background jobs that are due.", "", {"": jobs["waiting"]}),
            ("chatsite_jobs_oldest_seconds", "For how long the oldest of them is due.", "", {"": jobs["oldest"]}),
            ("chatsite_jobs_running", "Background jobs that are being done.", "", {"": jobs["running"]}),
        ]
    return found


class Collector:
    """Puts all figures into Prometheus's own terms."""

    def __init__(self) -> None:
        self.gauges: list[Gauge] = []

    def collect(self) -> "Iterator[Metric]":
        """Yield each figure."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        for count in metrics.COUNTS:
            counter = CounterMetricFamily(count.name, count.help, labels=_labels(count.label))
            _fill(counter, count.label, dict(count.values))
            yield counter
        for times in metrics.TIMES:
            histogram = HistogramMetricFamily(times.name, times.help)
            histogram.add_metric([], list(_buckets(times)), times.total)
            yield histogram
        for name, help, label, values in self.gauges:
            gauge = GaugeMetricFamily(name, help, labels=_labels(label))
            _fill(gauge, label, values)
            yield gauge


collector = Collector()


@cache
def _registry() -> "CollectorRegistry":
    from prometheus_client.process_collector import ProcessCollector
    from prometheus_client.registry import CollectorRegistry

    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    # The memory, the processor time and the open files of this process.
    ProcessCollector(registry=registry)
    return registry


def _labels(label: str) -> list[str]:
    return [label] if label else []


def _fill(family: Any, label: str, values: dict[str, float]) -> None:
    for value, number in values.items():
        family.add_metric([value] if label else [], number)


def _buckets(times: metrics.Times) -> Iterator[tuple[str, float]]:
    so_far = 0
    for bound, count in zip([*map(str, times.bounds), "+Inf"], list(times.counts), strict=True):
        so_far += count
        yield bound, so_far
