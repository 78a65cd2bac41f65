"""A program that talks to Chatsite: signs up over HTTP, chats over a WebSocket and puts the text together itself."""

import asyncio
import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field

import httpx
from websockets.asyncio.client import ClientConnection, connect

from .promises import within

PASSWORD = "correct horse battery staple"
# How long the server may take to acknowledge a question.
ANSWER_SECONDS = 90
# How long a socket with unread frames may take to close.
CLOSE_SECONDS = 1


def sign_up(url: str, email: str | None = None) -> str:
    """Return the access token of a new account."""
    email = email or f"{uuid.uuid4().hex[:12]}@example.org"
    answer = httpx.post(f"{url}/api/auth/signup/", json={"email": email, "password": PASSWORD}, timeout=30)
    answer.raise_for_status()
    return answer.json()["access_token"]


@dataclass
class Said:
    """An assistant message as this reader has it."""

    text: str = ""
    thinking: str = ""
    seq: int = 0
    status: str = "streaming"
    turn: str = ""
    # The digest that the server gave with the end, when it came.
    sha256: str = ""
    gaps: int = 0

    @property
    def exact(self) -> bool:
        """Whether the text is the server's to the letter."""
        return bool(self.sha256) and hashlib.sha256(self.text.encode()).hexdigest() == self.sha256

    @property
    def over(self) -> bool:
        """Whether this is all: by the digest, or because it came whole from a row that has ended."""
        return self.exact or (not self.sha256 and self.status != "streaming")


@dataclass
class Reader:
    """Applies frames in the order they come, as the protocol says a reader should."""

    messages: dict[str, Said] = field(default_factory=dict)
    turns: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    errors: list[dict] = field(default_factory=list)
    frames: list[dict] = field(default_factory=list)
    snapshot: dict | None = None

    def apply(self, frame: dict) -> dict | None:
        """Take in one frame; returns a `sync` frame to send when something was missed."""
        self.frames.append(frame)
        match frame["type"]:
            case "conversation.snapshot":
                self.snapshot = frame
                self.turns.update({turn["id"]: turn["status"] for turn in frame["turns"]})
                for message in frame["messages"]:
                    if message["role"] == "assistant":
                        self.messages[message["id"]] = Said(
                            text=message["content"],
                            thinking=message["thinking"],
                            seq=message["seq"],
                            status=message["status"],
                            turn=message["turn"],
                        )
            case "message.created":
                if frame["role"] == "assistant":
                    self.messages.setdefault(frame["message"], Said(turn=frame["turn"]))
                elif frame["role"] == "user":
                    self.questions[frame["message"]] = frame["content"]
            case "turn.started":
                self.turns[frame["turn"]] = "running"
            case "message.delta":
                said = self.messages.setdefault(frame["message"], Said(turn=frame["turn"]))
                if frame["seq"] == said.seq + 1:
                    said.text += frame["text"]
                    said.thinking += frame.get("thinking", "")
                    said.seq = frame["seq"]
                elif frame["seq"] > said.seq:
                    said.gaps += 1
                    return {"type": "sync", "message": frame["message"], "seq": said.seq}
            case "message.snapshot":
                said = self.messages.setdefault(frame["message"], Said(turn=frame["turn"]))
                said.text, said.thinking, said.seq = frame["content"], frame["thinking"], frame["seq"]
                said.status = frame["status"]
            case "message.completed":
                said = self.messages.setdefault(frame["message"], Said(turn=frame["turn"]))
                said.status, said.sha256 = frame["status"], frame["sha256"]
                if not said.exact:
                    said.gaps += 1
                    return {"type": "sync", "message": frame["message"], "seq": said.seq}
            case "turn.finished":
                self.turns[frame["turn"]] = frame["status"]
            case "error":
                self.errors.append(frame)
        return None

    def stale(self) -> list[dict]:
        """Return the `sync` frames for answers whose end was missed: the snapshot tells that their turns are over."""
        return [
            {"type": "sync", "message": id, "seq": said.seq}
            for id, said in self.messages.items()
            if not said.over and self.turns.get(said.turn) not in {None, "queued", "running"}
        ]

    def answer(self, turn: str) -> Said:
        """Return the assistant message of a turn, an empty one while nothing is known of it."""
        return next((said for said in self.messages.values() if said.turn == turn), Said())


