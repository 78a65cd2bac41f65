"""A call of a model for a program that keeps the conversation itself: nothing is stored but its entry in the ledger."""

import asyncio
import logging
import time
import uuid
from collections import Counter
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from django.db import DataError, Error, IntegrityError, transaction

from accounts.models import User
from chatsite.threads import in_database
from llm.errors import ModelError
from llm.events import Event, Finished, Text, Thinking, ToolCalled
from llm.meter import Meter
from llm.tokens import estimate_prompt
from llm.values import Model

from .. import ledger, moderation, profiles, quotas, runner
from ..errors import ChatError, Invalid, OverQuota
from ..models import UsageEntry
from ..runner.answer import ANSWER_MAX_CHARACTERS
from ..runner.budget import Share
from .asked import Asked
from .problems import AnswerFailed

logger = logging.getLogger(__name__)

OUTCOME = UsageEntry.Outcome
# Why an answer ended that a rule stands against, in the word that clients know.
FILTERED = "content_filter"
ENDINGS: dict[str, str] = {quotas.USED_UP: OUTCOME.STOPPED, FILTERED: OUTCOME.BLOCKED}
# How many events may wait for a slow reader, and for how long, until its answer is given up.
WAITING_EVENTS = 64
STALL_SECONDS = 30.0
# How long the end of an answer waits for its entry; the entry itself is tried for as long as the process lives.
ENTRY_SECONDS = 2.0
RETRY_SECONDS = 1.0
SHUTTING_DOWN_SECONDS = 5

# When the server goes down, answers have this long to end by themselves: its connections are closed a moment later.
LAST_WORDS_SECONDS = 2.0
DRAIN_SECONDS = 5.0

# Calls under way, how many each person has, and strong references to all tasks.
_calls: set["Call"] = set()
_under_way: Counter[uuid.UUID] = Counter()
_tasks: set[asyncio.Task] = set()


class Stalled(Exception):
    """Nobody reads what the model says."""


class Unavailable(ChatError):
    status = 503
    code = "unavailable"
    detail = "This server is about to restart. Try again in a moment."

    def __init__(self) -> None:
        super().__init__(retry_after=SHUTTING_DOWN_SECONDS)


def engine() -> runner.Engine:
    """Return this process's engine; raises Unavailable where there is none, or not for long."""
    running = runner.current()
    if running is None or running.draining:
        raise Unavailable
    return running


def check_abilities(asked: Asked, model: Model) -> None:
    """Raise Invalid if the model cannot do what is asked of it."""
    if asked.tools and "tools" not in model.capabilities:
        raise Invalid(f"{model.id} cannot call tools.", code="unsupported", param="tools")
    if any(message.images for message in asked.messages) and "vision" not in model.capabilities:
        raise Invalid(f"{model.id} cannot see pictures.", code="unsupported", param="messages")


async def begin(user: User, asked: Asked) -> "Call":
    """Return the call, on its way; raises ChatError or ModelError if it cannot be made."""
    running = engine()
    found = await profiles.resolve(running.catalog, user=user, wanted=asked.model)
    check_abilities(asked, found.model)
    _under_way[user.pk] += 1
    try:
        limits = await in_database(_admit, user, _under_way[user.pk] - 1)
        asked = await in_database(_checked, user, asked) if moderation.live() else asked
    except BaseException:
        _leave(user.pk)
        raise
    asked = replace(asked, messages=found.opened(asked.messages), options=found.options(asked.options))
    call = Call(user=user, asked=asked, provider=found.provider, model=found.model, limits=limits)
    call.start()
    return call


def go_down() -> None:
    """End all calls because the server goes down; an answer may still end by itself, if that is soon."""
    asyncio.get_running_loop().call_later(LAST_WORDS_SECONDS, _interrupt_all)


async def drain() -> None:
    """End all calls and return once they are in the ledger, or after a while."""
    _interrupt_all()
    if _tasks:
        await asyncio.wait(_tasks, timeout=DRAIN_SECONDS)


def _interrupt_all() -> None:
    for call in list(_calls):
        call.interrupt()


def _admit(user: User, others: int) -> quotas.Limits:
    limits = quotas.limits_of(user)
    with transaction.atomic():
        quotas.admit(user=user, limits=limits, others=others)
    return limits


