"""One open stream: it joins a conversation, tells how it stands and then the news, and owns no work."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Iterator

from django.db import Error as DatabaseError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.credentials import Credential
from chatsite.threads import in_database, let_thread_go

from .. import doorkeeper, events, live, presence, snapshots, sockets
from ..errors import ChatError, NotFound
from ..models import Message, Turn
from .formats import Sse
from .outbox import Outbox
from .places import START, Place, end_of

logger = logging.getLogger(__name__)

# A stream in which nothing is said sends a comment this often, so that nobody on the way takes it for dead.
KEEP_ALIVE_SECONDS = 15.0
KEEP_ALIVE = b": keep-alive\n\n"
# When the server goes down, an answer that somebody waits for has this long to end in its stream. The server closes
# what is still open a moment later.
LAST_WORDS_SECONDS = 2.0


class TooManyStreams(ChatError):
    status = 429
    code = "too_many_streams"
    detail = _("You have too many streams and sockets open. Close one.")


class Busy(ChatError):
    status = 503
    code = "busy"
    detail = _("This server has all the open connections that it can hold. Try again in a moment.")


class Restarting(ChatError):
    status = 503
    code = "restarting"
    detail = _("The server restarts. Connect again.")


class Unavailable(ChatError):
    status = 503
    code = "unavailable"
    detail = _("The database cannot be reached. Connect again in a moment.")


class Stream:
    """What one reader is told; without a `turn` it goes on for as long as the reader stays."""

    # A client that takes nothing is cut off by the server's HTTP, which alone sees it.
    stalled = False

    def __init__(
        self,
        *,
        credential: Credential,
        conversation_id: uuid.UUID,
        turn: Turn | None,
        format: Sse,
        places: dict[str, Place],
    ):
        self.credential = credential
        self.user = credential.user
        self.conversation_id = conversation_id
        self.turn = turn
        self.format = format
        self.outbox = Outbox(format, turn=str(turn.pk) if turn else "", places=places)
        self.feed: live.Feed
        self._why: ChatError | None = None
        self._tasks: set[asyncio.Task] = set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield what the reader is sent, as fast as it takes it and no faster; nothing stays behind at the end."""
        await let_thread_go()
        try:
            check_room(self.user)
        except ChatError as full:
            yield self.format.failed(full).encode()
            return
        sockets.enter(self)
        joined = False
        try:
            self.feed = await live.watch(self.conversation_id, self.outbox)
            joined = True
            presence.note(self.conversation_id, owner=self.user.pk)
            yield (self.format.opening + await self._stand()).encode()
            while not self.outbox.over and self._why is None:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        await self.outbox.wait()
                except TimeoutError:
                    yield KEEP_ALIVE
                    continue
                told = await self._stand() if self.outbox.lost else ""
                told += "".join(self.outbox.take())
                if told:
                    yield told.encode()
                if self.outbox.gone:
                    self.end(NotFound())
        except DatabaseError as error:
            logger.warning("A stream was ended, the database cannot be reached: %s", type(error).__name__)
            self.end(Unavailable())
        finally:
            sockets.leave(self)
            for task in list(self._tasks):
                task.cancel()
            if joined:
                presence.note(self.conversation_id, owner=self.user.pk)
                await live.unwatch(self.feed, self.outbox)
        if self._why is not None and not self.outbox.over:
            yield self.format.failed(self._why).encode()

    def end(self, why: ChatError) -> None:
        """End the stream with an error, as soon as the reader has taken what it was sent."""
        self._why = self._why or why
        self.outbox.wake()

    async def turn_out(self) -> None:
        """End because this person signed out, or may not sign in any more."""
        why = await in_database(doorkeeper.why_out, self.credential)
        self.end(ChatError(why.detail, code=why.code))

    async def turn_out_slow(self) -> None:
        """Nothing: a client that takes nothing is cut off by the server's HTTP."""

    def keep(self, task: asyncio.Task) -> None:
        """Hold a task for as long as it runs, and end it with the stream."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- How things stand -------------------------------------------------------------------------------------------

    async def _stand(self) -> str:
        """Return the frames that say how things stand, and bring the reader to there from where it is."""
        # Before the rows are read: what is lost from here on needs another snapshot.
        self.outbox.lost = False
        stand, turns = await in_database(self._read)
        mine = stand.conversation is not None and stand.conversation.owner_id == self.user.pk
        if not mine or (self.turn and self.turn not in turns):
            # Deleted since, or deleted and begun anew by somebody else.
            self.end(NotFound())
            return ""
        return "".join(frame for frame in self._tell(stand, turns) if frame)

    def _read(self) -> tuple[snapshots.Stand, list[Turn]]:
        """Return the rows, and the turns whose end this reader waits for, in a constant number of queries."""
        stand = snapshots.read(self.conversation_id)
        begun = Message.objects.filter(pk__in=list(self.outbox.places)).values("turn")
        asked = Turn.objects.visible_to(self.user).filter(conversation=self.conversation_id)
        # Afterwards: what has ended by now may still be open in what was read before, and is news then.
        return stand, list(
            asked.filter(Q(pk__in=begun) | Q(pk=self.turn.pk if self.turn else None))
            .with_messages()
            .order_by("created_at")
        )

    def _tell(self, stand: snapshots.Stand, turns: list[Turn]) -> Iterator[str | None]:
        snapshot = snapshots.settle(self.feed, stand, self.outbox)
        growing = [self._said(fields) for fields in snapshot["messages"] if fields["role"] == Message.Role.ASSISTANT]
        known = {str(message.pk) for turn in turns for message in turn.messages.all()}
        self.outbox.places = {id: place for id, place in self.outbox.places.items() if id in known}
        places = self.outbox.places
        had = {said.id for said in growing if said.id in places and places[said.id].is_within(said)}
        snapshot["messages"] = [fields for fields in snapshot["messages"] if fields["id"] not in had]
        yield self.format.conversation(snapshot)
        ahead = {turn for turn, status in stand.recent.items() if status in Turn.OPEN}
        for turn in turns:
            if not turn.is_open and str(turn.pk) not in ahead:
                yield from self._tell_end(turn)
        for said in growing:
            yield self.format.rest(said, places.get(said.id, START))
            places[said.id] = end_of(said)

    def _tell_end(self, turn: Turn) -> Iterator[str | None]:
        """Yield the end of a turn from its rows: what the reader lacks of its answers, and that they are over."""
        answers = {str(message.pk): message for message in turn.messages.all()}
        for event in events.ended(turn):
            if event["type"] == "message.completed":
                said = self._said(events.message_fields(answers[event["message"]]))
                yield self.format.rest(said, self.outbox.end(said))
                yield self.format.completed(event, end_of(said))
            else:
                yield self.format.event(event)
        self.outbox.over = self.outbox.over or str(turn.pk) == self.outbox.turn

    def _said(self, fields: dict) -> live.LiveMessage:
        said = live.LiveMessage(
            feed=self.feed,
            id=fields["id"],
            turn=fields["turn"],
            text=fields["content"],
            thinking=fields["thinking"],
            seq=fields["seq"],
            own=False,
        )
        said.status = fields["status"]
        return said


def check_room(user) -> None:
    """Raise Busy or TooManyStreams if one more stream of this person cannot be held."""
    if sockets.full():
        raise Busy(retry_after=5)
    if sockets.crowded(user.pk):
        raise TooManyStreams(retry_after=5)


def go_down() -> None:
    """End all streams because the server goes down; whoever waits for one answer may hear it end, if that is soon."""
    for stream in sockets.current():
        if isinstance(stream, Stream):
            wait = LAST_WORDS_SECONDS if stream.turn else 0.0
            asyncio.get_running_loop().call_later(wait, stream.end, Restarting())
