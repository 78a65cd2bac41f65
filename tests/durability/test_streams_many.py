"""Two hundred answers streamed over HTTP at once, by a server that has five connections to its database."""

import asyncio
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.durability.conftest import running
from tests.durability.site import Ledger, Site, expected, new_conversation
from tests.support.client import sign_up, wait_for
from tests.support.server import Server
from tests.support.streams import Listener, opened

pytestmark = pytest.mark.process

STREAMS = 200
MODEL = "ollama/paced-20"
TOKENS = 60
# What the server has beside the streams: its pool, its database threads and the loop's own.
THREADS = 60
BYTES_PER_STREAM = 250_000


@pytest.fixture(scope="module")
def small(tmp_path_factory, fake, models, postgres) -> Iterator[Site]:
    """One process on PostgreSQL with a pool of five, in which one person may have as many streams as are needed."""
    url = postgres.create_database("small", migrated=True)
    folder = tmp_path_factory.mktemp("small")
    own = {"DATABASE_URL": url, "DATABASE_POOL": "5", "SOCKETS_PER_USER": str(STREAMS)}
    server = Server(folder=folder, **{**models, **own})
    yield from running(Site(name="small", servers=[server], fake=fake, ledger=Ledger(url)))


def client(site: Site) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=site.servers[0].url,
        headers={"Authorization": f"Bearer {site.token}", "Accept": "text/event-stream"},
        limits=httpx.Limits(max_connections=None),
        timeout=60,
    )


async def has_room(http: httpx.AsyncClient, path: str) -> bool:
    async with http.stream("GET", path) as answer:
        return answer.status_code == 200


async def ask(site: Site, http: httpx.AsyncClient, number: int, opened_all: asyncio.Barrier) -> Listener:
    question = f"Stream {number} of many. tokens={TOKENS}"
    body = {"text": question, "model": MODEL}
    async with opened(http, "POST", f"/api/conversations/{new_conversation()}/turns/", json=body) as stream:
        listener = await Listener().read(stream, until=lambda listener: listener.last_id)
        await opened_all.wait()
        await listener.read(stream)
    (text,) = listener.texts.values()
    assert text == expected(MODEL, question)
    return listener


async def test_two_hundred_streams_on_five_connections_are_all_served_and_exact(small: Site):
    server = psutil.Process(small.servers[0].process.pid)
    opened_all = asyncio.Barrier(STREAMS)
    async with client(small) as http:
        listeners = await asyncio.gather(*(ask(small, http, number, opened_all) for number in range(STREAMS)))
    assert all(listener.exact and len(listener.finished) == 1 for listener in listeners)
    assert {end["status"] for listener in listeners for end in listener.finished.values()} == {"completed"}
    assert [listener.errors for listener in listeners if listener.errors] == []
    assert server.num_threads() < THREADS


async def test_open_streams_hold_no_connection_no_thread_and_little_memory_and_are_counted(small: Site):
    server = psutil.Process(small.servers[0].process.pid)
    other = sign_up(small.servers[0].url)
    async with client(small) as http, asyncio.TaskGroup() as tasks:
        made = await http.post("/api/conversations/", json={}, headers={"Accept": "application/json"})
        path = f"/api/conversations/{made.json()['id']}/stream/"
        opened_all, leave = asyncio.Barrier(STREAMS + 1), asyncio.Event()

        async def sit() -> None:
            async with opened(http, "GET", path) as stream:
                await anext(stream)
                await opened_all.wait()
                await leave.wait()

        before = server.memory_info().rss
        for _ in range(STREAMS):
            tasks.create_task(sit())
        await opened_all.wait()
        grown = (server.memory_info().rss - before) / STREAMS
        threads = server.num_threads()
        answers = await asyncio.gather(
            *(
                http.get("/api/auth/me/", headers={"Authorization": f"Bearer {other}", "Accept": "*/*"})
                for _ in "12345678"
            )
        )
        one_more = await http.get(path)
        assert (one_more.status_code, one_more.json()["code"]) == (429, "too_many_streams")
        leave.set()
        await wait_for(lambda: has_room(http, path))
    assert {answer.status_code for answer in answers} == {200}
    assert threads < THREADS
    assert grown < BYTES_PER_STREAM, f"{grown:.0f} bytes a stream"
