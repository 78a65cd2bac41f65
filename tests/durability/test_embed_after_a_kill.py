"""kill -9 of a worker that embeds a file: the next one goes on where it was."""

import asyncio
import signal
import sqlite3
import uuid
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.durability.site import Site
from tests.durability.test_write_each_summary_once import PATIENCE_SECONDS, client_of, worker
from tests.support.client import wait_for

pytestmark = pytest.mark.process

PASSAGES = 100
BATCH = 32
COUNTED = "SELECT COUNT(*) FROM conversations_passagevector WHERE model = %s"
EMBEDDED = "SELECT COUNT(*) FROM conversations_storedfile WHERE embedding_model = %s"
CALLED = "SELECT COUNT(*) FROM conversations_usageentry WHERE model = %s"


def count(site: Site, query: str, model: str) -> int:
    """Return a number from the database, read past the product."""
    place = site.ledger.place
    if isinstance(place, Path):
        connection, query = sqlite3.connect(place, timeout=20), query.replace("%s", "?")
    else:
        connection = psycopg.connect(place)
    try:
        return connection.execute(query, (model,)).fetchone()[0]
    finally:
        connection.close()


def texts_seen(site: Site, model: str) -> list[str]:
    """Return the texts that the model server was asked to embed."""
    seen = httpx.get(f"{site.fake}/_seen", timeout=30).json()
    return [
        text
        for each in seen
        if each["path"] == "/api/embed" and each["model"] == model
        for text in each["body"]["input"]
    ]


@pytest.mark.parametrize("site", ["embedded", "production"], indirect=True)
async def test_a_killed_worker_loses_no_batch_and_none_is_made_twice(site: Site):
    name = f"embed-{uuid.uuid4().hex}"
    model = f"ollama/{name}"
    text = "\n\n".join(f"Note {number}. {'word ' * 230}" for number in range(PASSAGES))
    with client_of(site) as client:
        upload = {"file": (f"{name}.txt", text.encode(), "text/plain")}
        (await asyncio.to_thread(client.post, "attachments/", files=upload)).raise_for_status()
    with worker(site, "second batch", EMBEDDING_MODEL=model) as victim:
        died = await asyncio.to_thread(victim.wait, PATIENCE_SECONDS)
    assert died == -signal.SIGKILL
    assert (count(site, COUNTED, model), count(site, EMBEDDED, model)) == (2 * BATCH, 0)

    async def embedded() -> bool:
        return bool(await asyncio.to_thread(count, site, EMBEDDED, model))

    with worker(site, EMBEDDING_MODEL=model):
        await wait_for(embedded, seconds=PATIENCE_SECONDS)
    assert len(texts_seen(site, name)) == count(site, COUNTED, model) >= PASSAGES
    assert count(site, CALLED, model) == -(-count(site, COUNTED, model) // BATCH)
