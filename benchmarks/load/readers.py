"""The other side of the load, in a process of its own: readers of streams, and sockets that only wait."""

import asyncio
import json
import random
import re
import sys
import time
import uuid
from itertools import cycle, islice

import uvloop
from websockets.asyncio.client import connect

from tests.fake_model import answer_tokens
from tests.fake_model.text import stamped

# What the fake model server says in the middle of a stamped answer: a number, and when it was sent.
STAMP = re.compile(r"at(\d+)x(\d{13})")
STAGGER_SECONDS = 8.0
OPENING = 50


class Heard:
    """What all readers together have heard."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.firsts: list[float] = []
        self.answers = self.lost = self.tokens = 0
        self.failed: list[str] = []


async def ask(told: dict, token: str, heard: Heard) -> None:
    """Ask one question, and note when each stamp of the answer came."""
    url = f"{told['address']}/ws/conversations/{uuid.uuid4()}/?format={told['form']}"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, compression=None, max_size=None) as socket:
        await socket.recv()
        question = f"Tell me about tides. tokens={told['tokens']}"
        stamps = sum(
            STAMP.match(token[1:]) is not None
            for token in stamped(answer_tokens(model=told["model"], message=question))
        )
        frame = {"type": "turn.start", "text": question, "model": told["model"], "client_id": str(uuid.uuid4())}
        began, seen = time.perf_counter(), set()
        await socket.send(json.dumps(frame))
        async for text in socket:
            if text.startswith(('{"type":"message.delta"', '{"type":"message.snapshot"')):
                if not seen:
                    heard.firsts.append(time.perf_counter() - began)
                now = time.time()
                for number, sent_at in STAMP.findall(text):
                    if number not in seen:
                        seen.add(number)
                        heard.delays.append(now - int(sent_at) / 1000)
            elif text.startswith('{"type":"turn.finished"'):
                if '"status":"completed"' not in text:
                    heard.failed.append(text[:300])
                    return
                heard.answers += 1
                heard.tokens += told["tokens"]
                heard.lost += stamps - len(seen)
                return
            elif text.startswith('{"type":"error"'):
                heard.failed.append(text[:300])
                return


async def keep_asking(told: dict, token: str, heard: Heard) -> None:
    """Ask one question after the other until it is time to go."""
    await asyncio.sleep(random.random() * STAGGER_SECONDS)
    end = time.monotonic() + told["seconds"]
    while time.monotonic() < end:
        try:
            await ask(told, token, heard)
        except OSError as error:
            heard.failed.append(repr(error))
            return


async def streams(told: dict) -> dict:
    """Read so many streams for so many seconds; returns what was heard."""
    heard = Heard()
    print("open", flush=True)
    people = islice(cycle(told["people"]), told["streams"])
    await asyncio.gather(*(keep_asking(told, token, heard) for token in people))
    return {
        "answers": heard.answers,
        "failed": len(heard.failed),
        "failures": heard.failed[:3],
        "tokens": heard.tokens,
        "stamps": len(heard.delays),
        "stamps_lost": heard.lost,
        "delays": [round(delay, 4) for delay in heard.delays],
        "firsts": [round(first, 4) for first in heard.firsts],
    }


async def idle(told: dict) -> dict:
    """Open so many sockets, say when they are, and close them when told; returns how many were open all the time."""
    gate, sockets = asyncio.Semaphore(OPENING), []

    async def sit(address: str, token: str) -> None:
        async with gate:
            url = f"{address}/ws/conversations/{uuid.uuid4()}/"
            headers = {"Authorization": f"Bearer {token}"}
            # As a browser's does, this one asks for no sign of life; the server does.
            socket = await connect(url, additional_headers=headers, compression=None, ping_interval=None)
            await socket.recv()
            sockets.append(socket)

    places = islice(zip(cycle(told["addresses"]), cycle(told["people"]), strict=False), told["sockets"])
    found = await asyncio.gather(*(sit(*place) for place in places), return_exceptions=True)
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    alive = sum(socket.close_code is None for socket in sockets)
    await asyncio.gather(*(socket.close() for socket in sockets))
    failures = [repr(each) for each in found if each is not None]
    return {"sockets": alive, "failed": len(failures), "failures": failures[:3]}


async def main() -> None:
    """Do as told on standard input; the last line on standard output is what was heard."""
    told = json.loads(sys.stdin.readline())
    print(json.dumps(await {"streams": streams, "idle": idle}[told["kind"]](told)), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
