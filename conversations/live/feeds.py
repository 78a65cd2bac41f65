"""The running messages of a process, by conversation; everything here happens on the server's event loop."""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from django.db import transaction

from ..rendering import LiveBlocks
from . import outside, persons
from .watchers import Watcher

# Deltas of one message go out at once when it was quiet, else this far apart; a little further when very many run.
FLUSH_SECONDS = 0.05
FLUSH_LIMIT_SECONDS = 0.1
CALM_MESSAGES = 50
# How many deltas a reader may be behind before it gets the whole text instead.
KEPT_DELTAS = 64
# Rendering a message may take this share of one core; a text that is slow to render is shown less often.
RENDERING_SHARE = 0.1

# How far a tool is that waits to be allowed.
ASKED = "asked"


class Delta:
    """One step of a live message: what was added, and which blocks of its HTML it changed (None: not rendered)."""

    __slots__ = ("blocks", "first", "frames", "length", "seq", "text", "thinking", "thinking_length")

    def __init__(
        self,
        seq: int,
        text: str,
        thinking: str,
        first: int | None,
        blocks: list[str] | None,
        *,
        length: int,
        thinking_length: int,
    ):
        self.seq = seq
        # How many characters the message has with it.
        self.length = length
        self.thinking_length = thinking_length
        self.text = text
        self.thinking = thinking
        self.first = first
        self.blocks = blocks
        # The encoded frame by format, shared by all who read it.
        self.frames: dict[str, str] = {}


class LiveMessage:
    """An assistant message while it is being written: here (`own`) or, as heard, in another process."""

    def __init__(self, *, feed: "Feed", id: str, turn: str, model: str = "", text="", thinking="", seq=0, own=True):
        self.feed = feed
        self.id = id
        self.turn = turn
        self.model = model
        self.text = text
        self.thinking = thinking
        self.seq = seq
        self.own = own
        self.status = "streaming"
        self.deltas: deque[Delta] = deque(maxlen=KEPT_DELTAS)
        self.blocks: LiveBlocks | None = None
        # Whether it was removed while it was written.
        self.redacted = False
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._flushed_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._render_from = 0.0

    def add(self, text: str = "", thinking: str = "") -> None:
        """Take in what the model said; readers are told now or with the next delta."""
        if self.redacted:
            return
        if text:
            self._text.append(text)
        if thinking:
            self._thinking.append(thinking)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._flushed_at + _flush_seconds - loop.time()
            if wait <= 0:
                self.flush()
            else:
                self._timer = loop.call_later(wait, self.flush)

    def flush(self) -> None:
        """Tell readers what was added since the last time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._text and not self._thinking:
            return
        text, thinking = "".join(self._text), "".join(self._thinking)
        self._text.clear()
        self._thinking.clear()
        self._flushed_at = asyncio.get_running_loop().time()
        self.advance(self.seq + 1, text, thinking)
        if _outlet is not None:
            _outlet.delta(self, text, thinking)

    def advance(self, seq: int, text: str, thinking: str) -> None:
        """Apply one step and wake the readers."""
        self.seq = seq
        self.text += text
        if thinking:
            self.thinking += thinking
        first, blocks = self._render()
        lengths = {"length": len(self.text), "thinking_length": len(self.thinking)}
        self.deltas.append(Delta(seq, text, thinking, first, blocks, **lengths))
        self.feed.wake(self)

    def replace(self, seq: int, text: str, thinking: str) -> None:
        """Take over a whole text: the one place where a live text may shrink."""
        self.seq, self.text, self.thinking = seq, text, thinking
        self.deltas.clear()
        self.blocks = None
        self.feed.wake(self)

    def redact(self, text: str) -> None:
        """Say no more than this from now on."""
        self._text.clear()
        self._thinking.clear()
        self.redacted = True
        self.replace(self.seq + 1, text, "")

    def html(self) -> list[str]:
        """Return the HTML blocks that the readers have by now, and keep rendering from now on."""
        if self.blocks is None:
            self.blocks = LiveBlocks()
            self.blocks.update(self.text)
        # No update in between: blocks that change must be told in a delta, to all who read them.
        return self.blocks.blocks

    def _render(self) -> tuple[int | None, list[str] | None]:
        if not self.feed.html_watchers:
            self.blocks = None
            return None, None
        began = time.perf_counter()
        if self.blocks is None:
            self.blocks = LiveBlocks()
        elif began < self._render_from:
            return len(self.blocks.blocks), []
        first = self.blocks.update(self.text)
        took = time.perf_counter() - began
        self._render_from = began + took / RENDERING_SHARE
        return first, self.blocks.blocks[first:]


class Feed:
    """One conversation as this process knows it: its running messages and its watchers."""

    def __init__(self, conversation_id: str):
        self.id = conversation_id
        self.watchers: set[Watcher] = set()
        self.html_watchers = 0
        self.messages: dict[str, LiveMessage] = {}
        # The last status of each turn that watchers were told of, and the stage of the open one.
        self.told: dict[str, str] = {}
        self.stages: dict[str, dict] = {}
        # How far the tools of running turns are, by message, as watchers were told.
        self.tools: dict[str, str] = {}
        # Whose conversation it was when the rows were last looked at; None while there is none.
        self.owner: uuid.UUID | None = None

    def open(self, **fields) -> LiveMessage:
        """Return a new live message of this conversation."""
        message = LiveMessage(feed=self, **fields)
        self.messages[message.id] = message
        return message

    def wake(self, message: LiveMessage) -> None:
        """Tell every watcher that the message has grown."""
        for watcher in self.watchers:
            watcher.grew(message)

    def deliver(self, event: dict) -> None:
        """Give one piece of news to every watcher, and remember what it says about turns."""
        match event["type"]:
            case "turn.started":
                self.told[event["turn"]] = "running"
            case "turn.status":
                self.stages[event["turn"]] = event
            case "message.created" if event["role"] == "tool":
                self.tools[event["message"]] = event["status"]
            case "tool.asked":
                self.tools[event["message"]] = ASKED if event["allowed"] is None else event["status"]
            case "tool.returned":
                self.tools[event["message"]] = event["status"]
            case "message.redacted":
                # Nobody who comes now is told more of it.
                if event["message"] in self.messages:
                    self.messages[event["message"]].redact(event["content"])
            case "turn.finished":
                self.told[event["turn"]] = event["status"]
                self.stages.pop(event["turn"], None)
                # Only one turn runs in a conversation.
                self.tools.clear()
            case "conversation.deleted":
                self.told.clear()
                self.stages.clear()
                self.owner = None
            case "message.completed":
                message = self.messages.get(event["message"])
                # One that is written here ends here, whatever another process took it for.
                if message is not None and not (message.own and message.status == "streaming"):
                    del self.messages[event["message"]]
        for watcher in self.watchers:
            watcher.put(event)

    @property
    def idle(self) -> bool:
        return not self.watchers and not self.messages


_feeds: dict[str, Feed] = {}
_loop: asyncio.AbstractEventLoop | None = None
# The relay to other processes, if there is one.
_outlet = None
_flush_seconds = FLUSH_SECONDS


def pace(messages: int) -> None:
    """Set how often deltas go out by how many messages are being written in this process."""
    global _flush_seconds
    _flush_seconds = min(FLUSH_LIMIT_SECONDS, FLUSH_SECONDS * max(1.0, messages / CALM_MESSAGES))


def attach(loop: asyncio.AbstractEventLoop, outlet=None) -> None:
    """Make this the loop on which news is delivered; `outlet` carries it to other processes."""
    global _loop, _outlet
    _loop, _outlet = loop, outlet


def detach() -> None:
    """Forget the loop and everything that was live."""
    global _loop, _outlet
    _loop = _outlet = None
    _feeds.clear()
    persons.clear()


def on_loop(call: Callable, *args) -> bool:
    """Run `call` soon on the server's loop, from any thread; False where there is no server."""
    if _loop is None or _loop.is_closed():
        return False
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is _loop:
        call(*args)
    else:
        _loop.call_soon_threadsafe(call, *args)
    return True


