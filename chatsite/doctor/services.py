"""What Chatsite needs around it: the database, Redis, the model servers, and somebody who does the jobs."""

import asyncio
import datetime
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from chatsite import preparation
from conversations import embedding, work
from conversations.models import Job
from llm.catalog import Catalog
from llm.config import from_settings
from llm.embeddings import find as find_embedder
from llm.errors import ModelError

from .finding import Finding, Severity

SLOW_SECONDS = 0.2
REDIS_SECONDS = 3
# It may have to be loaded first.
EMBEDDING_SECONDS = 30
# Each process may open DATABASE_POOL connections; two of them should find room beside the administrator's own.
PROCESSES = 2
LATE_SECONDS = 600
FAILED_DAYS = 7

STATES = {
    "unreachable": ("cannot be reached", "Start it, or correct its address."),
    "slow": ("does not answer in time", "Look at its load."),
    "refused": ("refuses the key or the address", "Correct its address or its key."),
    "broken": ("answers what cannot be understood", "Look at what answers at its address."),
}


def database() -> Iterator[Finding]:
    """Whether the database answers, and soon."""
    began = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            began = time.monotonic()
            cursor.execute("SELECT 1")
            took = time.monotonic() - began
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA quick_check(1)")
                broken = cursor.fetchone()[0]
                most = 0
            else:
                broken = "ok"
                cursor.execute("SHOW max_connections")
                most = int(cursor.fetchone()[0])
    except Error as error:
        what = f"The database cannot be reached: {type(error).__name__}."
        yield Finding(Severity.ERROR, "database_away", what, "Start it, or correct DATABASE_URL.")
        return
    if broken != "ok":
        what = "The file of the database is damaged."
        yield Finding(Severity.ERROR, "database_damaged", what, "Stop Chatsite and restore a backup.")
    if took > SLOW_SECONDS:
        what = f"The database took {took * 1000:.0f} ms for the simplest question."
        yield Finding(Severity.WARNING, "database_slow", what, "Look at its load, its disk and the way to it.")
    pool = connection.settings_dict["OPTIONS"].get("pool", {}) if most else {}
    if pool and pool["max_size"] * PROCESSES > most:
        what = f"PostgreSQL takes {most} connections, too few for {PROCESSES} processes with {pool['max_size']} each."
        yield Finding(Severity.WARNING, "few_connections", what, "Raise max_connections, or lower DATABASE_POOL.")


def migrations() -> Iterator[Finding]:
    """Whether the schema is that of this version."""
    if ahead := preparation.pending():
        what = f"{len(ahead)} migrations have not been applied."
        fix = "Start `manage.py serve`, which applies them, or run `manage.py migrate`."
        yield Finding(Severity.ERROR, "not_migrated", what, fix)
    loader = MigrationLoader(connection)
    if unknown := set(loader.applied_migrations) - set(loader.disk_migrations) - _replaced(loader):
        what = f"The database knows {len(unknown)} migrations that this version does not: it is of a newer one."
        yield Finding(Severity.ERROR, "newer_database", what, "Run the newer version, or restore a backup.")


def _replaced(loader: MigrationLoader) -> set:
    # Apps that were removed leave theirs behind.
    return {key for key in loader.applied_migrations if key[0] not in loader.migrated_apps}


def redis() -> Iterator[Finding]:
    """Whether Redis answers, where it is used."""
    if not settings.REDIS_URL:
        return
    import redis as client

    try:
        with client.from_url(settings.REDIS_URL, socket_timeout=REDIS_SECONDS) as there:
            there.ping()
    except client.RedisError as error:
        what = f"Redis cannot be reached ({type(error).__name__}): other processes' answers come seconds late."
        yield Finding(Severity.ERROR, "redis_away", what, "Start it, or correct REDIS_URL.")


def models() -> Iterator[Finding]:
    """Whether the model servers answer, and whether there is any model."""
    listing = asyncio.run(_listing())
    for name, state in listing.states.items():
        if state != "ok":
            what, fix = STATES.get(state, (state, "Look at its log."))
            bad = Severity.ERROR if listing.demo else Severity.WARNING
            yield Finding(bad, "model_server", f"The model server {name} {what}.", fix)
    if listing.demo:
        what = "There is no model but the built-in demo."
        yield Finding(Severity.WARNING, "only_demo", what, "Pull a model in Ollama, or set OPENAI_BASE_URL.")


def embeddings() -> Iterator[Finding]:
    """Whether the embedding model answers, where one is named."""
    model = settings.EMBEDDING["model"]
    if not model:
        return
    try:
        asyncio.run(_embed_a_word(model))
    except ModelError as error:
        what = f"EMBEDDING_MODEL is {model}, which makes no vectors: {error.detail} Passages are chosen by words alone."
        fix = "Write it as ollama/… or openai/…, pull it in Ollama (`ollama pull`), or leave EMBEDDING_MODEL empty."
        yield Finding(Severity.WARNING, "embedding_model", what, fix)
    if count := embedding.waiting().count():
        what = f"{count:,} files are found by words alone so far: {model} has not read them yet."
        yield Finding(Severity.NOTE, "files_not_embedded", what, "A worker does that, the newest first.")


async def _embed_a_word(model: str) -> None:
    catalog = Catalog(from_settings())
    try:
        await find_embedder(catalog, model).question("word", seconds=EMBEDDING_SECONDS)
    finally:
        await catalog.close()


async def _listing():
    catalog = Catalog(from_settings())
    try:
        return await catalog.refresh()
    finally:
        await catalog.close()


def jobs() -> Iterator[Finding]:
    """Whether background jobs are done."""
    standing = work.standing()
    if standing["oldest"] > LATE_SECONDS:
        waits = (
            f"{standing['waiting']:,} background jobs are due, the oldest for {standing['oldest'] / 60:.0f} minutes."
        )
        fix = "Start `manage.py run_huey`, or `serve` without --no-jobs; if one runs, look at its log."
        yield Finding(Severity.ERROR, "jobs_wait", waits, fix)
    silent = timezone.now() - datetime.timedelta(seconds=LATE_SECONDS)
    if stuck := Job.objects.running().filter(heartbeat_at__lt=silent).count():
        what = f"{stuck:,} background jobs are being done by workers that gave no sign of life for long."
        yield Finding(Severity.WARNING, "jobs_stuck", what, "Start a worker: it gives them up and does them again.")
    since = timezone.now() - datetime.timedelta(days=FAILED_DAYS)
    if failed := Job.objects.filter(state=Job.State.FAILED, created_at__gte=since).count():
        what = f"{failed:,} background jobs of the last {FAILED_DAYS} days were given up."
        yield Finding(Severity.WARNING, "jobs_failed", what, "The administration says why, under Jobs.")
