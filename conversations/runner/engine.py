"""One engine per server process: runs turns, keeps what they say, and takes care of those whose process died."""

import asyncio
import logging
import os
import uuid
from collections.abc import Coroutine
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from chatsite import metrics, processes
from chatsite.tasks import end_tasks
from chatsite.threads import in_database
from llm.catalog import Catalog

from .. import events, live, moderation, modes, tools
from ..live import feeds, mirror
from ..live.relay import COMMANDS, Relay
from ..models import Turn
from . import rows
from .answer import Answer
from .line import Line

logger = logging.getLogger(__name__)

# What running turns have said is kept this often; a killed process loses no more than this.
CHECKPOINT_SECONDS = 0.8
# How often other processes' turns are looked at, and how long without a sign of life makes one dead.
WATCH_SECONDS = 2.0
DEAD_SECONDS = 15.0
# When nobody could look for longer than this, nobody could give a sign of life either: the database was away.
BLIND_SECONDS = 3 * WATCH_SECONDS
# A queued turn that nobody began for this long is taken over.
UNCLAIMED_SECONDS = 4.0


class Engine:
    """Everything that goes on in this process on behalf of turns."""

    def __init__(self, catalog: Catalog):
        self.catalog = catalog
        self.worker = processes.new_name()
        self.lines: dict[str, Line] = {}
        self.answers: dict[uuid.UUID, Answer] = {}
        self.draining = False
        self.relay = Relay(get_channel_layer(), self.worker, self._on_command) if settings.REDIS_URL else None
        # The task of each turn: a strong reference, or the loop might drop it.
        self._tasks: dict[uuid.UUID, asyncio.Task] = {}
        self._loops: list[asyncio.Task] = []
        # Where it runs; threads that work for it hand their calls over to there.
        self.loop: asyncio.AbstractEventLoop | None = None
        # Open turns of others: their last sign of life, and since when it has not changed, by our own clock.
        self._seen: dict[uuid.UUID, tuple[object, float]] = {}
        self._looked_at = 0.0
        # Turns of ours of which something unforeseen became: they are not begun again.
        self._broken: set[uuid.UUID] = set()
        # Since when there is something that was not kept yet, by the clock of the loop; None where nothing runs.
        self._unkept_since: float | None = None

    async def start(self) -> None:
        """Begin to run turns on this loop."""
        self.loop = asyncio.get_running_loop()
        live.attach(self.loop, self.relay)
        if self.relay:
            await self.relay.start()
        self._loops = [asyncio.create_task(self._checkpoint_forever()), asyncio.create_task(self._watch_forever())]
        self._spawn(asyncio.to_thread(modes.warm))
        await in_database(moderation.refresh)
        await tools.outside.start()

    async def drain(self) -> None:
        """Let running answers finish for a while, keep the others as interrupted, then stop."""
        self.draining = True
        if self._tasks:
            logger.info("Waiting for %d answers to finish", len(self._tasks))
            await asyncio.wait(self._tasks.values(), timeout=settings.DRAIN_SECONDS)
        for turn_id in list(self._tasks):
            self.cancel(turn_id, Turn.Status.INTERRUPTED)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=settings.DRAIN_SECONDS)
        await end_tasks(self._loops)
        if self.relay:
            await self.relay.close()
        await tools.outside.close()
        await self.catalog.close()
        live.detach()

    def line_of(self, provider: str) -> Line:
        """Return the line for a provider's places, within this process."""
        if provider not in self.lines:
            known = settings.CONCURRENT_CALLS | {"local": settings.LOCAL_MODELS["parallel"]}
            places = known.get(provider, settings.CONCURRENT_TURNS)
            self.lines[provider] = Line(places, self.lines.values())
        return self.lines[provider]

    def unkept_seconds(self) -> float:
        """Return for how long nothing of what running turns say could be kept; a killed process loses that much."""
        if self._unkept_since is None or self.loop is None:
            return 0.0
        return self.loop.time() - self._unkept_since

    def work_on(self, work: Coroutine) -> None:
        """Do some work on the loop that is no turn, until it ends or the server goes down; from any thread."""
        feeds.on_loop(self._spawn, work)

    def refresh_catalog(self) -> None:
        """Have the model servers asked again, if that was a while ago; from any thread."""
        feeds.on_loop(lambda: self._spawn(self.catalog.refresh()))

    def submit(self, turn_id: uuid.UUID) -> None:
        """Begin to work on a queued turn; a process that is going down leaves it to another."""
        if turn_id in self._tasks or self.draining:
            return
        self._begin(Answer(turn_id=turn_id, worker=self.worker, catalog=self.catalog, line_of=self.line_of))

    def begin(self, work: rows.Work) -> None:
        """Work on a turn that was claimed when it was committed."""
        turn_id = work.turn.pk
        if turn_id in self._tasks:
            return
        answer = Answer(turn_id=turn_id, worker=self.worker, catalog=self.catalog, line_of=self.line_of, work=work)
        self._begin(answer)

    def _begin(self, answer: Answer) -> None:
        turn_id = answer.turn_id
        metrics.turns_started.add()
        task = asyncio.create_task(answer.run(), name=f"turn {turn_id}")
        self.answers[turn_id], self._tasks[turn_id] = answer, task
        task.add_done_callback(lambda done: self._done(turn_id, done))

    def cancel(self, turn_id: uuid.UUID, status: str | None) -> bool:
        """Cut a running turn short; False if it does not run here."""
        answer = self.answers.get(turn_id)
        if answer is None:
            return False
        if not answer.begun or answer.ending or answer.cut_short is not None:
            # Not begun: the claim, or the first checkpoint, will see in the row what to do.
            return True
        answer.cut_short = status
        self._tasks[turn_id].cancel()
        return True

    def stop_turn(self, turn_id: uuid.UUID) -> None:
        """Carry out a stop that is already in the row, wherever the turn runs."""
        if not self.cancel(turn_id, Turn.Status.STOPPED):
            self._spawn(self._stop_elsewhere(turn_id))

    def forget_everywhere(self, conversation_id: str) -> None:
        """End what runs in a deleted conversation, here and in the other processes."""
        self.forget_conversation(conversation_id)
        if self.relay:
            self._spawn(self.relay.command(do="forget", conversation=conversation_id))

    def forget_conversation(self, conversation_id: str) -> None:
        """End what runs here in a conversation that was deleted."""
        for turn_id, answer in list(self.answers.items()):
            if answer.begun and answer.message.feed.id == conversation_id:
                self.cancel(turn_id, Turn.Status.STOPPED)

    def _spawn(self, work) -> None:
        task = asyncio.create_task(work)
        self._loops.append(task)
        task.add_done_callback(self._loops.remove)

    def _done(self, turn_id: uuid.UUID, task: asyncio.Task) -> None:
        answer = self.answers.pop(turn_id, None)
        self._tasks.pop(turn_id, None)
        if answer is not None and answer.begun:
            feeds.tidy(answer.message.feed)
        if not task.cancelled() and task.exception() is not None:
            # The row stays open without a heartbeat, so that it will be found and marked.
            self._broken.add(turn_id)
            logger.error("Turn %s could not be worked on", turn_id, exc_info=task.exception())

    async def _stop_elsewhere(self, turn_id: uuid.UUID) -> None:
        turn = await in_database(rows.end_unclaimed, turn_id, Turn.Status.STOPPED)
        if turn is not None:
            live.publish(turn.conversation_id, *events.ended(turn), owner=turn.author_id)
        elif self.relay:
            await self.relay.command(do="stop", turn=str(turn_id))

    def _on_command(self, command: dict) -> None:
        match command["do"]:
            case "stop":
                self.cancel(uuid.UUID(command["turn"]), Turn.Status.STOPPED)
            case "forget":
                self.forget_conversation(command["conversation"])
            case "look at rules":
                self._spawn(in_database(moderation.refresh))

    def rules_changed(self) -> None:
        """Have the other processes look at the rules at once; this one has."""
        if self.relay:
            self._spawn(self.relay.command(do="look at rules"))

    async def _checkpoint_forever(self) -> None:
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            try:
                await self._checkpoint()
            except DatabaseError as error:
                metrics.checkpoints_failed.add()
                logger.warning("Running answers could not be kept yet: %s", type(error).__name__)
            except Exception:
                metrics.checkpoints_failed.add()
                logger.exception("The checkpoint failed")

    async def _checkpoint(self) -> None:
        ours = {turn_id: answer for turn_id, answer in self.answers.items() if answer.begun}
        feeds.pace(len(ours))
        if not ours:
            self._unkept_since = None
            return
        now = asyncio.get_running_loop().time
        began = now()
        if self._unkept_since is None:
            self._unkept_since = began
        grown = [(answer, answer.kept) for answer in ours.values() if answer.message.seq != answer.kept_seq]
        states = await in_database(rows.keep, [kept for _, kept in grown], list(ours), self.worker)
        for answer, kept in grown:
            answer.kept_seq = kept.seq
        known = {id: account for id, answer in ours.items() if not answer.accounted and (account := answer.account)}
        if known:
            # One statement for all that have begun since the last checkpoint.
            await in_database(rows.account, known, self.worker)
            for turn_id in known:
                ours[turn_id].accounted = True
        # What came since the rows were written is younger than this.
        self._unkept_since = began
        metrics.checkpoints.add(now() - began)
        for turn_id, stop in states.items():
            if stop:
                self.cancel(turn_id, Turn.Status.STOPPED)
        if unseen := ours.keys() - states.keys():
            # One that was only reaped goes on: its worker, this one, has the whole text.
            for turn_id in await in_database(rows.deleted, unseen):
                self.cancel(turn_id, Turn.Status.STOPPED)

    async def _watch_forever(self) -> None:
        while True:
            try:
                await self._watch()
            except DatabaseError as error:
                logger.warning("The turns of other processes cannot be seen: %s", type(error).__name__)
            except Exception:
                logger.exception("Looking after other processes' turns failed")
            await asyncio.sleep(WATCH_SECONDS)

    async def _watch(self) -> None:
        if self.relay:
            await self.relay.follow_watched()
        # Where news of a change got lost.
        await in_database(moderation.refresh)
        await self._reap()
        told = mirror.watched()
        if told:
            before = mirror.begun()
            differing = await in_database(mirror.differing, told, self.worker)
            # Whose they are is read last: nobody is told of a turn that somebody else began under the same id.
            mirror.tell_deleted(before, await in_database(mirror.owners, before))
            mirror.converge(differing)

    async def _reap(self) -> None:
        """Interrupt turns whose process is gone, and take over the ones nobody began.

        Time is counted by our own clock from when we first saw a sign of life, so that a clock that jumps, here or
        on another machine, kills nothing.
        """
        found = await in_database(rows.open_turns)
        now = asyncio.get_running_loop().time()
        if now - self._looked_at > BLIND_SECONDS:
            self._seen.clear()
        self._looked_at = now
        seen: dict[uuid.UUID, tuple[object, float]] = {}
        for turn in found:
            if turn.pk in self._tasks:
                continue
            sign = (turn.worker, turn.heartbeat_at)
            known, since = self._seen.get(turn.pk, (None, now))
            seen[turn.pk] = (sign, since if known == sign else now)
            silent = now - seen[turn.pk][1]
            if turn.status == Turn.Status.QUEUED:
                if silent >= UNCLAIMED_SECONDS:
                    self.submit(turn.pk)
            elif silent >= DEAD_SECONDS or self._is_dead(turn.worker, silent):
                if turn.worker == self.worker and not self.draining and await self._begin_after_all(turn.pk):
                    continue
                ended = await in_database(rows.reap, turn.pk, turn.worker)
                if ended is not None:
                    metrics.turns_reaped.add()
                    logger.warning("Turn %s was interrupted: its process is gone", turn.pk)
                    live.publish(ended.conversation_id, *events.ended(ended), owner=ended.author_id)
        self._seen = seen

    async def _begin_after_all(self, turn_id: uuid.UUID) -> bool:
        """Begin a turn of ours that nobody began: the database went away before it said that it has committed it.

        False where more became of it than that.
        """
        work = None if turn_id in self._broken else await in_database(rows.unbegun, turn_id, self.worker)
        self._broken.discard(turn_id)
        if work is not None:
            self.begin(work)
        return work is not None

    def _is_dead(self, worker: str, silent: float) -> bool:
        """Whether a worker is surely gone: same machine, and no process of that number."""
        if worker == self.worker:
            # Committed as ours, but it never began.
            return silent >= UNCLAIMED_SECONDS
        number = processes.number_here(worker)
        if number is None:
            return False
        return number == os.getpid() or not processes.is_running(number)


