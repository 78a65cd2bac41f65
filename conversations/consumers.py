"""The WebSocket of a conversation: it starts, stops and watches turns, and owns no work."""

import asyncio
import contextlib
import logging
import uuid

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.db import Error as DatabaseError
from django.utils.translation import activate, gettext

from accounts.errors import InsufficientScope
from accounts.permissions import require_scope
from chatsite import languages, logs, metrics
from chatsite.threads import in_database

from . import doorkeeper, events, frames, lifecycle, live, pacing, presence, snapshots, sockets, turns
from .errors import ChatError, Invalid, NotFound
from .live.watchers import PlainWatcher
from .models import Conversation, Message
from .wire import FORMATS, encode

logger = logging.getLogger(__name__)

# How many frames a socket may send in how many seconds, and from how many on it is closed.
FRAMES = 20
FRAMES_SECONDS = 10.0
FRAMES_TOO_MANY = 100
# So many unreadable frames in so many seconds close the socket.
STRIKES = 5
STRIKES_SECONDS = 60.0
# A message is sent whole at most this often.
SYNC_SECONDS = 0.5
# A reader that takes nothing for this long is closed.
STALLED_SECONDS = 15.0
# A client that reads nothing may not even take the frame that closes its socket.
CLOSE_SECONDS = 5.0

PROTOCOL, SIGNED_OUT, DISABLED, NOT_FOUND, SLOW, TOO_MANY = 4400, 4401, 4403, 4404, 4409, 4429
CONNECT_AGAIN = 1012


