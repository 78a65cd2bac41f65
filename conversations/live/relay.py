"""The way between processes: news of conversations and commands, over the channel layer.

The layer loses messages when Redis restarts and is never trusted with content: deltas are numbered, a gap asks the
process that runs the turn for the whole text, and `mirror` compares with the rows.
"""

import asyncio
import contextlib
import logging

from chatsite import metrics
from chatsite.tasks import end_tasks

from . import feeds, mirror, persons
from .feeds import Feed, LiveMessage
from .outside import group_of

logger = logging.getLogger(__name__)

# News for other processes is gathered this long, so that one message to Redis carries several.
GATHER_SECONDS = 0.08
# Redis may take this long before it counts as away.
LAYER_SECONDS = 2.0
# A message is asked for, or sent, whole at most this often.
RESYNC_SECONDS = 0.5
COMMANDS = "chatsite.commands"
# What waits for a Redis that is away is given up past this many conversations; the rows tell the rest.
WAITING_LIMIT = 10_000


class Relay:
    """Carries this process's news to the others and theirs to the feeds here."""

    def __init__(self, layer, worker: str, on_command):
        self.layer = layer
        self.worker = worker
        self.on_command = on_command
        self._channel = ""
        self._waiting: dict[str, list[dict]] = {}
        self._ready = asyncio.Event()
        self._followed: set[str] = set()
        self._resynced: dict[str, float] = {}
        self._tasks: list[asyncio.Task] = []
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Begin to listen and to send."""
        self._tasks = [asyncio.create_task(self._send_forever()), asyncio.create_task(self._receive_forever())]

    async def close(self) -> None:
        """Send what waits, then stop."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(LAYER_SECONDS):
                await self._send_all()
        await end_tasks(self._tasks)

    def send(self, conversation_id: str, news) -> None:
        """Queue news of a conversation for the other processes."""
        if len(self._waiting) >= WAITING_LIMIT:
            self._waiting.clear()
        self._waiting.setdefault(conversation_id, []).extend(news)
        self._ready.set()

    def delta(self, message: LiveMessage, text: str, thinking: str) -> None:
        """Queue one step of a message, joined to the steps before it that still wait."""
        waiting = self._waiting.setdefault(message.feed.id, [])
        step = [message.seq, text, thinking]
        last = waiting[-1] if waiting else None
        if last and last["type"] == "message.deltas" and last["message"] == message.id:
            last["deltas"].append(step)
        else:
            waiting.append({"type": "message.deltas", "message": message.id, "turn": message.turn, "deltas": [step]})
        self._ready.set()

    async def command(self, **command) -> None:
        """Tell every other process to do something: stop a turn, send a message whole, end a person's sockets."""
        with contextlib.suppress(Exception):
            await self._bounded(self.layer.group_send(COMMANDS, {"type": "command", "from": self.worker, **command}))

    async def follow(self, conversation_id: str) -> None:
        """Hear what other processes say of a conversation; tried again in the background while Redis is away."""
        if conversation_id not in self._followed and self._channel:
            await self._join(conversation_id)

    async def unfollow(self, conversation_id: str) -> None:
        """Stop hearing of a conversation."""
        if conversation_id in self._followed:
            self._followed.discard(conversation_id)
            with contextlib.suppress(Exception):
                await self._bounded(self.layer.group_discard(group_of(conversation_id), self._channel))

    async def follow_watched(self) -> None:
        """Join what could not be joined before; called now and then."""
        if self._channel:
            watched = [feed.id for feed in feeds.current().values() if feed.watchers]
            for key in [*watched, *persons.keys()]:
                if key not in self._followed and not await self._join(key):
                    return

    async def _join(self, conversation_id: str) -> bool:
        try:
            await self._bounded(self.layer.group_add(group_of(conversation_id), self._channel))
        except Exception as error:
            logger.warning("Redis cannot be reached (%s); pages converge from the database.", type(error).__name__)
            return False
        self._followed.add(conversation_id)
        return True

    async def _bounded(self, call):
        # Not `wait_for`: on Python 3.11 that forgets a cancellation that comes together with the answer.
        async with asyncio.timeout(LAYER_SECONDS):
            return await call

    async def _send_forever(self) -> None:
        while True:
            await self._ready.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._ready.clear()
            try:
                await self._send_all()
            except Exception as error:
                # Nothing is kept for later: readers elsewhere see the gap and ask, or compare with the rows.
                logger.warning("News could not be sent to other processes: %s", type(error).__name__)
                await asyncio.sleep(1)

    async def _send_all(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for conversation_id, news in waiting.items():
            body = {"type": "news", "from": self.worker, "conversation": conversation_id, "news": news}
            await self._bounded(self.layer.group_send(group_of(conversation_id), body))

    async def _receive_forever(self) -> None:
        while True:
            try:
                if not self._channel:
                    channel = await self._bounded(self.layer.new_channel())
                    await self._bounded(self.layer.group_add(COMMANDS, channel))
                    self._channel = channel
                    await self.follow_watched()
                body = await self.layer.receive(self._channel)
                if body["from"] != self.worker:
                    await self._receive(body)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                logger.warning("Other processes cannot be heard: %s", type(error).__name__)
                await asyncio.sleep(1)

    async def _receive(self, body: dict) -> None:
        if body["type"] == "news":
            feed = feeds.current().get(body["conversation"])
            if feed is None:
                persons.deliver(body["conversation"], body["news"])
                return
            for event in body["news"]:
                await self._hear(feed, event)
        elif body["do"] == "resync":
            self._send_whole(body["conversation"], body["message"])
        else:
            self.on_command(body)

    async def _hear(self, feed: Feed, event: dict) -> None:
        if event["type"] in {"message.deltas", "message.whole"}:
            metrics.news_heard.add()
            if not mirror.hear(feed, event):
                metrics.news_gaps.add()
                await self._ask_whole(feed, event["message"])
            return
        mirror.before_event(feed, event)
        feed.deliver(event)

    async def _ask_whole(self, feed: Feed, message_id: str) -> None:
        if self._due(message_id):
            await self.command(do="resync", conversation=feed.id, message=message_id)

    def _send_whole(self, conversation_id: str, message_id: str) -> None:
        feed = feeds.current().get(conversation_id)
        message = feed.messages.get(message_id) if feed else None
        if message is not None and message.own and self._due(message_id):
            self.send(conversation_id, [mirror.whole(message)])

    def _due(self, message_id: str) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._resynced.get(message_id, -RESYNC_SECONDS) < RESYNC_SECONDS:
            return False
        if len(self._resynced) > WAITING_LIMIT:
            self._resynced.clear()
        self._resynced[message_id] = now
        return True
