"""A whole installation made of real processes, and what its database holds."""

import asyncio
import random
import sqlite3
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from websockets.exceptions import ConnectionClosed

from tests.fake_model import answer_text, answer_tokens
from tests.support.client import Chat, Reader, Said, sign_up
from tests.support.server import Server

# Who asks at random does so with this seed, so that a failure can be repeated.
SEED = 20_260
MODELS_SECONDS = 180

QUESTIONS = """
SELECT turn.id, turn.status, turn.client_id, turn.error_code, question.text, answer.id, answer.text, answer.status
FROM conversations_turn AS turn
JOIN conversations_message AS question ON question.turn_id = turn.id AND question.position = 0
JOIN conversations_message AS answer ON answer.turn_id = turn.id AND answer.position = 1
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One question and its answer, as the database has them."""

    turn: str
    status: str
    client_id: str
    error_code: str
    question: str
    message: str
    text: str
    message_status: str


class Ledger:
    """The rows, read past the product: SQLite's file or PostgreSQL itself."""

    def __init__(self, place: Path | str):
        self.place = place

    def of(self, conversation: str) -> list[Kept]:
        """Return the questions of a conversation, oldest first."""
        wanted = uuid.UUID(conversation)
        value = wanted.hex if isinstance(self.place, Path) else wanted
        return self._read(f"{QUESTIONS} WHERE turn.conversation_id = %s ORDER BY turn.created_at", value)

    def all(self) -> list[Kept]:
        """Return every question that there is."""
        return self._read(QUESTIONS)

    def streaming(self) -> list[Kept]:
        """Return what is marked as being written."""
        return self._read(f"{QUESTIONS} WHERE answer.status = %s", "streaming")

    def _read(self, query: str, *values) -> list[Kept]:
        if isinstance(self.place, Path):
            connection = sqlite3.connect(self.place, timeout=20)
            query = query.replace("%s", "?")
        else:
            connection = psycopg.connect(self.place)
        try:
            rows = connection.execute(query, values).fetchall()
        finally:
            connection.close()
        return [Kept(_id(row[0]), row[1], row[2], row[3], row[4], _id(row[5]), row[6], row[7]) for row in rows]


def _id(value) -> str:
    return str(uuid.UUID(str(value)))


class Site:
    """Web processes over one database, a fake model server, and one person who is signed in."""

    def __init__(self, *, name: str, servers: list[Server], fake: str, ledger: Ledger):
        self.name = name
        self.servers = servers
        self.fake = fake
        self.ledger = ledger
        self.dice = random.Random(f"{SEED} {name}")
        self.token = ""

    def start(self) -> "Site":
        """Start every process and make the account."""
        for number, server in enumerate(self.servers):
            server.start("--no-jobs", *(["--no-prepare"] if number else []))
            wait_for_models(server)
        self.token = sign_up(self.servers[0].url)
        return self

    def close(self) -> None:
        """End every process that still runs."""
        for server in self.servers:
            server.close()

    async def restart(self, server: Server) -> None:
        """Start a process again that has ended, without holding up whoever else waits."""
        await asyncio.to_thread(server.start, "--no-jobs", "--no-prepare")
        await asyncio.to_thread(wait_for_models, server)

    async def open(self, conversation: str, *, server: Server | None = None, reader: Reader | None = None, **options):
        """Return an open socket of a conversation, at the first process unless told otherwise."""
        return await Chat.open((server or self.servers[0]).url, self.token, conversation, reader, **options)

    def seen(self, model: str) -> list[dict]:
        """Return the chat requests for a model that the fake model server got."""
        paths = {"/api/chat", "/v1/chat/completions"}
        requests = httpx.get(f"{self.fake}/_seen", timeout=30).json()
        return [seen for seen in requests if seen["path"] in paths and seen["model"] == model]


class Asked:
    """A question on its way to one process, and the socket that asks it."""

    def __init__(self, text: str, model: str):
        self.conversation = new_conversation()
        self.frame = {"type": "turn.start", "text": text, "client_id": str(uuid.uuid4()), "model": model}
        self.expected = expected(model, text)
        self.turn = ""
        # When the socket was closed, by the monotonic clock.
        self.closed_at = 0.0
        self.chat: Chat

    @property
    def message(self) -> str:
        """The id of the answer."""
        return next(id for id, said in self.chat.reader.messages.items() if said.turn == self.turn)

    @property
    def seen(self) -> str:
        """What its reader has of the answer."""
        return self.chat.reader.answer(self.turn).text

    async def send(self, site: Site, server: Server) -> "Asked":
        """Ask, and wait until it is acknowledged."""
        self.chat = await site.open(self.conversation, server=server)
        self.turn = await self.chat.deliver(self.frame)
        return self

    async def until_seen(self) -> "Asked":
        """Wait for the first words of the answer."""
        await self.chat.until(lambda reader: self.seen)
        return self

    async def listen(self) -> None:
        """Read until the socket closes or its process is gone."""
        try:
            while True:
                await self.chat.step()
        except ConnectionClosed:
            self.closed_at = time.monotonic()

    async def come_back(self, site: Site, server: Server) -> Chat:
        """Return a new socket of the conversation whose reader has forgotten all but the answer's id, and has it."""
        reader = Reader(messages={self.message: Said(turn=self.turn)})
        chat = await site.open(self.conversation, server=server, reader=reader)
        await chat.until(lambda reader: reader.messages[self.message].over)
        return chat


def wait_for_models(server: Server) -> None:
    """Return once a process knows the models of its model servers; on a busy machine that takes a moment."""
    names = ["ollama", *(["openai"] if server.environment["OPENAI_BASE_URL"] else [])]
    end = time.monotonic() + MODELS_SECONDS
    while time.monotonic() < end:
        parts = httpx.get(f"{server.url}/health", timeout=30).json()["parts"]
        if {parts.get(name, {}).get("state") for name in names} == {"ok"}:
            return
        time.sleep(0.1)
    raise TimeoutError(f"The models are not known: {parts}")


def expected(model: str, question: str) -> str:
    """Return what the fake model says to a question, whole; `model` is named as people name it."""
    return answer_text(model=model.partition("/")[2], message=question)


def token_count(model: str, question: str, prefix: str) -> int:
    """Return how many of the fake model's tokens a text that begins its answer holds, the last one perhaps in part."""
    length = count = 0
    for token in answer_tokens(model=model.partition("/")[2], message=question):
        if length >= len(prefix):
            break
        length += len(token)
        count += 1
    return count


def new_conversation() -> str:
    """Return the id of a conversation that nobody has used."""
    return str(uuid.uuid4())