_engine: Engine | None = None


def current() -> Engine | None:
    """Return this process's engine; None where no server runs."""
    return _engine


def ask(work: Coroutine, *, seconds: float) -> Any:
    """Return what a coroutine comes to on the server's loop, asked from another thread; raises TimeoutError."""
    if _engine is None or _engine.loop is None:
        work.close()
        raise TimeoutError
    return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), _engine.loop).result(seconds + 1)


async def start(catalog: Catalog) -> Engine:
    """Return the started engine of this process."""
    global _engine
    _engine = Engine(catalog)
    await _engine.start()
    return _engine


def worker() -> str:
    """Return the name under which this process works on turns; empty where no server runs, or not for long."""
    return _engine.worker if _engine is not None and not _engine.draining else ""


def begin(work: rows.Work) -> None:
    """Work on a turn that was committed as this process's own, from any thread."""
    if _engine is not None:
        feeds.on_loop(_engine.begin, work)


def stop(turn_id: uuid.UUID) -> None:
    """Carry out a stop that is already in the row, from any thread."""
    if _engine is not None:
        feeds.on_loop(_engine.stop_turn, turn_id)
    else:
        _command_all(do="stop", turn=str(turn_id))


def forget_conversation(conversation_id: str) -> None:
    """End what runs in a deleted conversation, in whichever process, from any thread."""
    if _engine is not None:
        feeds.on_loop(_engine.forget_everywhere, conversation_id)
    else:
        _command_all(do="forget", conversation=conversation_id)


def rules_changed(**signal) -> None:
    """Have all processes look at the rules for what may be said, from any thread."""
    if _engine is not None:
        feeds.on_loop(_engine.rules_changed)
    else:
        _command_all(do="look at rules")


moderation.rules_changed.connect(rules_changed, dispatch_uid="look at rules")


def _command_all(**command) -> None:
    """Tell the servers from a process that is none itself, such as the job worker."""
    if settings.REDIS_URL:
        body = {"type": "command", "from": "", **command}
        async_to_sync(get_channel_layer().group_send)(COMMANDS, body)