def feed(conversation_id) -> Feed:
    """Return the feed of a conversation, made if nobody had asked yet."""
    key = str(conversation_id)
    if key not in _feeds:
        _feeds[key] = Feed(key)
    return _feeds[key]


def current() -> dict[str, Feed]:
    """Return all feeds by conversation id."""
    return _feeds


def tidy(feed: Feed) -> None:
    """Forget a feed that nobody watches and nothing runs in."""
    # Only this very one: somebody may have joined a new feed of the same conversation meanwhile.
    if feed.idle and _feeds.get(feed.id) is feed:
        del _feeds[feed.id]


def publish(conversation_id, *news: dict, owner: uuid.UUID | None = None) -> None:
    """Tell everybody who watches a conversation, here and in other processes; callable from any thread.

    With `owner`, all of that person's pages are told what of it their lists of conversations show.
    """
    if owner is not None and (theirs := persons.news_of(conversation_id, news)):
        # First: whoever watches the conversation answers the end of a turn with having seen it.
        _tell(persons.key_of(owner), theirs)
    _tell(str(conversation_id), news)


def tell_person(user_id: uuid.UUID, event: dict = persons.CHANGED) -> None:
    """Tell all of a person's pages, once this transaction is committed, that their list has changed, or something
    else; callable from any thread."""
    transaction.on_commit(partial(_tell, persons.key_of(user_id), [event]))


def tell_seen(user_id: uuid.UUID, conversation_id) -> None:
    """Tell all of a person's pages that somebody has looked at a conversation."""
    _tell(persons.key_of(user_id), [persons.seen(conversation_id)])


def _tell(key: str, news: Sequence[dict]) -> None:
    if not on_loop(_publish, key, news):
        outside.tell(key, news)


def _publish(key: str, news: Sequence[dict]) -> None:
    if key in _feeds:
        known = _feeds[key]
        for event in news:
            known.deliver(event)
        tidy(known)
    else:
        persons.deliver(key, news)
    if _outlet is not None:
        _outlet.send(key, news)


async def listen(user_id: uuid.UUID, watcher: Watcher) -> None:
    """Let a page hear what goes on among a person's conversations."""
    key = persons.key_of(user_id)
    persons.add(key, watcher)
    if _outlet is not None:
        await _outlet.follow(key)


async def hush(user_id: uuid.UUID, watcher: Watcher) -> None:
    """Let a page hear it no more."""
    key = persons.key_of(user_id)
    if persons.remove(key, watcher) and _outlet is not None:
        await _outlet.unfollow(key)


async def watch(conversation_id, watcher: Watcher) -> Feed:
    """Join: from now on `watcher` hears what happens in the conversation. Authorise before, read the rows after."""
    joined = feed(conversation_id)
    joined.watchers.add(watcher)
    joined.html_watchers += watcher.format.html
    if _outlet is not None:
        await _outlet.follow(joined.id)
    return joined


async def unwatch(joined: Feed, watcher: Watcher) -> None:
    """Leave."""
    if watcher in joined.watchers:
        joined.watchers.discard(watcher)
        joined.html_watchers -= watcher.format.html
    if not joined.watchers:
        # What other processes write is followed for watchers only.
        joined.messages = {id: message for id, message in joined.messages.items() if message.own}
    tidy(joined)
    if _outlet is not None and not joined.watchers:
        await _outlet.unfollow(joined.id)