class Refused(Exception):
    """The server said no; `frame` says why."""

    def __init__(self, frame: dict):
        super().__init__(f"{frame['code']}: {frame['detail']}")
        self.frame = frame


class Chat:
    """One open socket of one conversation."""

    def __init__(self, connection: ClientConnection, reader: Reader):
        self.connection = connection
        self.reader = reader

    @classmethod
    async def open(cls, url: str, token: str, conversation: str, reader: Reader | None = None, **options) -> "Chat":
        """Return an open socket that has its first snapshot."""
        address = f"{url.replace('http', 'ws', 1)}/ws/conversations/{conversation}/"
        headers = {"Authorization": f"Bearer {token}"}
        connection = await connect(
            address,
            additional_headers=headers,
            compression=None,
            max_size=None,
            close_timeout=CLOSE_SECONDS,
            **options,
        )
        chat = cls(connection, reader or Reader())
        await chat.until(lambda reader: reader.frames and reader.frames[-1]["type"] == "conversation.snapshot")
        return chat

    async def send(self, **frame) -> None:
        """Send one frame."""
        await self.connection.send(json.dumps(frame))

    async def ask(self, text: str, client_id: str | None = None, **fields) -> str:
        """Send a question and return the id of its turn, once it is acknowledged."""
        question = {"type": "turn.start", "text": text, "client_id": client_id or str(uuid.uuid4()), **fields}
        return await self.deliver(question)

    async def deliver(self, frame: dict) -> str:
        """Send what starts a turn and return the turn's id once it is acknowledged; a snapshot may take the place
        of the acknowledgment, so after one it is sent again, which its client_id makes harmless."""
        client_id = frame["client_id"]
        await self.send(**frame)
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                news = await self.step()
                match news["type"]:
                    case "message.created" if news["client_id"] == client_id:
                        return news["turn"]
                    case "error" if news["ref"] in {client_id, None}:
                        raise Refused(news)
                    case "conversation.snapshot":
                        await self.send(**frame)

    async def step(self) -> dict:
        """Return the next frame, applied."""
        frame = json.loads(await self.connection.recv())
        missed = self.reader.apply(frame)
        if frame["type"] == "conversation.snapshot":
            for stale in self.reader.stale():
                await self.send(**stale)
        if missed:
            # The server sends a message whole at most twice a second.
            asyncio.get_running_loop().call_later(
                0.55, lambda: asyncio.ensure_future(self._ask_again(missed["message"]))
            )
            await self.send(**missed)
        return frame

    async def _ask_again(self, message: str) -> None:
        said = self.reader.messages[message]
        if said.sha256 and not said.exact:
            await self.send(type="sync", message=message, seq=said.seq)

    async def until(self, condition, seconds: float = 30):
        """Read until `condition(reader)` is true and return it."""
        async with asyncio.timeout(seconds):
            while not (met := condition(self.reader)):
                await self.step()
            return met

    async def until_finished(self, turn: str, seconds: float = 60) -> Said:
        """Read until the turn has ended and its text is all there; returns the answer."""

        def finished(reader: Reader) -> bool:
            return reader.turns.get(turn) not in {None, "queued", "running"} and reader.answer(turn).over

        await self.until(finished, seconds)
        return self.reader.answer(turn)

    async def close(self) -> None:
        """Close the socket."""
        await self.connection.close()


async def wait_for(condition, seconds: float = 20, every: float = 0.05):
    """Return what `condition()` returns once it is true; it may be a coroutine function.

    Raises TimeoutError after so many seconds, as a free machine has them.
    """
    end = time.monotonic() + within(seconds)
    while time.monotonic() < end:
        met = condition()
        if asyncio.iscoroutine(met):
            met = await met
        if met:
            return met
        await asyncio.sleep(every)
    raise TimeoutError("The condition was never met")