class ConversationConsumer(AsyncConsumer):
    """One open socket, in one of the formats text, html or plain."""

    # Sockets do not use the channel layer themselves; `live.relay` does, once per process.
    channel_layer_alias = "none"

    def __init__(self):
        # Set once the socket has joined its conversation.
        self.joined = False
        self.feed: live.Feed
        self.watcher: live.Watcher
        self.closed = False
        # When the frame that is being sent was begun; None between frames.
        self.sending_since: float | None = None
        # Whether the conversation is this person's; None while nobody has begun it.
        self.mine: bool | None = None
        self._tasks: set[asyncio.Task] = set()
        self._arrivals = pacing.Lately(FRAMES_SECONDS)
        self._strikes = pacing.Lately(STRIKES_SECONDS)
        self._synced: dict[str, float] = {}

    async def __call__(self, scope, receive, send):
        """Serve one socket; however that ends, nothing of it stays behind."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def dispatch(self, message):
        """Call the handler; the database is only touched in its own threads, so there is nothing to close here."""
        try:
            await getattr(self, message["type"].replace(".", "_"))(message)
        except StopConsumer:
            raise
        except DatabaseError as error:
            logger.warning("A socket was closed, the database cannot be reached: %s", type(error).__name__)
            await self.close(CONNECT_AGAIN, "please connect again")
        except Exception:
            logger.exception("A socket was closed")
            await self.close(CONNECT_AGAIN, "please connect again")

    # -- Opening and closing ----------------------------------------------------------------------------------------

    async def websocket_connect(self, message) -> None:
        """Let in who may come in, join, and tell where things stand."""
        if sockets.full():
            await self.refuse(503)
            return
        try:
            entrance = await doorkeeper.admit(self.scope)
        except doorkeeper.ForeignOrigin:
            await self.refuse(403)
            return
        except doorkeeper.Unknown as unknown:
            await self._send({"type": "websocket.accept", "subprotocol": unknown.subprotocol})
            await self.close(unknown.close_code, unknown.detail)
            return
        except DatabaseError:
            await self.refuse(503)
            return
        self.credential = entrance.credential
        self.user = entrance.credential.user
        # What is said to this socket is said in this task and in those that it starts.
        activate(languages.of_socket(self.user, self.scope))
        logs.tell_about(user=self.user.pk, request=logs.request_id(doorkeeper.offered_name(self.scope)))
        await self._send({"type": "websocket.accept", "subprotocol": entrance.subprotocol})
        await self._begin(entrance)

    async def _begin(self, entrance: doorkeeper.Entrance) -> None:
        raw_id = self.scope["url_route"]["kwargs"]["conversation_id"]
        if not frames.is_uuid(raw_id):
            await self.tell_error(Invalid(gettext("The address of a conversation ends in a UUID in its usual form.")))
            await self.close(PROTOCOL, "bad address")
            return
        if entrance.format not in FORMATS:
            await self.tell_error(
                Invalid(gettext("The format is one of: %(formats)s.") % {"formats": ", ".join(FORMATS)})
            )
            await self.close(PROTOCOL, "unknown format")
            return
        if not sockets.enter(self):
            await self.close(TOO_MANY, "too many open sockets")
            return
        self.format = FORMATS[entrance.format]
        self.conversation_id = uuid.UUID(raw_id)
        if not await self._may_stay():
            return
        self.watcher = PlainWatcher(self.format) if self.format.name == "plain" else live.Watcher(self.format)
        self.watcher.on_finished = self._note_presence
        self.feed = await live.watch(self.conversation_id, self.watcher)
        self.joined = True
        if self.format.html:
            await live.listen(self.user.pk, self.watcher)
        self._note_presence()
        await self._tell_snapshot()
        self.keep(asyncio.create_task(self._write_forever()))

    async def _may_stay(self) -> bool:
        """Whether the conversation is this person's, or nobody's yet; one that became somebody else's ends here."""
        if self.mine is None:
            owner = await in_database(Conversation.objects.owner_of, self.conversation_id)
            self.mine = None if owner is None else owner == self.user.pk
            if self.mine is False:
                await self.tell_error(NotFound())
                await self.close(NOT_FOUND, "no such conversation")
        return self.mine is not False

    async def websocket_disconnect(self, message) -> None:
        """Leave; whatever runs, runs on."""
        await self._leave()
        raise StopConsumer

    async def close(self, code: int, reason: str) -> None:
        """Close the socket, once."""
        if self.closed:
            return
        self.closed = True
        await self._leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send({"type": "websocket.close", "code": code, "reason": reason[:100]})

    async def refuse(self, status: int) -> None:
        """Answer the handshake with an HTTP status instead of opening a socket."""
        self.closed = True
        if "websocket.http.response" in self.scope.get("extensions", {}):
            await self._send({"type": "websocket.http.response.start", "status": status, "headers": []})
            await self._send({"type": "websocket.http.response.body", "body": b""})
        else:
            await self._send({"type": "websocket.close"})

    async def turn_out(self) -> None:
        """Close because this person signed out, or may not sign in any more."""
        why = await in_database(doorkeeper.why_closed, self.user.pk)
        # On its own: a client that reads nothing must not keep those waiting who are turned out after it.
        self.keep(asyncio.create_task(self.close(*why)))

    async def turn_out_slow(self) -> None:
        """Close because the client does not read; its next connection starts from a snapshot."""
        self.keep(asyncio.create_task(self.close(SLOW, "too slow")))

    async def _leave(self) -> None:
        sockets.leave(self)
        for task in list(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()
        if self.joined:
            self.joined = False
            await self._part()

    async def _part(self) -> None:
        self._note_presence()
        await live.unwatch(self.feed, self.watcher)
        if self.format.html:
            await live.hush(self.user.pk, self.watcher)

    def _note_presence(self) -> None:
        presence.note(self.conversation_id, owner=self.user.pk if self.mine else None)

    def keep(self, task: asyncio.Task) -> None:
        """Hold a task for as long as it runs, and end it with the socket."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- To the client ----------------------------------------------------------------------------------------------

    async def send_text(self, text: str) -> None:
        """Send one frame; waits while the client reads slowly."""
        if not self.closed:
            self.sending_since = asyncio.get_running_loop().time()
            await self._send({"type": "websocket.send", "text": text})
            self.sending_since = None

    async def _send(self, message: dict) -> None:
        """Hand a message to the server; one that comes when the client is gone already is nobody's any more."""
        try:
            await self.base_send(message)
        except (OSError, RuntimeError):
            # uvicorn's two ways to say so: the connection was lost, or was being closed for a broken frame.
            self.closed = True

    async def tell_error(self, error: ChatError | InsufficientScope, ref: str | None = None) -> None:
        """Tell what cannot be done, and which frame that answers."""
        frame = {"type": "error", "code": error.code, "detail": error.detail, "ref": ref, **getattr(error, "extra", {})}
        await self.send_text(encode(frame))

    async def _tell_snapshot(self) -> None:
        # Before the rows are read: what is lost from here on needs another snapshot.
        self.watcher.lost = False
        stand = await in_database(snapshots.read, self.conversation_id)
        owner = stand.conversation.owner_id if stand.conversation else None
        if owner != self.user.pk and (owner or self.mine):
            # Deleted since, or deleted and begun anew by somebody else.
            await self.close(NOT_FOUND, "no such conversation")
            return
        if not await self._may_stay():
            return
        await self._say(self.format.conversation(snapshots.settle(self.feed, stand, self.watcher)))

    async def _write_forever(self) -> None:
        """Send what there is, as fast as the client takes it and no faster."""
        try:
            while not self.closed:
                await self.watcher.wait()
                if self.watcher.lost:
                    await self._tell_snapshot()
                for frame in self.watcher.take():
                    if not await self._may_stay():
                        return
                    await self.send_text(frame)
                if self.watcher.gone:
                    await self.close(NOT_FOUND, "the conversation was deleted")
        except DatabaseError:
            await self.close(CONNECT_AGAIN, "please connect again")
        except Exception:
            # The client went away in the middle of a frame: its own disconnect follows.
            if not self.closed:
                logger.exception("A socket could not be written to")
                await self.close(CONNECT_AGAIN, "please connect again")

    @property
    def stalled(self) -> bool:
        """Whether the client has not taken a frame for STALLED_SECONDS."""
        since = self.sending_since
        return since is not None and asyncio.get_running_loop().time() - since > STALLED_SECONDS

    # -- From the client --------------------------------------------------------------------------------------------

    async def websocket_receive(self, message) -> None:
        """Read one frame and do what it says; what cannot be done is told and breaks nothing."""
        if self.closed or not self.joined:
            return
        ref = None
        try:
            text = message.get("text")
            if not await self._may_speak(text):
                return
            if text is None:
                raise frames.BadJson(gettext("Frames are text; binary ones are not read."), code="binary_not_supported")
            if self.format.name == "plain":
                require_scope(self.credential, "chat")
                await self._start({"text": text})
                return
            frame = frames.read(text)
            ref = frame.get("client_id") or frame.get("turn") or frame.get("message") or frame["type"]
            if frame["type"] not in frames.WATCHING:
                require_scope(self.credential, "chat")
            await getattr(self, "on_" + frame["type"].replace(".", "_"))(frame)
        except frames.BadJson as error:
            await self.tell_error(error)
            await self._strike()
        except (ChatError, InsufficientScope) as error:
            await self.tell_error(error, ref)
        except DatabaseError as error:
            logger.warning("A frame could not be carried out: %s", type(error).__name__)
            await self.tell_error(
                ChatError(
                    gettext("The database cannot be reached. Try again in a moment."), code="unavailable", retry_after=2
                ),
                ref,
            )

    async def _may_speak(self, text: str | None = None) -> bool:
        now = asyncio.get_running_loop().time()
        number = self._arrivals.count(now)
        if number > FRAMES_TOO_MANY:
            await self.close(TOO_MANY, "too many frames")
            return False
        # However much came before it, a Stop is heard.
        if number > FRAMES and (self.format.name == "plain" or not frames.is_stop(text)):
            wait = self._arrivals.wait(now)
            await self.tell_error(
                ChatError(
                    gettext("Too many frames. Wait %(wait)s seconds.") % {"wait": wait},
                    code="rate_limited",
                    retry_after=wait,
                )
            )
            return False
        return True

    async def _strike(self) -> None:
        if self._strikes.count(asyncio.get_running_loop().time()) >= STRIKES:
            await self.close(PROTOCOL, "too many unreadable frames")

    async def on_turn_start(self, frame: dict) -> None:
        """A question."""
        await self._start(frame)

    async def _start(self, frame: dict) -> None:
        started = await in_database(
            turns.start,
            conversation_id=self.conversation_id,
            author=self.user,
            text=frame["text"],
            client_id=frame.get("client_id"),
            model=frame.get("model") or "",
            parent=frame.get("parent"),
            attachments=frame.get("attachments") or (),
            mode=frame.get("mode") or "",
        )
        await self._acknowledge(started)

    async def on_turn_retry(self, frame: dict) -> None:
        """The same question again."""
        turn = await self._turn(frame)
        work = {"turn": turn, "author": self.user, "client_id": frame.get("client_id")}
        chosen = {"model": frame.get("model") or "", "mode": frame.get("mode") or ""}
        await self._acknowledge(await in_database(turns.retry, **chosen, **work))

    async def on_turn_continue(self, frame: dict) -> None:
        """The rest of an answer that was cut off."""
        work = {"turn": await self._turn(frame), "author": self.user, "client_id": frame.get("client_id")}
        await self._acknowledge(await in_database(turns.resume, model=frame.get("model") or "", **work))

    async def on_turn_edit(self, frame: dict) -> None:
        """The question in other words."""
        turn = await self._turn(frame)
        work = {"turn": turn, "author": self.user, "client_id": frame.get("client_id"), "text": frame["text"]}
        await self._acknowledge(await in_database(turns.edit, model=frame.get("model") or "", **work))

    async def on_turn_stop(self, frame: dict) -> None:
        """Enough."""
        await in_database(turns.stop, turn=await self._turn(frame))

    async def on_sync(self, frame: dict) -> None:
        """A reader that missed something: the message whole, but not too often."""
        if not await self._may_stay():
            return
        message_id = frame["message"]
        loop = asyncio.get_running_loop()
        due = self._synced.get(message_id, -SYNC_SECONDS) + SYNC_SECONDS
        if loop.time() < due:
            return
        self._synced = {message_id: loop.time()}
        metrics.syncs_asked.add()
        growing = self.feed.messages.get(message_id)
        if growing is not None:
            self.watcher.have[message_id] = -1
            self.watcher.grew(growing)
            return
        asked = Message.objects.visible_to(self.user).filter(turn__conversation=self.conversation_id, pk=message_id)
        message = await in_database(asked.first)
        if message is None:
            raise NotFound
        await self._say(self.format.kept(message))

    async def on_conversation_end(self, frame: dict) -> None:
        """The conversation is over, until the next question."""
        conversation = await in_database(lifecycle.find, conversation_id=self.conversation_id, user=self.user)
        await in_database(lifecycle.end, conversation=conversation)

    async def on_ping(self, frame: dict) -> None:
        """A sign of life is answered."""
        await self.send_text(encode({"type": "pong"}))

    async def _acknowledge(self, started: turns.Started) -> None:
        """Tell the sender of a repeated question which one it was; a new one is told to everybody."""
        if not started.new:
            event = events.message_created(started.question, client_id=started.turn.client_id)
            await self._say(self.format.event(event))

    async def _say(self, frame: str | None) -> None:
        if frame is not None:
            await self.send_text(frame)

    async def _turn(self, frame: dict):
        turn = await in_database(turns.find, turn_id=frame["turn"], user=self.user)
        if turn.conversation_id != self.conversation_id:
            raise NotFound
        return turn