def _checked(user: User, asked: Asked) -> Asked:
    """Return what is asked as rules let it through; raises RefusedByRule."""
    messages = list(asked.messages)
    places = [place for place, message in enumerate(messages) if message.text]
    said = [("answer" if messages[place].role == "assistant" else "question", messages[place].text) for place in places]
    texts = moderation.check_texts(author=user, texts=said)
    for place, text in zip(places, texts, strict=True):
        messages[place] = replace(messages[place], text=text)
    return replace(asked, messages=tuple(messages))


def _leave(user_id: uuid.UUID) -> None:
    _under_way[user_id] -= 1
    if not _under_way[user_id]:
        del _under_way[user_id]


class Call:
    """One call of a model: a task that waits in line, listens, and enters what it took, whoever reads along."""

    def __init__(self, *, user: User, asked: Asked, provider: Any, model: Model, limits: quotas.Limits) -> None:
        self.id = uuid.uuid4().hex
        self.model = model.id
        self.prompt_tokens = estimate_prompt(asked.messages, asked.tools)
        self._user = user
        # What looks at what the model says; None where no rule is about answers.
        self._watch: moderation.Watch | None = None
        self._asked = asked
        self._provider = provider
        self._model = model
        self._limits = limits
        # What it may use of what its person has left; None: as much as it takes.
        self._share: Share | None = None
        # What was handed on, where somebody looks at it.
        self._said: list[str] = []
        self._meter: Meter | None = None
        self._events: asyncio.Queue[Event | Exception] = asyncio.Queue(WAITING_EVENTS)
        self._task: asyncio.Task | None = None
        # Set once there is no answer to cut short any more.
        self._ending = False
        # How the ledger calls a call that was cut short, and what its reader is told.
        self._outcome: str = OUTCOME.INTERRUPTED
        self._last: Exception | None = None

    def start(self) -> None:
        """Begin."""
        _calls.add(self)
        self._task = _keep(self._run())
        self._task.add_done_callback(self._done)

    def close(self) -> None:
        """End the request to the model server because nobody reads along; what it took until now is entered."""
        self._cut_short(OUTCOME.STOPPED, None)

    def turn_away(self, why: Exception) -> None:
        """End it because its reader may not read on."""
        self._cut_short(OUTCOME.STOPPED, why)

    def interrupt(self) -> None:
        """End it because the server goes down."""
        told = "The server was restarted while this answer was being written."
        self._cut_short(OUTCOME.INTERRUPTED, AnswerFailed(told, code="interrupted"))

    def _cut_short(self, outcome: str, last: Exception | None) -> None:
        if self._task is not None and not self._ending:
            self._ending = True
            self._outcome, self._last = outcome, last
            self._task.cancel()

    def _done(self, task: asyncio.Task) -> None:
        _calls.discard(self)
        _leave(self._user.pk)
        if self._share is not None:
            self._share.close()

    async def next(self, *, within: float) -> Event | None:
        """Return the next event, None after so many seconds without one; raises what ended the answer early."""
        try:
            async with asyncio.timeout(within):
                event = await self._events.get()
        except TimeoutError:
            return None
        if isinstance(event, Exception):
            raise event
        return event

    async def _run(self) -> None:
        last: Finished | Exception | None = None
        outcome: str
        try:
            last = await self._answer()
            outcome = ENDINGS.get(last.reason, OUTCOME.COMPLETED)
        except asyncio.CancelledError:
            last, outcome = self._last, self._outcome
        except Stalled:
            outcome = OUTCOME.STOPPED
        except ModelError as error:
            logger.info("A call of %s ended with %s", self.model, error.code)
            last = error
            outcome = OUTCOME.INTERRUPTED if self._meter and self._meter.pieces else OUTCOME.FAILED
        except Exception as error:
            last, outcome = error, OUTCOME.FAILED
        self._ending = True
        await self._enter(last, outcome)
        if isinstance(last, Finished) and self._meter is not None:
            # Whoever asked is told the numbers of the ledger, also where no server gave any.
            last = replace(last, usage=self._meter.calls[-1].usage)
        if last is not None:
            with suppress(Stalled):
                await self._put(last)

    async def _answer(self) -> Finished:
        """Return the end of the answer, once all of it has been handed over."""
        line = engine().line_of(self._model.provider)
        await line.enter(self._user.pk, lambda ahead: None, limit=quotas.running_limit(self._limits))
        try:
            await self._take_share()
            self._watch = await moderation.watch(self._user)
            self._meter = meter = Meter(prompt=self.prompt_tokens)
            asked = self._asked
            stream = self._provider.stream(
                model=self._model.name, messages=asked.messages, tools=asked.tools, options=asked.options
            )
            # Closes the request to the model server at once, also when this task is cancelled.
            async with aclosing(stream) as events:
                return await self._listen(events, meter)
        finally:
            line.leave(self._user.pk)

    async def _take_share(self) -> None:
        """Raise OverQuota unless the budget has room for this call; asked here, because it may have waited in line."""
        if not self._limits.has_budget:
            return
        prompt = self.prompt_tokens
        names = {"provider": self._model.provider, "model": self.model}
        room = await in_database(quotas.allowance, user=self._user, limits=self._limits, prompt=prompt, **names)
        if room is None:
            return
        self._share = Share(self._user.pk, prompt=prompt, room=room)
        if self._share.spend(0):
            raise OverQuota("What is left of your budget is less than this takes.", code=quotas.USED_UP)

    async def _listen(self, events, meter: Meter) -> Finished:
        """Return the end of the answer, for what of it a rule lets through."""
        if self._watch is None:
            return await self._take(events, meter)
        try:
            finished = await self._take(events, meter)
            self._watch.check()
        except moderation.Blocked:
            finished = Finished(reason=FILTERED, usage=None)
        finally:
            # Also of an answer that nobody reads to its end.
            await asyncio.shield(in_database(self._keep_found, self._watch))
        return finished

    def _keep_found(self, watch: moderation.Watch) -> None:
        found, _ = watch.conclude("".join(self._said))
        moderation.raise_for(found, moderation.Where(self._user, "answer"))

    async def _tell(self, event: Text | Thinking) -> None:
        """Hand on what a model says, as far as it can be told by now."""
        if self._watch is None:
            await self._put(event)
            return
        is_text = isinstance(event, Text)
        told = self._watch.say(event.text) if is_text else self._watch.think(event.text)
        await self._hand_on(told if is_text else "", "" if is_text else told, event.pieces)
        self._watch.check()

    async def _tell_rest(self) -> None:
        """Hand on what was held back, now that nothing more comes for the moment."""
        if self._watch is not None:
            await self._hand_on(*self._watch.rest(), 0)
            self._watch.check()

    async def _hand_on(self, text: str, thoughts: str, pieces: int) -> None:
        if thoughts:
            await self._put(Thinking(thoughts, pieces))
        if text:
            self._said.append(text)
            await self._put(Text(text, pieces))

    async def _take(self, events, meter: Meter) -> Finished:
        room = ANSWER_MAX_CHARACTERS
        share = self._share
        called = False
        async for event in events:
            match event:
                case Text(text, pieces) | Thinking(text, pieces):
                    meter.first_at = meter.first_at or time.monotonic()
                    meter.pieces += pieces
                    room -= len(text)
                    await self._tell(event)
                    used_up = share is not None and share.spend(pieces)
                    if room <= 0 or used_up:
                        await self._tell_rest()
                        return Finished(reason=quotas.USED_UP if used_up else "length", usage=None)
                case ToolCalled():
                    meter.first_at = meter.first_at or time.monotonic()
                    await self._tell_rest()
                    if not (called and self._asked.one_call):
                        await self._put(ToolCalled(self._watch.call(event.call)) if self._watch else event)
                    called = True
                case Finished():
                    await self._tell_rest()
                    return event
        raise ModelError("model_protocol", "The model server ended its answer without an end.")

    async def _put(self, event: Event | Exception) -> None:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                await self._events.put(event)
        except TimeoutError:
            raise Stalled from None

    async def _enter(self, last: Finished | Exception | None, outcome: str) -> None:
        """Enter the call into the ledger; one that never came to its model took nothing."""
        if self._meter is None:
            return
        usage = last.usage if isinstance(last, Finished) else None
        self._meter.end_call(usage, error_code=last.code if isinstance(last, ModelError) else "")
        calls = ledger.calls(
            provider=self._model.provider, model=self.model, measured=self._meter.calls, outcome=outcome
        )
        await asyncio.wait((_keep(_enter(calls, self._user.pk)),), timeout=ENTRY_SECONDS)


async def _enter(calls: list[ledger.Call], user_id: uuid.UUID) -> None:
    """Enter calls, however long the database is away."""
    while True:
        try:
            await in_database(ledger.enter, calls, user_id=user_id)
            return
        except (DataError, IntegrityError, OverflowError):
            # The database refuses it, and would for ever.
            logger.exception("A call could not be entered into the ledger")
            return
        except Error as error:
            logger.warning("A call could not be entered into the ledger yet: %s", type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


def _keep(work) -> asyncio.Task:
    """Return the work as a task that is not forgotten before it is done."""
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task
