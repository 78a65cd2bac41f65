"""The life of one running turn: wait for a place, ask the model, tell and keep what it says, end it."""

import asyncio
import logging
import time
import uuid

from django.db import DataError, Error, IntegrityError

from chatsite.threads import in_database
from llm import agent
from llm.catalog import Catalog
from llm.errors import ModelError
from llm.events import Finished, Stage, Text, Thinking
from llm.values import Options

from .. import context, events, live
from ..models import Turn
from ..rendering import ready_blocks
from . import rows
from .line import Line

logger = logging.getLogger(__name__)

# How long to wait before an ending is tried again while the database is away, at first and at most.
FINISH_RETRY_SECONDS = 0.5
FINISH_RETRY_LIMIT_SECONDS = 5.0
# No answer is longer than this; a model that does not stop by itself is stopped here.
ANSWER_MAX_CHARACTERS = 1_000_000


class Answer:
    """A turn that this process works on."""

    def __init__(self, *, turn_id: uuid.UUID, worker: str, catalog: Catalog, line: Line, work: rows.Work | None = None):
        self.turn_id = turn_id
        self.worker = worker
        self.catalog = catalog
        self.line = line
        # Why the task was cancelled: a status, or None when the turn itself is gone.
        self.cut_short: str | None = None
        # Set once the turn is being ended: from then on nothing may cut it short.
        self.ending = False
        # Set once there is a live message, and a feed to tell of it.
        self.begun = False
        self.message: live.LiveMessage
        self.kept_seq = 0
        self._feed: live.Feed
        self._work = work
        self._finished: Finished | None = None
        self._first_token_ms: int | None = None
        self._left_out = 0
        self._model = ""
        self._began = time.monotonic()

    @property
    def kept(self) -> rows.Kept:
        """How far the live message has got."""
        message = self.message
        return rows.Kept(message_id=message.id, text=message.text, thinking=message.thinking, seq=message.seq)

    async def run(self) -> None:
        """Work on the turn until it has ended in the database."""
        try:
            work = self._work or await self._claim()
            if work is None:
                return
            self._open(work)
            status, code, detail = await self._work_on(work)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.cut_short is None or not self.begun or task is None:
                raise
            # The cancellation was meant for the model's stream, not for keeping what it said.
            task.uncancel()
            status, code, detail = _cut_short(self.cut_short)
        await self._end(status, code, detail)

    async def _claim(self) -> rows.Work | None:
        work = await in_database(rows.claim, self.turn_id, self.worker)
        if work is None:
            stopped = await in_database(rows.end_unclaimed, self.turn_id, Turn.Status.STOPPED)
            if stopped is not None:
                live.publish(stopped.conversation_id, *events.ended(stopped))
            return None
        return work

    def _open(self, work: rows.Work) -> None:
        self._model = work.turn.model
        self._feed = live.feed(work.turn.conversation_id)
        self.message = self._feed.open(id=str(work.answer.pk), turn=str(self.turn_id), model=self._model)
        self.begun = True

    async def _work_on(self, work: rows.Work) -> tuple[str, str, str]:
        entered = False
        try:
            await self.line.enter(lambda ahead: self._tell_stage("queued", position=ahead + 1))
            entered = True
            provider, model = await self.catalog.get(work.turn.model or None)
            self._model = model.id
            sent = context.build(
                history=work.history,
                instructions=work.turn.conversation.instructions,
                window=model.context_length,
            )
            self._left_out = sent.left_out + work.turn.depth + 1 - len(work.history)
            # What was read for the context is not needed while the answer is written.
            work.history.clear()
            await self._listen(agent.run(provider=provider, model=model, messages=sent.messages, options=Options()))
            return Turn.Status.COMPLETED, "", ""
        except ModelError as error:
            logger.info("Turn %s ended with %s", self.turn_id, error.code)
            partial = self.message.text or self.message.thinking
            return (Turn.Status.INTERRUPTED if partial else Turn.Status.FAILED), error.code, error.detail
        except Exception:
            logger.exception("Turn %s failed", self.turn_id)
            return Turn.Status.FAILED, "internal_error", "Something went wrong here. It has been logged."
        finally:
            if entered:
                self.line.leave()

    async def _listen(self, stream) -> None:
        add = self.message.add
        room = ANSWER_MAX_CHARACTERS
        try:
            async for event in stream:
                kind = type(event)
                if kind is Text:
                    if self._first_token_ms is None:
                        self._begin_writing()
                    add(event.text[:room])
                    room -= len(event.text)
                elif kind is Thinking:
                    if self._first_token_ms is None:
                        self._begin_writing()
                    add("", event.text[:room])
                    room -= len(event.text)
                elif kind is Stage:
                    self._tell_stage(event.name, **event.detail)
                elif kind is Finished:
                    self._finished = event
                if room <= 0:
                    self._finished = Finished(reason="length", usage=None, timings={})
                    return
        finally:
            # Closes the request to the model server at once, also when this task was cancelled.
            await stream.aclose()
            self.message.flush()

    def _begin_writing(self) -> None:
        self._first_token_ms = self._elapsed_ms()
        self._tell_stage("writing")

    def _tell_stage(self, stage: str, **detail) -> None:
        live.publish(self._feed.id, events.turn_status(self.turn_id, stage, **detail))

    def _elapsed_ms(self) -> int:
        return int((time.monotonic() - self._began) * 1000)

    async def _end(self, status: str, code: str, detail: str) -> None:
        self.ending = True
        ending = rows.Ending(
            turn_id=self.turn_id,
            worker=self.worker,
            kept=self.kept,
            status=status,
            model=self._model,
            error_code=code,
            error_detail=detail,
            first_token_ms=self._first_token_ms,
            total_ms=self._elapsed_ms(),
            left_out=self._left_out,
        )
        if self._finished is not None:
            ending.finish_reason = self._finished.reason
            if usage := self._finished.usage:
                ending.prompt_tokens = _countable(usage.prompt_tokens)
                ending.completion_tokens = _countable(usage.completion_tokens)
                ending.usage_exact = usage.exact
        turn = await self._finish(ending)
        self.message.status = rows.MESSAGE_STATUS[Turn.Status(status)]
        if turn is None:
            self._feed.messages.pop(self.message.id, None)
            return
        if self._feed.html_watchers:
            # Rendered in a thread, so that the loop finds it ready: a long text would hold up all other answers.
            await in_database(ready_blocks, self.message.text)
        live.publish(self._feed.id, *events.ended(turn))

    async def _finish(self, ending: rows.Ending) -> Turn | None:
        """Keep the ending, however long the database is away: until then the text lives here."""
        wait = FINISH_RETRY_SECONDS
        while True:
            try:
                return await asyncio.shield(in_database(rows.finish, ending))
            except (DataError, IntegrityError, OverflowError):
                # The database refuses something of it, and would for ever: the words come first.
                logger.exception("The end of turn %s is kept without its figures", self.turn_id)
                if ending.bare:
                    raise
                ending = ending.only_words()
            except Error as error:
                logger.warning("The end of turn %s could not be kept yet: %s", self.turn_id, type(error).__name__)
            await asyncio.sleep(wait)
            wait = min(wait * 2, FINISH_RETRY_LIMIT_SECONDS)


def _countable(tokens: int) -> int | None:
    """Return a count as the database can hold it; None for one that no model server can mean."""
    return tokens if isinstance(tokens, int) and 0 <= tokens < 2**31 else None


def _cut_short(status: str) -> tuple[str, str, str]:
    if status == Turn.Status.STOPPED:
        return status, "", ""
    return status, "interrupted", "The server was restarted while this answer was being written."
