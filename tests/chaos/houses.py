"""The installations that are put to the test, each of real processes with a fake model server of its own."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.durability.conftest import COMMON
from tests.durability.site import Ledger, Site
from tests.fake_model import spawn
from tests.support.server import Server
from tests.support.services import Postgres, Redis

# A run takes longer than a token of a sign-in is good for; a key has no end.
KEY = """
import json
from accounts import keys
from accounts.models import User
print(json.dumps(keys.make(user=User.objects.get(), name="chaos", scopes=["chat", "read"])[1]))
"""


@dataclass(frozen=True, slots=True)
class House:
    """An installation and the services below it."""

    site: Site
    postgres: Postgres
    redis: Redis


@contextmanager
def one_process(folder: Path | None = None, **settings: str) -> Iterator[Site]:
    """Give one process on SQLite, with its data in a folder of its own or in this one."""
    with TemporaryDirectory(prefix="chaos-") as own, spawn() as fake:
        place = folder or Path(own)
        told = {**COMMON, "OLLAMA_BASE_URL": fake, "OPENAI_BASE_URL": f"{fake}/v1", **settings}
        servers = [Server(folder=place, **told)]
        yield from _started(Site(name="one", servers=servers, fake=fake, ledger=Ledger(place / "chatsite.sqlite3")))


@contextmanager
def two_processes(each: tuple[dict[str, str], dict[str, str]] = ({}, {}), **settings: str) -> Iterator[House]:
    """Give two processes on one PostgreSQL and one Redis; `each` has settings that only one of them gets."""
    with ExitStack() as stack:
        postgres, redis = Postgres(), Redis()
        for service in (postgres, redis):
            stack.callback(service.close)
            service.start()
        folder = stack.enter_context(TemporaryDirectory(prefix="chaos-"))
        fake = stack.enter_context(spawn())
        url = postgres.create_database("chaos")
        told = {**COMMON, "OLLAMA_BASE_URL": fake, "DATABASE_URL": url, "REDIS_URL": redis.url, **settings}
        servers = [Server(folder=Path(folder), **{**told, **own}) for own in each]
        site = Site(name="two", servers=servers, fake=fake, ledger=Ledger(url))
        for started in _started(site):
            yield House(started, postgres, redis)


def _started(site: Site) -> Iterator[Site]:
    try:
        site.start()
        site.token = json.loads(site.servers[0].manage("shell", "-v", "0", "-c", KEY).splitlines()[-1])
        yield site
    finally:
        site.close()
