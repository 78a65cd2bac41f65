"""The readers: many sockets in a process of their own, which note when frames come."""

import asyncio
import json
import random
import statistics
import sys
import time
import uuid
from itertools import cycle, islice

import aiohttp
import uvloop
from websockets.asyncio.client import connect

# People do not all ask in the same second.
STAGGER_SECONDS = 8.0


async def product(address: str, token: str, model: str, question: str, form: str, began: asyncio.Event) -> dict:
    """Ask one question of Chatsite and read the answer to its end."""
    url = f"{address}/ws/conversations/{uuid.uuid4()}/?format={form}"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, compression=None, max_size=None) as socket:
        await socket.recv()
        await began.wait()
        await asyncio.sleep(random.random() * STAGGER_SECONDS)
        started = time.perf_counter()
        frame = {"type": "turn.start", "text": question, "model": model, "client_id": str(uuid.uuid4())}
        await socket.send(json.dumps(frame))
        heard = Heard(started)
        async for text in socket:
            if text.startswith(('{"type":"message.delta"', '{"type":"message.snapshot"')):
                heard.frame()
            elif text.startswith('{"type":"turn.finished"'):
                return heard.end('"status":"completed"' in text)
            elif text.startswith('{"type":"error"'):
                raise RuntimeError(text)
    return heard.end(False)


async def socket(address: str, token: str, model: str, question: str, form: str, began: asyncio.Event) -> dict:
    """Ask one question over HTTP and read the answer from a socket: what `sse` is compared with."""
    async with over_http(address, token) as session:
        conversation = await begin_conversation(session)
        url = f"{address}/ws/conversations/{conversation}/?format={form}"
        headers = {"Authorization": f"Bearer {token}"}
        async with connect(url, additional_headers=headers, compression=None, max_size=None) as reader:
            await reader.recv()
            started = await ask_over_http(session, conversation, model, question, began)
            heard = Heard(started)
            async for text in reader:
                if text.startswith(('{"type":"message.delta"', '{"type":"message.snapshot"')):
                    heard.frame()
                elif text.startswith('{"type":"turn.finished"'):
                    return heard.end('"status":"completed"' in text)
    return heard.end(False)


async def sse(address: str, token: str, model: str, question: str, form: str, began: asyncio.Event) -> dict:
    """Ask one question over HTTP and read the answer from the conversation's stream of events."""
    async with over_http(address, token) as session:
        conversation = await begin_conversation(session)
        endless = aiohttp.ClientTimeout(total=None)
        async with session.get(f"/api/conversations/{conversation}/stream/", timeout=endless) as answer:
            await answer.content.readany()
            started = await ask_over_http(session, conversation, model, question, began)
            heard = Heard(started)
            async for chunk in answer.content.iter_any():
                if frames := chunk.count(b"event: message.delta") + chunk.count(b"event: message.snapshot"):
                    heard.frame(frames)
                if b"event: turn.finished" in chunk:
                    return heard.end(b'"status":"completed"' in chunk)
    return heard.end(False)


def over_http(address: str, token: str) -> aiohttp.ClientSession:
    """Return a client of the API."""
    headers = {"Authorization": f"Bearer {token}"}
    return aiohttp.ClientSession(address.replace("ws", "http", 1), headers=headers, raise_for_status=True)


async def begin_conversation(session: aiohttp.ClientSession) -> str:
    """Return the id of a new conversation."""
    async with session.post("/api/conversations/", json={}) as made:
        return (await made.json())["id"]


async def ask_over_http(session, conversation: str, model: str, question: str, began: asyncio.Event) -> float:
    """Ask when it is this reader's time to; returns when that was."""
    await began.wait()
    await asyncio.sleep(random.random() * STAGGER_SECONDS)
    started = time.perf_counter()
    async with session.post(f"/api/conversations/{conversation}/turns/", json={"text": question, "model": model}):
        return started


class Heard:
    """When the frames of an answer came."""

    def __init__(self, started: float):
        self.started = self.last = started
        self.first = self.longest = 0.0
        self.frames = 0

    def frame(self, count: int = 1) -> None:
        """Note that frames came."""
        now = time.perf_counter()
        if self.frames:
            self.longest = max(self.longest, now - self.last)
        else:
            self.first = now - self.started
        self.frames += count
        self.last = now

    def end(self, ok: bool) -> dict:
        """Return what was noted."""
        return {"first": self.first, "frames": self.frames, "longest": self.longest, "ok": ok}


async def relay(address: str, token: str, model: str, question: str, form: str, began: asyncio.Event) -> dict:
    """Ask one question of the bare relay."""
    async with connect(address, compression=None, max_size=None) as socket:
        await began.wait()
        await asyncio.sleep(random.random() * STAGGER_SECONDS)
        started = time.perf_counter()
        await socket.send(json.dumps({"text": question, "model": model}))
        heard = Heard(started)
        async for text in socket:
            if not text:
                break
            heard.frame()
        return heard.end(True)


async def direct(address: str, token: str, model: str, question: str, form: str, began: asyncio.Event) -> dict:
    """Ask the fake model server itself: what a first token costs without anything between."""
    import httpx

    async with httpx.AsyncClient(timeout=None) as client:
        await began.wait()
        await asyncio.sleep(random.random() * STAGGER_SECONDS)
        started = time.perf_counter()
        body = {"model": model, "messages": [{"role": "user", "content": question}], "stream": True}
        async with client.stream("POST", f"{address}/api/chat", json=body) as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            first = time.perf_counter() - started
        return {"first": first, "frames": 0, "longest": 0, "ok": True}


async def main() -> None:
    """Run as told on standard input, say when all sockets are open, go when told, print the figures."""
    told = json.loads(sys.stdin.readline())
    began = asyncio.Event()
    kind = {"product": product, "socket": socket, "sse": sse, "relay": relay, "direct": direct}[told["kind"]]
    jobs = [
        asyncio.create_task(kind(told["address"], token, told["model"], told["question"], told.get("form", ""), began))
        for token in islice(cycle(told.get("people", [""])), told["sockets"])
    ]
    await asyncio.sleep(told["open_seconds"])
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    began.set()
    results = await asyncio.gather(*jobs, return_exceptions=True)
    good = [result for result in results if isinstance(result, dict) and result["ok"]]
    failed = [repr(result) for result in results if not isinstance(result, dict) or not result["ok"]]
    firsts = sorted(result["first"] * 1000 for result in good) or [0]
    print(
        json.dumps(
            {
                "answers": len(good),
                "failed": failed[:3],
                "tokens": len(good) * told["tokens"],
                "frames": sum(result["frames"] for result in good),
                "first_p50_ms": round(statistics.median(firsts), 1),
                "first_p99_ms": round(firsts[min(len(firsts) - 1, int(len(firsts) * 0.99))], 1),
                "longest_gap_ms": round(max((result["longest"] for result in good), default=0) * 1000),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    uvloop.run(main())
