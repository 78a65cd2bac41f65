"""The readers: many sockets in a process of their own, which note when frames come."""

import asyncio
import json
import random
import statistics
import sys
import time
import uuid

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
        first, frames, longest, last = 0.0, 0, 0.0, 0.0
        async for text in socket:
            if text.startswith(('{"type":"message.delta"', '{"type":"message.snapshot"')):
                now = time.perf_counter()
                frames += 1
                if not first:
                    first = now - started
                else:
                    longest = max(longest, now - last)
                last = now
            elif text.startswith('{"type":"turn.finished"'):
                ok = json.loads(text)["status"] == "completed"
                return {"first": first, "frames": frames, "longest": longest, "ok": ok}
            elif text.startswith('{"type":"error"'):
                raise RuntimeError(text)
    return {"first": first, "frames": frames, "longest": longest, "ok": False}


async def relay(address: str, token: str, model: str, question: str, form: str, began: asyncio.Event) -> dict:
    """Ask one question of the bare relay."""
    async with connect(address, compression=None, max_size=None) as socket:
        await began.wait()
        await asyncio.sleep(random.random() * STAGGER_SECONDS)
        started = time.perf_counter()
        await socket.send(json.dumps({"text": question, "model": model}))
        first, frames, longest, last = 0.0, 0, 0.0, 0.0
        async for text in socket:
            if not text:
                break
            now = time.perf_counter()
            frames += 1
            if not first:
                first = now - started
            else:
                longest = max(longest, now - last)
            last = now
        return {"first": first, "frames": frames, "longest": longest, "ok": True}


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
    kind = {"product": product, "relay": relay, "direct": direct}[told["kind"]]
    jobs = [
        asyncio.create_task(
            kind(told["address"], told.get("token", ""), told["model"], told["question"], told.get("form", ""), began)
        )
        for _ in range(told["sockets"])
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
