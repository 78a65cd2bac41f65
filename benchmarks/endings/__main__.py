"""`python -m benchmarks.endings`: what 100 conversations that end at once do to answers that are being written.

One `serve` on SQLite, its job worker in the same process, with a model server that writes 50 tokens a second. Read are
the pauses between frames of ten answers, first without endings and then while all the conversations end and are
summarised; the two are taken in turn, so that both see the same machine.
"""

import asyncio
import statistics
import tempfile
import time
import uuid
from pathlib import Path

import httpx

from tests.fake_model import spawn
from tests.support.client import Chat, sign_up
from tests.support.server import Server

ENDINGS, READERS, ROUNDS = 100, 10, 3
TOKENS = 600
WARM_SECONDS = 2.0


async def pauses(site: Server, token: str) -> list[float]:
    """Return the milliseconds between the frames of one answer."""
    chat = await Chat.open(site.url, token, str(uuid.uuid4()))
    turn = await chat.ask(f"Tell me about tides. tokens={TOKENS}", model="ollama/paced-50")
    came: list[float] = []
    while chat.reader.turns.get(turn) == "running":
        frame = await chat.step()
        if frame["type"] in {"message.delta", "message.snapshot"}:
            came.append(time.perf_counter())
    await chat.close()
    return [(later - earlier) * 1000 for earlier, later in zip(came, came[1:], strict=False)]


async def talks(client: httpx.AsyncClient) -> list[str]:
    """Return conversations that were answered, and in which nobody is."""
    made = [str(uuid.uuid4()) for _ in range(ENDINGS)]
    for conversation in made:
        body = {"text": "What is a tide? tokens=30", "model": "ollama/fast"}
        asked = (await client.post(f"conversations/{conversation}/turns/", json=body)).raise_for_status().json()
        turn = f"turns/{asked['turn']['id']}/"
        while (await client.get(turn)).json()["status"] in {"queued", "running"}:  # noqa: ASYNC110  # over HTTP
            await asyncio.sleep(0.02)
    return made


async def end_all(client: httpx.AsyncClient, conversations: list[str]) -> float:
    """End all of these at once, and return how many seconds that took."""
    await asyncio.sleep(WARM_SECONDS)
    began = time.perf_counter()
    answers = await asyncio.gather(*(client.post(f"conversations/{id}/end/", json={}) for id in conversations))
    for answer in answers:
        answer.raise_for_status()
    return time.perf_counter() - began


async def measure(site: Server, token: str) -> None:
    """Print a line for each round, and one for all."""
    headers = {"Authorization": f"Bearer {token}"}
    alone: list[float] = []
    beside: list[float] = []
    async with httpx.AsyncClient(base_url=f"{site.url}/api/", headers=headers, timeout=120) as client:
        for _ in range(ROUNDS):
            for found in await asyncio.gather(*(pauses(site, token) for _ in range(READERS))):
                alone += found
            left = await talks(client)
            *read, took = await asyncio.gather(*(pauses(site, token) for _ in range(READERS)), end_all(client, left))
            for found in read:
                beside += found
            print(f"{ENDINGS} endings took {took:.1f} s")
    quiet, busy = p95(alone), p95(beside)
    print(
        f"pause between frames, p95: alone {quiet:.0f} ms, beside the endings {busy:.0f} ms, ratio {busy / quiet:.2f}"
    )
    print(f"p50: {statistics.median(alone):.0f} and {statistics.median(beside):.0f} ms")


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Start everything, and measure."""
    with tempfile.TemporaryDirectory() as folder, spawn() as fake:
        settings = {"OLLAMA_BASE_URL": fake, "DEFAULT_MODEL": "ollama/fast", "LOG_LEVEL": "WARNING"}
        site = Server(folder=Path(folder), **settings).start()
        try:
            asyncio.run(measure(site, sign_up(site.url)))
        finally:
            site.close()


if __name__ == "__main__":
    main()
