"""Installations for tests that kill and restart: one process on SQLite, and two on PostgreSQL and Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.site import Ledger, Site
from tests.fake_model import spawn
from tests.support.server import Server
from tests.support.services import Postgres, Redis, need, postgres_binaries, redis_binary, running

# Every socket of these tests belongs to the same person; running answers get a moment when a process is told to end,
# and a model server that says nothing is given up soon.
COMMON = {
    "SOCKETS_PER_USER": "1000",
    "DRAIN_SECONDS": "3",
    "LOG_LEVEL": "WARNING",
    "MODEL_FIRST_TOKEN_SECONDS": "8",
    "MODEL_BETWEEN_TOKENS_SECONDS": "5",
}


@pytest.fixture(scope="session")
def fake() -> Iterator[str]:
    """The address of a fake model server."""
    with spawn() as url:
        yield url


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL server of our own."""
    need(postgres_binaries(), "PostgreSQL")
    yield from running(Postgres())


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A running Redis server of our own."""
    need(redis_binary(), "Redis")
    yield from running(Redis())


@pytest.fixture(scope="session")
def models(fake: str) -> dict[str, str]:
    """The settings that name the fake model server."""
    return {"OLLAMA_BASE_URL": fake, **COMMON}


@pytest.fixture(scope="session")
def embedded(tmp_path_factory, fake: str, models: dict[str, str]) -> Iterator[Site]:
    """One process on SQLite, as `make run` starts it."""
    yield from running(on_sqlite("embedded", tmp_path_factory.mktemp("embedded"), fake, models))


@pytest.fixture(scope="session")
def embedded_with_both(tmp_path_factory, fake: str, models: dict[str, str]) -> Iterator[Site]:
    """The same, with the fake model server twice: as Ollama and as a server of OpenAI's protocol."""
    settings = {**models, "OPENAI_BASE_URL": f"{fake}/v1"}
    yield from running(on_sqlite("embedded with both", tmp_path_factory.mktemp("embedded-with-both"), fake, settings))


@pytest.fixture(scope="session")
def production(tmp_path_factory, fake: str, models: dict[str, str], postgres, redis) -> Iterator[Site]:
    """Two processes on one PostgreSQL and one Redis."""
    url = postgres.create_database("production", migrated=True)
    folder = tmp_path_factory.mktemp("production")
    servers = [Server(folder=folder, DATABASE_URL=url, REDIS_URL=redis.url, **models) for _ in range(2)]
    yield from running(Site(name="production", servers=servers, fake=fake, ledger=Ledger(url)))


@pytest.fixture(scope="session")
def without_redis(tmp_path_factory, fake: str, models: dict[str, str], postgres) -> Iterator[Site]:
    """Two processes on one PostgreSQL, with nothing else between them."""
    url = postgres.create_database("without_redis", migrated=True)
    folder = tmp_path_factory.mktemp("without-redis")
    servers = [Server(folder=folder, DATABASE_URL=url, **models) for _ in range(2)]
    yield from running(Site(name="without Redis", servers=servers, fake=fake, ledger=Ledger(url)))


@pytest.fixture(params=["embedded", "production"])
def site(request) -> Site:
    """Each installation in turn."""
    return request.getfixturevalue(request.param)


def on_sqlite(name: str, folder: Path, fake: str, models: dict[str, str]) -> Site:
    """Return an installation of one process that keeps everything in a folder."""
    ledger = Ledger(folder / "chatsite.sqlite3")
    return Site(name=name, servers=[Server(folder=folder, **models)], fake=fake, ledger=ledger)
