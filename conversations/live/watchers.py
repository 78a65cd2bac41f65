"""The outbox of one reader: bounded, coalescing, and never trusted to be fast."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Protocol

from chatsite import metrics

if TYPE_CHECKING:
    from .feeds import Delta, LiveMessage

# How much news, and how many characters of text in it, may wait for a slow reader; past it the reader starts over
# from a snapshot.
WAITING_LIMIT = 256
WAITING_CHARACTERS = 1_000_000


class Format(Protocol):
    """How a reader wants to see things: text, html or plain. None means that this is not for such a reader."""

    name: str
    html: bool

    def event(self, event: dict) -> str | None: ...

    def delta(self, message: "LiveMessage", delta: "Delta") -> str | None: ...

    def snapshot(self, message: "LiveMessage") -> str | None: ...


class Watcher:
    """Collects what one reader has not seen yet: news in order, and which messages have grown."""

    def __init__(self, format: Format):
        self.format = format
        # How far the reader is in each live message.
        self.have: dict[str, int] = {}
        # Set when so much was missed that the reader needs the conversation's snapshot.
        self.lost = False
        # Called when a turn has ended under this reader's eyes.
        self.on_finished: Callable[[], None] | None = None
        # Set when the conversation was deleted: there is nothing to watch any more.
        self.gone = False
        # News as it came, and in its place the id of a message that has grown.
        self._waiting: deque[dict | str] = deque()
        self._characters = 0
        self._grown: dict[str, LiveMessage] = {}
        self._ready = asyncio.Event()

    def put(self, event: dict) -> None:
        """Queue one piece of news."""
        if self.gone:
            # Of a conversation that somebody else has begun under the same id.
            return
        self.gone = event["type"] == "conversation.deleted"
        characters = _characters(event)
        too_long = self._characters and self._characters + characters > WAITING_CHARACTERS
        if too_long or len(self._waiting) >= WAITING_LIMIT:
            self.lose()
        self._waiting.append(event)
        self._characters += characters
        self._ready.set()
        if event["type"] == "turn.finished" and self.on_finished is not None:
            self.on_finished()

    def grew(self, message: "LiveMessage") -> None:
        """Remember that the message has more to say; its text stays where it is until the reader takes it."""
        if self.gone:
            return
        if message.id not in self._grown:
            self._waiting.append(message.id)
            self._ready.set()
        # The latest: the answer itself takes the place of what was only heard of it.
        self._grown[message.id] = message

    def lose(self) -> None:
        """Give up what waits: the reader will start over from a snapshot."""
        self._waiting.clear()
        self._characters = 0
        self._grown.clear()
        self.lost = True
        self._ready.set()

    def settle(self, *, known: set[str], finished: set[str], have: dict[str, int]) -> None:
        """Drop the news that a snapshot just read already holds; keep what came after it."""
        self.have.update(have)
        kept = [item for item in self._waiting if not isinstance(item, dict) or _is_news(item, known, finished, have)]
        self._waiting = deque(kept)
        self._characters = sum(_characters(item) for item in kept if isinstance(item, dict))

    async def wait(self) -> None:
        """Return when there is something to take."""
        await self._ready.wait()

    def take(self) -> Iterator[str]:
        """Yield the frames that bring the reader up to now."""
        self._ready.clear()
        while self._waiting and not self.lost:
            item = self._waiting.popleft()
            if isinstance(item, dict):
                self._characters -= _characters(item)
                yield from self._news(item)
                if item["type"] == "message.completed":
                    self.have.pop(item["message"], None)
            else:
                yield from self._catch_up(self._grown.pop(item))

    def _news(self, event: dict) -> Iterator[str]:
        frame = self.format.event(event)
        if frame is not None:
            yield frame

    def _catch_up(self, message: "LiveMessage") -> Iterator[str]:
        have = self.have.get(message.id, 0)
        if have == message.seq:
            return
        self.have[message.id] = message.seq
        steps, kept = message.seq - have, message.deltas
        missing = [kept[-behind] for behind in range(steps, 0, -1)] if 0 < steps <= len(kept) else []
        whole = bool(missing) and (not self.format.html or all(delta.blocks is not None for delta in missing))
        if not whole:
            missing.clear()
            metrics.readers_resynced.add()
            if snapshot := self.format.snapshot(message):
                yield snapshot
        for delta in missing:
            if frame := self._frame(message, delta):
                yield frame

    def _frame(self, message: "LiveMessage", delta: "Delta") -> str | None:
        frame = delta.frames.get(self.format.name)
        if frame is None:
            frame = self.format.delta(message, delta)
            if frame is not None:
                delta.frames[self.format.name] = frame
        return frame


def _characters(event: dict) -> int:
    return len(event.get("content", ""))


def _is_news(event: dict, known: set[str], finished: set[str], have: Collection[str]) -> bool:
    match event["type"]:
        case "turn.started":
            return event["turn"] not in known
        case "message.created":
            # A tool may have been called since the rows were read.
            going_on = event["turn"] in known and event["turn"] not in finished
            return event["message"] not in have if going_on else event["turn"] not in known
        case "turn.status" | "turn.finished" | "message.completed" | "tool.called" | "tool.asked" | "tool.returned":
            return event["turn"] not in finished
        case _:
            return True


class PlainWatcher(Watcher):
    """The outbox of a reader of bare text: whatever it has not seen yet, with no numbers."""

    def __init__(self, format: Format):
        super().__init__(format)
        self._at: dict[str, int] = {}

    def _news(self, event: dict) -> Iterator[str]:
        if event["type"] == "message.completed":
            # The whole text is at hand here, also when steps of it were lost on the way.
            text = event["content"][self._at.pop(event["message"], 0) :]
            if text:
                yield text
        yield from super()._news(event)

    def _catch_up(self, message: "LiveMessage") -> Iterator[str]:
        text = message.text[self._at.get(message.id, 0) :]
        self._at[message.id] = len(message.text)
        if text:
            yield text
