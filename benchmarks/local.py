"""What a model of this machine costs over calling its engine directly, in one run: `python -m benchmarks.local`.

The model is the tests' tiny one, so that what is measured is the way to it and not the model.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
import uuid
from pathlib import Path

import httpx
import psutil

from llm.local.engines import Engines, Running, Settings
from llm.local.shelf import Shelf
from tests.engine import tiny
from tests.support.client import Chat, sign_up
from tests.support.server import Server

QUESTIONS = 20
ANSWERS = 2
WINDOWS = {"brief": 16_384, "endless": 2_048}
LONG = " the garden grows when rain falls" * 330
REST_SECONDS = 5.0
SETTINGS = {"DETECT_INTENT": "false", "TOOLS": "", "LOG_LEVEL": "WARNING", "LOCAL_PARALLEL": "1", "LOCAL_THREADS": "1"}


async def direct(client: httpx.AsyncClient, engine: Running, question: str) -> float:
    """Return the seconds to the first words when the engine is asked itself, 0 if it says nothing."""
    body = {"messages": [{"role": "user", "content": question}], "stream": True}
    began = time.perf_counter()
    async with client.stream("POST", f"{engine.url}/v1/chat/completions", json=body) as answer:
        async for line in answer.aiter_lines():
            if '"content":"' in line:
                return time.perf_counter() - began
    return 0.0


async def through(chat: Chat, question: str, **fields: str) -> tuple[float, dict]:
    """Return the seconds to the first words over a socket of the product, and what the end says."""
    began, first = time.perf_counter(), 0.0
    turn = await chat.ask(question, **fields)
    while True:
        frame = await chat.step()
        if frame["type"] == "message.delta" and not first:
            first = time.perf_counter() - began
        if frame["type"] == "turn.finished" and frame["turn"] == turn:
            return first, frame


def cpu(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def read_by(engine: Running) -> float:
    answer = httpx.get(f"{engine.url}/metrics", headers={"Authorization": f"Bearer {engine.key}"}, timeout=10)
    lines = (line.split() for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}["llamacpp:prompt_tokens_total"]


async def measure(folder: Path, server: Server) -> dict:
    """Return the figures of one run."""
    process = psutil.Process(server.process.pid)
    before = cpu(process)
    await asyncio.sleep(REST_SECONDS)
    figures: dict = {
        "idle_cpu_percent": round((cpu(process) - before) / REST_SECONDS * 100, 2),
        "idle_children": len(process.children(recursive=True)),
        "web_mb": round(process.memory_info().rss / 1e6),
    }
    token = sign_up(server.url)

    async def fresh() -> Chat:
        return await Chat.open(server.url, token, str(uuid.uuid4()))

    chat = await fresh()
    await through(chat, " tea")
    shelf = Shelf(folder / "models")
    engine = Engines(Settings(folder=shelf.folder / "engine")).running(shelf.open("brief"))
    assert engine is not None
    figures["engine_mb"] = round(psutil.Process(engine.pid).memory_info().rss / 1e6)
    ours, theirs = [], []
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {engine.key}"}, timeout=60) as client:
        for number in range(QUESTIONS):
            question = f" what grows in the garden {number}"
            # By turns, so that what else the machine does meets both.
            theirs.append(await direct(client, engine, question))
            chat = await fresh()
            ours.append((await through(chat, question))[0])
            await chat.close()
    figures["first_token_ms"] = round(statistics.median(filter(None, ours)) * 1000, 1)
    figures["first_token_direct_ms"] = round(statistics.median(filter(None, theirs)) * 1000, 1)
    chat = await fresh()
    await through(chat, LONG)
    before_tokens = read_by(engine)
    _, end = await through(chat, " and now the river")
    figures["follow_up_prompt_tokens"] = end["usage"]["prompt_tokens"]
    figures["follow_up_read_tokens"] = round(read_by(engine) - before_tokens)
    await chat.close()
    chat = await Chat.open(server.url, token, str(uuid.uuid4()))
    await through(chat, " tea", model="local/endless")
    used, tokens = cpu(process), 0
    for _ in range(ANSWERS):
        chat = await fresh()
        _, end = await through(chat, " walk home along the river", model="local/endless")
        tokens += end["usage"]["completion_tokens"]
    figures["cpu_us_per_token"] = round((cpu(process) - used) / tokens * 1e6)
    figures["tokens"] = tokens
    await chat.close()
    return figures


def main() -> None:
    """Measure and print the figures as JSON."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models").mkdir()
        tiny.write(path=folder / "models" / "brief.gguf", end_leaning=tiny.SOMETIMES)
        tiny.write(path=folder / "models" / "endless.gguf", end_leaning=tiny.NEVER)
        Shelf(folder / "models").use("brief")
        windows = ",".join(f"{name}={window}" for name, window in WINDOWS.items())
        server = Server(folder=folder, DEFAULT_MODEL="", MODEL_CONTEXT_LENGTHS=windows, **SETTINGS)
        server.start("--no-jobs")
        try:
            figures = asyncio.run(measure(folder, server))
        finally:
            server.close()
    print(json.dumps({"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), **figures}, indent=2))


if __name__ == "__main__":
    main()
