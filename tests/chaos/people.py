"""Somebody who asks one question and reads the answer to its end, whatever happens meanwhile."""

import asyncio
import json
import math
import random
import socket
import struct
import time
import uuid

import httpx
from websockets.exceptions import WebSocketException

from tests.chaos.judge import MESSAGE_STATUS, Read, Told
from tests.durability.site import Site, new_conversation
from tests.fake_model import answer_tokens
from tests.support.client import Chat, Reader, Refused
from tests.support.server import Server
from tests.support.streams import SILENCE_SECONDS, Listener, events

# Longer than any pause that is to be survived: whoever waits longer was let down.
PATIENCE_SECONDS = 240
AGAIN_SECONDS = 0.1
# Who is told so may ask the same again.
AGAIN_CODES = {"unavailable", "rate_limited"}
# A reader that knows of the end asks for the text it lacks; it comes within this time, or is read anew.
WHOLE_SECONDS = 10
# So many times a page is asked for before it is given up.
RELOADS = 50
LINGER_NOT = struct.pack("ii", 1, 0)
LET_DOWN = (WebSocketException, OSError, TimeoutError, EOFError)


class Person:
    """One question of one conversation; `told` is what the judge hears of it."""

    def __init__(self, site: Site, text: str, model: str, *, server: Server | None = None, **promised):
        self.site = site
        self.conversation = new_conversation()
        name = model.partition("/")[2]
        self.frame = {"type": "turn.start", "text": text, "client_id": str(uuid.uuid4()), "model": model}
        tokens = answer_tokens(model=name, message=text)
        rate = float(name.removeprefix("paced-")) if name.startswith("paced-") else math.inf
        self.told = Told(client_id=self.frame["client_id"], text=text, tokens=tokens, rate=rate, **promised)
        self.acknowledged = asyncio.Event()
        # When the whole answer was there, by the clock that the model server notes its times by.
        self.ended_at: float | None = None
        self.chat: Chat | None = None
        self._server = server
        self._reader = Reader()
        self._dice = random.Random(f"{site.dice.random()} {text}")

    async def live(self) -> "Person":
        """Ask, and come back as often as it takes to have the whole answer."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    try:
                        await self._ask_and_read()
                        break
                    except Refused as refused:
                        if refused.frame["code"] not in AGAIN_CODES:
                            raise
                        self.told.refusals += 1
                        await asyncio.sleep(refused.frame.get("retry_after") or AGAIN_SECONDS)
                    except LET_DOWN:
                        self.told.losses += 1
                        await asyncio.sleep(AGAIN_SECONDS)
                    finally:
                        await self._hang_up()
                await self._reload()
        except TimeoutError:
            self.told.gave_up = f"no end after {PATIENCE_SECONDS} s"
        except Refused as refused:
            self.told.gave_up = f"refused: {refused}"
        return self

    def reset(self) -> bool:
        """Break the connection as a network does, with a reset; False where there is none."""
        if self.chat is None or self.chat.connection.transport.is_closing():
            return False
        let_go_at_once(self.chat.connection.transport.get_extra_info("socket"))
        self.chat.connection.transport.abort()
        return True

    @property
    def turn(self) -> str:
        """The turn as last acknowledged; empty before."""
        return next(iter(self.told.turns), "")

    async def _ask_and_read(self) -> None:
        if self._dice.random() < 0.5:
            # A reload: nothing is known any more.
            self._reader = Reader()
        self.chat = await self.site.open(self.conversation, server=self._choose(), reader=self._reader)
        # Sent again after every return, which its client_id makes harmless: so its turn is known again.
        self.told.turns.add(await self.chat.deliver(self.frame))
        self.acknowledged.set()
        await self.chat.until(self._has_ended, PATIENCE_SECONDS)
        said = self._reader.answer(self.turn)
        if said.status != "streaming" or said.seq:
            async with asyncio.timeout(WHOLE_SECONDS):
                while not said.over:
                    await self.chat.step()
                    said = self._reader.answer(self.turn)
                self.told.reads.append(Read("socket", said.status, said.text))
        self.ended_at = time.time()

    def _choose(self) -> Server:
        """Return the process to go to: the one to ask, or, afterwards, any that lives."""
        alive = [server for server in self.site.servers if server.process.poll() is None]
        if not self.told.turns and self._server in alive:
            return self._server
        if not alive:
            raise ConnectionRefusedError
        return self._dice.choice(alive)

    def _has_ended(self, reader: Reader) -> bool:
        self._see(reader.answer(self.turn).text)
        return reader.turns.get(self.turn) not in {None, "queued", "running"}

    def _see(self, text: str) -> None:
        if len(text) > len(self.told.seen):
            self.told.seen = text

    async def _hang_up(self) -> None:
        chat, self.chat = self.chat, None
        if chat is not None:
            try:
                await chat.close()
            except LET_DOWN:
                return

    async def _reload(self) -> None:
        """Read the answer as a page that is loaded now has it."""
        headers = {"Authorization": f"Bearer {self.site.token}"}
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            for _ in range(RELOADS):
                try:
                    url = f"{self._choose().url}/api/conversations/{self.conversation}/messages/"
                    answer = await client.get(url)
                    answer.raise_for_status()
                except (httpx.HTTPError, OSError):
                    await asyncio.sleep(AGAIN_SECONDS * 5)
                    continue
                for message in answer.json()["messages"]:
                    if message["turn"] == self.turn and message["role"] == "assistant":
                        self.told.reads.append(Read("page", message["status"], message["content"]))
                        return
        self.told.gave_up = "its page could not be read"


class Program(Person):
    """Somebody who reads the answer as server-sent events, asked for again with the same key after every loss."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self._reading: asyncio.Task | None = None
        self._socket: socket.socket | None = None

    def reset(self) -> bool:
        """Break the connection as a network does, with a reset; False where there is none."""
        if self._reading is None or self._socket is None:
            return False
        let_go_at_once(self._socket)
        self._reading.cancel()
        self._reading = None
        return True

    async def _ask_and_read(self) -> None:
        url = f"{self._choose().url}/api/conversations/{self.conversation}/turns/"
        headers = {"Authorization": f"Bearer {self.site.token}", "Accept": "text/event-stream"}
        headers["Idempotency-Key"] = self.told.client_id
        body = {"text": self.frame["text"], "model": self.frame["model"]}
        try:
            async with (
                httpx.AsyncClient(headers=headers, timeout=SILENCE_SECONDS) as client,
                client.stream("POST", url, json=body) as answer,
            ):
                if answer.status_code != 200:
                    problem = json.loads(await answer.aread())
                    raise Refused(problem) if problem["code"] in AGAIN_CODES else ConnectionRefusedError(problem)
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                listener = Listener()
                self._reading = asyncio.create_task(listener.read(events(answer.aiter_text()), until=self._hears_end))
                await asyncio.wait([self._reading])
                if self._reading is None or self._reading.cancelled():
                    raise ConnectionResetError
                self._reading.result()
        except (httpx.HTTPError, AssertionError) as error:
            # Refused, or cut within an event.
            raise ConnectionResetError from error
        finally:
            self._reading = self._socket = None
        if self.turn not in listener.finished:
            raise ConnectionResetError
        status = listener.finished[self.turn]["status"]
        (text,) = listener.texts.values()
        self.told.reads.append(Read("stream", MESSAGE_STATUS.get(status, status), text))
        self.ended_at = time.time()

    def _hears_end(self, listener: Listener) -> bool:
        for text in listener.texts.values():
            self._see(text)
        for turn in listener.finished:
            self.told.turns.add(turn)
        if listener.kinds:
            self.acknowledged.set()
        return bool(listener.finished)


def let_go_at_once(connection: socket.socket) -> None:
    """Have a connection end with a reset when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
