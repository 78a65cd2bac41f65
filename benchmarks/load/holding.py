"""What is held for a while: many streams at once, and many sockets on which nothing happens."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from . import house

# An answer is as long as this; then its reader asks the next question.
ANSWER_SECONDS = 20
# Until every reader has begun, memory grows because work begins.
WARM_SECONDS = 15
LOOK_SECONDS = 1.0
# How many sizes of the memory are told, evenly over the time.
MOMENTS = 20
REST_CALLS = 200
PEOPLE_LIMIT = 500
# What readers say in the end is one line, however long.
LINE_BYTES = 1 << 30


async def streams(*, count: int, rate: int, seconds: int, form: str) -> dict:
    """Return the figures of so many streams of so many tokens a second, on one web process."""
    with house.opened(1) as held:
        tokens = rate * ANSWER_SECONDS
        told = {"kind": "streams", "address": held.servers[0].socket_url, "form": form, "seconds": seconds}
        told |= {"streams": count, "model": f"stamped-{rate}", "tokens": tokens, "people": held.people(count)}
        memory: list[tuple[float, float]] = []
        async with readers(told) as (_, ending):
            began, used = time.monotonic(), held.processor_seconds()
            while not ending.done():
                memory.append((time.monotonic() - began, held.megabytes()))
                await asyncio.wait([ending], timeout=LOOK_SECONDS)
            heard = await ending
            took, used = time.monotonic() - began, held.processor_seconds() - used
        left = await held.gauges()
        warm = [size for at, size in memory if at >= min(WARM_SECONDS, seconds / 2)] or [size for _, size in memory]
        return {
            "streams": count,
            "rate": rate,
            "form": form,
            "seconds": round(took),
            **{name: heard[name] for name in ("answers", "failed", "failures", "tokens", "stamps", "stamps_lost")},
            **house.percentiles("delay", heard["delays"]),
            **house.percentiles("first", heard["firsts"]),
            "cpu_us_per_token": round(used / max(1, heard["tokens"]) * 1e6, 1),
            "core_share": round(used / took, 2),
            "rss_begin_mb": round(warm[0], 1),
            "rss_end_mb": round(warm[-1], 1),
            "rss_mb": [round(size) for _, size in memory[:: max(1, len(memory) // MOMENTS)]],
            "gauges_left": left,
        }


async def idle(*, sockets: int, seconds: int) -> dict:
    """Return the figures of so many sockets on which nothing happens, over two web processes."""
    with house.opened(2) as held:
        people = held.people(min(sockets, PEOPLE_LIMIT))
        told = {"kind": "idle", "sockets": sockets, "people": people}
        told |= {"addresses": [server.socket_url for server in held.servers]}
        # The first calls load what is loaded once.
        await rest(held, people[0])
        before, quiet = held.megabytes(), await rest(held, people[0])
        async with readers(told) as (process, ending):
            after, used, began = held.megabytes(), held.processor_seconds(), time.monotonic()
            await asyncio.sleep(seconds)
            share = (held.processor_seconds() - used) / (time.monotonic() - began)
            beside = await rest(held, people[0])
            process.stdin.write(b"go\n")
            heard = await ending
        left = await held.gauges()
        return {
            "asked": sockets,
            **heard,
            "kb_each": round((after - before) * 1000 / max(1, sockets), 1),
            "rss_begin_mb": round(before, 1),
            "rss_end_mb": round(after, 1),
            "core_share": round(share, 2),
            **house.percentiles("rest_alone", quiet),
            **house.percentiles("rest_beside", beside),
            "gauges_left": left,
        }


async def rest(held: house.House, token: str) -> list[float]:
    """Return how many seconds a list of conversations took, asked again and again."""
    took = []
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for number in range(REST_CALLS):
            server = held.servers[number % len(held.servers)]
            began = time.perf_counter()
            (await client.get(f"{server.url}/api/conversations/")).raise_for_status()
            took.append(time.perf_counter() - began)
    return took


@asynccontextmanager
async def readers(told: dict) -> AsyncIterator[tuple[Process, asyncio.Task[dict]]]:
    """Give the process of the readers, once it says that it has begun, and what it says in the end."""
    pipes = {"stdin": PIPE, "stdout": PIPE, "limit": LINE_BYTES}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.load.readers", **pipes)
    try:
        process.stdin.write(json.dumps(told).encode() + b"\n")
        if (await process.stdout.readline()).strip() != b"open":
            raise RuntimeError("The readers did not begin")
        yield process, asyncio.create_task(_heard(process))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _heard(process: Process) -> dict:
    return json.loads(await process.stdout.readline())
