"""The life of one running turn: wait for a place, ask the model, tell and keep what it says, end it."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError
from django.utils import translation

from chatsite import languages, logs, metrics
from chatsite.threads import in_database
from llm import agent
from llm.catalog import Catalog
from llm.errors import ModelError
from llm.events import Finished, RoundEnded, Stage, Text, Thinking, ToolAsked, ToolCalled, ToolReturned
from llm.joining import Joint
from llm.meter import MOST_TOKENS, Meter
from llm.tokens import estimate

from .. import assembly, events, ledger, live, moderation, parameters, profiles, quotas, tools
from ..models import Turn
from ..rendering import ready_blocks
from . import guarding, meaning, opinion, rows
from .budget import Share
from .clock import ThinkingClock
from .insisting import insist, insist_on
from .line import Line
from .rounds import Rounds

logger = logging.getLogger(__name__)

# No answer is longer than this; a model that does not stop by itself is stopped here.
ANSWER_MAX_CHARACTERS = 1_000_000
PARAGRAPH = "\n\n"


class Answer:
    """A turn that this process works on."""

    def __init__(
        self,
        *,
        turn_id: uuid.UUID,
        worker: str,
        catalog: Catalog,
        line_of: Callable[[str], Line],
        work: rows.Work | None = None,
    ):
        self.turn_id = turn_id
        self.worker = worker
        self.catalog = catalog
        self.line_of = line_of
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
        # What the model was sent, and whether its row tells of that already.
        self._sent: assembly.Sent | None = None
        self.accounted = False
        self._model = ""
        self._provider = ""
        self._meter: Meter | None = None
        # How long it thought.
        self._clock = ThinkingClock()
        # The tools that it calls.
        self._rounds: Rounds
        # Whether the first call was sent what was estimated.
        self._as_estimated = True
        # What it may use of what its author has left; None: as much as it takes.
        self._share: Share | None = None
        # What looks at what it says; None where no rule is about answers.
        self._watch: moderation.Watch | None = None
        self._guards: guarding.Guards | None = None
        # Where it has a place at its model server, while it has one.
        self._line: Line | None = None
        self._began = time.monotonic()

    @property
    def kept(self) -> rows.Kept:
        """How far the live message has got."""
        message = self.message
        said = {"text": message.text, "thinking": message.thinking, "thinking_ms": self._clock.milliseconds}
        return rows.Kept(message_id=message.id, seq=message.seq, **said)

    @property
    def account(self) -> dict[str, Any] | None:
        """What its turn keeps of what its model is sent, for whoever dies before the end; None before it is sent."""
        return assembly.known(self._sent) if self._sent and self._meter else None

    async def run(self) -> None:
        """Work on the turn until it has ended in the database."""
        # Begun by a request in some language; what is kept of it, and told to several, is in one.
        translation.activate(languages.NEUTRAL)
        logs.tell_about(turn=self.turn_id)
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
        try:
            await self._end(status, code, detail)
        finally:
            if self._share is not None:
                self._share.close()

    async def _claim(self) -> rows.Work | None:
        work = await in_database(rows.claim, self.turn_id, self.worker)
        if work is None:
            stopped = await in_database(rows.end_unclaimed, self.turn_id, Turn.Status.STOPPED)
            if stopped is not None:
                live.publish(stopped.conversation_id, *events.ended(stopped), owner=stopped.author_id)
            return None
        return work

    def _open(self, work: rows.Work) -> None:
        logs.tell_about(user=work.turn.author_id)
        self._model = work.turn.model
        self._feed = live.feed(work.turn.conversation_id)
        said = {"text": work.answer.text, "seq": work.answer.seq}
        self.message = self._feed.open(id=str(work.answer.pk), turn=str(self.turn_id), model=self._model, **said)
        self._rounds = Rounds(self.turn_id, self.worker, self.message, after=work.rounds)
        self.begun = True

    async def _work_on(self, work: rows.Work) -> tuple[str, str, str]:
        try:
            found = await profiles.find(self.catalog, seen=work.seen, wanted=work.turn.model)
            provider, model = found.provider, found.model
            self._model, self._provider = model.id, model.provider
            await self._enter(work)
            self._watch = await insist_on(moderation.watch, work.turn.author, told=work.answer.text)
            if self._watch is not None and self._watch.rules.guards:
                told = (work.turn, work.question, self._watch, self.catalog, self.message)
                self._guards = guarding.Guards(*told)
                await self._guards.judge_question()
            await opinion.ask(work.turn, work.question, self.catalog)
            toolbox = [*tools.offered(work.turn), *await insist_on(tools.outside.offered, work.turn)]
            model, beside = assembly.beside(toolbox, model)
            how = {"model": model, "beside": beside, "opening": found.instructions}
            sent = await meaning.assemble(work, self.catalog, **how)
            # The words themselves are not needed while the answer is written.
            self._sent = replace(sent, messages=())
            if not await self._may_begin(work, sent.tokens):
                return _used_up()
            self._meter = Meter(prompt=sent.tokens)
            stream = agent.run(
                provider=provider,
                model=model,
                messages=sent.messages,
                tools=toolbox,
                # What a function said before an answer was cut off stands in it.
                likely=None if work.turn.continues_id else tools.likely(work.question, toolbox),
                options=found.options(parameters.options(work.turn.parameters)),
                room=assembly.room_for_results(sent),
            )
            await self._listen(stream, self._meter, Joint(work.answer.text), work)
            # Its server may have refused the tools.
            self._as_estimated = self._as_estimated and not (beside and not agent.calls_tools(model))
            if self._finished is not None and self._finished.reason == quotas.USED_UP:
                return _used_up()
            return Turn.Status.COMPLETED, "", ""
        except moderation.Blocked as error:
            if self._watch is not None and self._watch.withdrawn:
                self.message.replace(self.message.seq + 1, "", "")
            return Turn.Status.BLOCKED, error.code, error.detail
        except assembly.QuestionTooLong as error:
            return Turn.Status.FAILED, error.code, error.detail
        except ModelError as error:
            logger.info("Turn %s ended with %s", self.turn_id, error.code)
            partial = self.message.text or self.message.thinking
            return (Turn.Status.INTERRUPTED if partial else Turn.Status.FAILED), error.code, error.detail
        except Exception:
            logger.exception("Turn %s failed", self.turn_id)
            return Turn.Status.FAILED, "internal_error", "Something went wrong here. It has been logged."
        finally:
            if self._guards:
                self._guards.close()
            self._leave(work)

    async def _enter(self, work: rows.Work) -> None:
        """Return once there is a place in the line."""
        line, limit = self.line_of(self._provider), quotas.running_limit(work.limits)
        await line.enter(work.turn.author_id, self._tell_line, limit=limit)
        self._line = line

    def _leave(self, work: rows.Work) -> None:
        if self._line is not None:
            self._line.leave(work.turn.author_id)
            self._line = None

    def _tell_line(self, ahead: int) -> None:
        self._tell_stage("queued", position=ahead + 1)

    async def _ask(self, asked: ToolAsked, work: rows.Work) -> None:
        """Let the person decide about a call; meanwhile others have the place at the model server."""
        self._tell_stage("tool", name=asked.call.name, label=f"{tools.label(asked.call.name)} (waits for you)")
        self._leave(work)
        asked.allowed = await self._rounds.allowed(asked.call, settings.TOOL_ASK_SECONDS)
        await self._enter(work)

    async def _may_begin(self, work: rows.Work, prompt: int) -> bool:
        """Whether the author's budget has room for this answer; asked here, because it may have waited in line."""
        if not work.limits.has_budget:
            return True
        room = await insist(
            quotas.allowance,
            user=work.turn.author,
            limits=work.limits,
            provider=self._provider,
            model=self._model,
            prompt=prompt,
        )
        if room is not None:
            self._share = Share(work.turn.author_id, prompt=prompt, room=room)
        return self._share is None or not self._share.spend(0)

    async def _listen(self, stream, meter: Meter, joint: Joint, work: rows.Work) -> None:
        add, watch = self.message.add, self._watch
        # What was said before a tool was called, and what is said after it, are two paragraphs.
        between = ""
        share = self._share
        # What an answer that goes on begins with is gone on with after a tool as well: in the middle of its sentence.
        begun = len(self.message.text)
        room = ANSWER_MAX_CHARACTERS - begun
        try:
            async for event in stream:
                kind = type(event)
                if kind is Text or kind is Thinking:
                    if self._first_token_ms is None:
                        self._begin_writing()
                    if meter.first_at is None:
                        meter.first_at = time.monotonic()
                    meter.pieces += event.pieces
                    self._clock.heard(thinking=kind is Thinking)
                    if kind is Text:
                        said = between + joint.take(event.text[:room])
                        add(watch.say(said) if watch else said)
                        between = ""
                    else:
                        add("", watch.think(event.text[:room]) if watch else event.text[:room])
                    if watch:
                        watch.check()
                    if self._guards:
                        self._guards.heard()
                    room -= len(event.text)
                    used_up = share is not None and share.spend(event.pieces)
                    if room <= 0 or used_up:
                        reason = quotas.USED_UP if used_up else "length"
                        self._finished = Finished(reason=reason, usage=None)
                        break
                elif kind is Stage:
                    self._tell_stage(event.name, **_labelled(event.detail))
                elif kind is ToolCalled:
                    await self._rounds.call(watch.call(event.call) if watch else event.call)
                elif kind is ToolAsked:
                    await self._ask(event, work)
                elif kind is ToolReturned:
                    self._add_rest(joint)
                    meter.prompt += estimate(event.result)
                    # Looked up before the first call, it is part of what that was sent.
                    self._as_estimated = self._as_estimated and bool(meter.calls)
                    await self._rounds.answered(self._as_shown(event))
                    self._tell_stage("reading")
                    self.message.flush()
                    between = PARAGRAPH if len(self.message.text) > begun else ""
                elif kind is RoundEnded:
                    meter.end_call(event.usage)
                    if share is not None:
                        share.spend(meter.prompt)
                elif kind is Finished:
                    self._finished = event
        finally:
            # Closes the request to the model server at once, also when this task was cancelled.
            await stream.aclose()
            self._clock.stop()
            self._add_rest(joint)
            self.message.flush()
        if watch:
            watch.check()
        if self._guards:
            await self._guards.judge_rest()

    def _add_rest(self, joint: Joint) -> None:
        """Tell what was held back, now that nothing more comes for the moment."""
        said, watch = joint.rest(), self._watch
        if watch is None:
            self.message.add(said)
            return
        said = watch.say(said)
        rest, thoughts = watch.rest()
        self.message.add(said + rest, thoughts)

    def _as_shown(self, event: ToolReturned) -> ToolReturned:
        return replace(event, result=self._watch.beside(event.result)) if self._watch else event

    def _begin_writing(self) -> None:
        self._first_token_ms = self._elapsed_ms()
        metrics.first_token.add(self._first_token_ms / 1000)
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
        )
        if self._finished is not None:
            ending.finish_reason = self._finished.reason
        if self._watch is not None:
            # In a thread: a long text takes a while.
            ending.found, ending.notes = await in_database(self._watch.conclude, ending.kept.text)
            ending.judged = self._watch.judged
        self._measure(ending)
        turn = await self._finish(ending)
        metrics.turns_finished.add(str(status))
        metrics.turn_time.add(self._elapsed_ms() / 1000)
        metrics.tokens.add("prompt", ending.prompt_tokens or 0)
        metrics.tokens.add("completion", ending.completion_tokens or 0)
        self.message.status = rows.MESSAGE_STATUS[Turn.Status(status)]
        if turn is None:
            self._feed.messages.pop(self.message.id, None)
            return
        if self._feed.html_watchers:
            # Rendered in a thread, so that the loop finds it ready: a long text would hold up all other answers.
            await in_database(ready_blocks, self.message.text)
        live.publish(self._feed.id, *events.ended(turn), owner=turn.author_id)

    def _measure(self, ending: rows.Ending) -> None:
        """Put down what the answer took; an answer that never came to its model took nothing."""
        if self._meter is None:
            return
        usage = (self._finished.last or self._finished.usage) if self._finished else None
        self._meter.end_call(usage, error_code=ending.error_code)
        measured = self._meter.calls
        ending.prompt_tokens = min(MOST_TOKENS, sum(call.usage.prompt_tokens for call in measured))
        ending.completion_tokens = min(MOST_TOKENS, sum(call.usage.completion_tokens for call in measured))
        ending.usage_exact = all(call.usage.exact for call in measured)
        ending.calls = ledger.calls(
            provider=self._provider, model=self._model, measured=measured, outcome=ending.status
        )
        if self._sent is None:
            return
        if ending.error_code == "model_refused":
            # It has seen none of it, though a checkpoint may have said so.
            ending.sent = assembly.known(assembly.Sent(messages=(), tokens=0, window=None))
            return
        ending.sent, ending.learnt = assembly.account(
            self._sent,
            measured=measured,
            finished=self._finished,
            model=self._model,
            as_estimated=self._as_estimated,
        )

    async def _finish(self, ending: rows.Ending) -> Turn | None:
        """Keep the ending, however long the database is away: until then the text lives here."""
        try:
            return await asyncio.shield(insist(rows.finish, ending))
        except (DataError, IntegrityError, OverflowError):
            # The database refuses something of it, and would for ever: the words come first.
            logger.exception("The end of turn %s is kept without its figures", self.turn_id)
        return await asyncio.shield(insist(rows.finish, ending.only_words()))


def _labelled(detail: dict[str, Any]) -> dict[str, Any]:
    """Return the detail of a stage, with what a tool is called for people."""
    return {**detail, "label": tools.label(detail["name"])} if "name" in detail else detail


def _used_up() -> tuple[str, str, str]:
    return (
        Turn.Status.STOPPED,
        quotas.USED_UP,
        "Your budget was used up, so this answer ends here. What was said is kept.",
    )


def _cut_short(status: str) -> tuple[str, str, str]:
    if status == Turn.Status.STOPPED:
        return status, "", ""
    return status, "interrupted", "The server was restarted while this answer was being written."
