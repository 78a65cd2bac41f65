"""A program that reads server-sent events, and puts answers together from them."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

# Above every pause that a stream makes.
SILENCE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `kind` is empty where the stream names none, and "comment" for a comment."""

    kind: str
    data: dict
    id: str = ""


def parse(block: str) -> Event | None:
    """Return the event of the lines between two blank ones; None for one that only says `retry`."""
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        if not name:
            return Event("comment", {"text": value.strip()})
        assert name in {"id", "event", "data", "retry"}, line
        assert name not in fields, block
        fields[name] = value.removeprefix(" ")
    if "data" not in fields:
        return None
    return Event(fields.get("event", ""), json.loads(fields["data"]), fields.get("id", ""))


async def events(chunks: AsyncIterator[str]) -> AsyncIterator[Event]:
    """Yield the events of a stream, however it is cut into pieces."""
    text = ""
    async for chunk in chunks:
        text += chunk
        while "\n\n" in text:
            block, _, text = text.partition("\n\n")
            if event := parse(block):
                yield event
    assert text == "", "the stream ended within an event"


@dataclass
class Listener:
    """Keeps answers by what deltas and snapshots of messages say, and nothing else."""

    texts: dict[str, str] = field(default_factory=dict)
    thinking: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    finished: dict[str, dict] = field(default_factory=dict)
    errors: list[dict] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    last_id: str = ""

    def apply(self, event: Event) -> None:
        """Take in one event."""
        data = event.data
        self.kinds.append(event.kind)
        self.last_id = event.id or self.last_id
        match event.kind:
            case "message.delta":
                self.texts[data["message"]] = self.texts.get(data["message"], "") + data["text"]
                self.thinking[data["message"]] = self.thinking.get(data["message"], "") + data.get("thinking", "")
            case "message.snapshot":
                self.texts[data["message"]] = data["content"]
                self.thinking[data["message"]] = data["thinking"]
            case "message.completed":
                self.digests[data["message"]] = data["sha256"]
            case "turn.finished":
                self.finished[data["turn"]] = data
            case "error":
                self.errors.append(data)

    @property
    def exact(self) -> bool:
        """Whether every answer that ended is the server's to the letter."""
        return bool(self.digests) and all(
            hashlib.sha256(self.texts.get(message, "").encode()).hexdigest() == digest
            for message, digest in self.digests.items()
        )

    async def read(self, stream: AsyncIterator[Event], until=None) -> "Listener":
        """Take in events to the end of the stream, or until `until(self)` is true."""
        async for event in stream:
            self.apply(event)
            if until is not None and until(self):
                break
        return self


@asynccontextmanager
async def opened(client: httpx.AsyncClient, method: str, url: str, **options) -> AsyncIterator[AsyncIterator[Event]]:
    """Yield the events of an answer that is a stream."""
    async with client.stream(method, url, timeout=SILENCE_SECONDS, **options) as answer:
        if answer.status_code != 200:
            raise AssertionError(f"{answer.status_code}: {(await answer.aread()).decode()}")
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield events(answer.aiter_text())
