"""kill -9 of the job worker at any step, and several workers at once: each ending has its one summary in the end."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.durability.site import Site
from tests.durability.worker import STEPS
from tests.support.client import wait_for
from tests.support.server import ROOT

pytestmark = pytest.mark.process

MODEL = "ollama/fast"
# Work in the background waits half a minute, if need be twice, for answers that tests before this one left behind.
PATIENCE_SECONDS = 180


@contextmanager
def worker(site: Site, die_at: str = "", **settings: str) -> Iterator[subprocess.Popen]:
    """Give a running job worker of the installation; it is gone afterwards."""
    environment = {
        **site.servers[0].environment,
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
        "DEFAULT_MODEL": MODEL,
        "DIE_AT": die_at,
        # So that the next thing a model is asked for is the summary.
        "AUTO_TITLES": "false",
        **settings,
    }
    command = [sys.executable, "-m", "tests.durability.worker"]
    with site.servers[0].log.open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def client_of(site: Site) -> httpx.Client:
    headers = {"Authorization": f"Bearer {site.token}"}
    return httpx.Client(base_url=f"{site.servers[-1].url}/api/", headers=headers, timeout=30)


async def left(site: Site, client: httpx.Client) -> str:
    """Return a conversation that was answered and has ended."""
    conversation = str(uuid.uuid4())
    body = {"text": "What is a tide? tokens=20", "model": MODEL}
    asked = await asyncio.to_thread(client.post, f"conversations/{conversation}/turns/", json=body)
    turn = asked.raise_for_status().json()["turn"]["id"]

    async def answered() -> bool:
        told = await asyncio.to_thread(client.get, f"turns/{turn}/")
        return told.raise_for_status().json()["status"] == "completed"

    await wait_for(answered, seconds=PATIENCE_SECONDS)
    ended = await asyncio.to_thread(client.post, f"conversations/{conversation}/end/", json={})
    assert ended.raise_for_status().json()["status"] == "completed"
    return conversation


async def until_written(client: httpx.Client, conversation: str) -> dict:
    """Return the summary once a model has written it."""

    async def ready() -> dict | None:
        told = (await asyncio.to_thread(client.get, f"conversations/{conversation}/summary/")).json()
        return told if told["status"] == "ready" else None

    return await wait_for(ready, seconds=PATIENCE_SECONDS)


def rows(site: Site, query: str, conversation: str) -> list[tuple]:
    """Return rows of a conversation, read past the product."""
    place = site.ledger.place
    wanted = uuid.UUID(conversation)
    if isinstance(place, Path):
        connection, query, value = sqlite3.connect(place, timeout=20), query.replace("%s", "?"), wanted.hex
    else:
        connection, value = psycopg.connect(place), wanted
    try:
        return connection.execute(query, (value,)).fetchall()
    finally:
        connection.close()


SUMMARIES = "SELECT number, state FROM conversations_summary WHERE conversation_id = %s"
JOBS = "SELECT state FROM conversations_job WHERE conversation_id = %s AND kind = 'summary'"
CALLS = "SELECT purpose FROM conversations_usageentry WHERE conversation_id = %s AND purpose = 'summary'"


# Each start of a worker takes seconds: where SQLite could differ is in what it has written and what it has taken back.
ON_BOTH = {"claimed", "keeping"}
KILLS = [
    (name, step) for name in ("embedded", "production") for step in STEPS if name == "production" or step in ON_BOTH
]


@pytest.mark.parametrize(("site", "step"), KILLS, indirect=["site"])
async def test_a_worker_that_is_killed_leaves_its_work_to_the_next(site: Site, step: str):
    with client_of(site) as client:
        conversation = await left(site, client)
        with worker(site, step) as victim:
            died = await asyncio.to_thread(victim.wait, PATIENCE_SECONDS)
        assert died == -signal.SIGKILL
        kept = step == "kept"
        assert rows(site, SUMMARIES, conversation) == [(1, "ready" if kept else "pending")]
        with worker(site):
            told = await until_written(client, conversation)
        assert told["summary"]
    assert rows(site, SUMMARIES, conversation) == [(1, "ready")]
    assert rows(site, JOBS, conversation) == [("done",)]
    # What was asked was asked: a call whose result was lost is paid for too.
    assert len(rows(site, CALLS, conversation)) == (2 if step in {"answered", "keeping"} else 1)


async def test_a_worker_that_is_killed_while_the_model_writes_leaves_it_to_the_next(site: Site):
    with client_of(site) as client:
        conversation = await left(site, client)
        await asyncio.to_thread(httpx.post, f"{site.fake}/_script", json=[{"delay": 3600}])
        with worker(site) as victim:

            async def asked() -> bool:
                seen = await asyncio.to_thread(httpx.get, f"{site.fake}/_seen")
                return any(each["body"].get("format") and not each["ended"] for each in seen.json())

            await wait_for(asked, seconds=PATIENCE_SECONDS)
            os.kill(victim.pid, signal.SIGKILL)
            await asyncio.to_thread(victim.wait)
        with worker(site):
            await until_written(client, conversation)
        await asyncio.to_thread(httpx.delete, f"{site.fake}/_script")
    assert rows(site, SUMMARIES, conversation) == [(1, "ready")]
    assert rows(site, JOBS, conversation) == [("done",)]


async def test_three_workers_at_once_write_each_summary_once(site: Site):
    with client_of(site) as client:
        conversations = [await left(site, client) for _ in range(4)]
        with worker(site), worker(site), worker(site):
            for conversation in conversations:
                await until_written(client, conversation)
    for conversation in conversations:
        assert rows(site, SUMMARIES, conversation) == [(1, "ready")]
        assert rows(site, JOBS, conversation) == [("done",)]
        assert len(rows(site, CALLS, conversation)) == 1


async def test_a_worker_beside_the_servers_tells_their_readers(production: Site):
    conversation = str(uuid.uuid4())
    chat = await production.open(conversation)
    await chat.until_finished(await chat.ask("What is a tide? tokens=20", model=MODEL))
    before = len(chat.reader.frames)
    await chat.send(type="conversation.end")
    with worker(production):
        await chat.until(
            lambda reader: any(frame.get("summary") == "ready" for frame in reader.frames[before:]),
            seconds=PATIENCE_SECONDS,
        )
    told = [frame for frame in chat.reader.frames[before:] if frame["type"] == "conversation.updated"]
    assert told[0]["status"] == "completed"
    await chat.close()
