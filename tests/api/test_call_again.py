"""Calls one after another, many at once, and cut off: what they leave behind for the next one."""

import asyncio
import threading

import httpx
import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.core.signals import request_started
from django.db import connections
from django.db.backends.signals import connection_created
from django.http import HttpResponse

from accounts import tokens
from chatsite import threads
from chatsite.handler import Handler
from tests.support.client import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

# From the loop to the thread: for the beginning of a request, for its answer, and for its end.
WAYS = 3


@pytest.fixture
def resting(monkeypatch) -> list:
    """The threads that wait for requests: none at first."""
    waiting: list = []
    monkeypatch.setattr(threads, "_resting", waiting)
    yield waiting
    for thread in waiting:
        thread.submit(connections.close_all).result()
        thread.shutdown()


@pytest.fixture
def used():
    """The threads that requests begin in and connections are opened in, in order."""
    seen: dict[str, list[int]] = {"threads": [], "connections": []}

    def begin(**news):
        seen["threads"].append(threading.get_ident())

    def connect(**news):
        seen["connections"].append(threading.get_ident())

    request_started.connect(begin)
    connection_created.connect(connect)
    yield seen
    request_started.disconnect(begin)
    connection_created.disconnect(connect)


@pytest.fixture
def slow(monkeypatch):
    """A page that answers only when it may."""

    class Slow:
        def __init__(self):
            self.begun, self.may_answer = threading.Event(), threading.Event()

        def __call__(self, request):
            self.begun.set()
            assert self.may_answer.wait(10)
            return HttpResponse("At last.")

    page = Slow()
    monkeypatch.setattr(Handler, "resolve_request", lambda self, request: (page, (), {}))
    return page


@pytest.fixture
def token(alice) -> str:
    return tokens.issue(user=alice, client="test").access


async def ask(token: str) -> int:
    transport = httpx.ASGITransport(app=Handler())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as program:
        answer = await program.get("/api/auth/me/", headers={"authorization": f"Bearer {token}"})
        return answer.status_code


async def test_one_call_after_another_is_answered_in_one_thread(token, resting, used):
    for _ in range(4):
        assert await ask(token) == 200
        await wait_for(lambda: resting)
    assert len(used["threads"]) == 4 and len(set(used["threads"])) == 1


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="PostgreSQL's connections are kept in a pool.")
async def test_and_asks_its_questions_over_one_connection(token, resting, used):
    for _ in range(4):
        assert await ask(token) == 200
        await wait_for(lambda: resting)
    assert used["connections"].count(used["threads"][0]) == 1


async def test_a_call_goes_to_its_thread_and_back_three_times(token, resting, monkeypatch):
    ways = []
    there_and_back = SyncToAsync.__call__

    async def counted(self, *arguments, **options):
        ways.append(self.func)
        return await there_and_back(self, *arguments, **options)

    monkeypatch.setattr(SyncToAsync, "__call__", counted)
    assert await ask(token) == 200
    assert len(ways) == WAYS, ways


async def test_calls_at_the_same_time_have_threads_of_their_own_of_which_a_few_are_kept(resting, used, slow):
    many = threads.KEPT_THREADS + 3
    calls = [asyncio.create_task(ask("")) for _ in range(many)]
    await wait_for(lambda: len(used["threads"]) == many)
    slow.may_answer.set()
    assert await asyncio.gather(*calls) == [200] * many
    assert len(set(used["threads"])) == many
    await wait_for(lambda: len(resting) == threads.KEPT_THREADS)
    assert len(set(resting)) == threads.KEPT_THREADS


async def test_a_call_that_was_cut_off_keeps_its_thread_until_it_is_done(token, resting, used, slow, monkeypatch):
    gone = asyncio.Event()
    sent = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        for message in sent:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        pass

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")], "query_string": b""}
    call = asyncio.create_task(Handler()(scope, receive, send))
    await wait_for(slow.begun.is_set)
    gone.set()
    monkeypatch.undo()
    assert await ask(token) == 200
    assert len(set(used["threads"])) == 2
    slow.may_answer.set()
    await call
