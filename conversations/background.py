"""Calls of a model that nobody waits for: titles and summaries. People always come first."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from llm import structured
from llm.catalog import Catalog
from llm.config import from_settings
from llm.errors import ModelError
from llm.values import Message, Model, Options

from . import asides, ledger, profiles, quotas, runner, work
from .errors import OverQuota
from .models import Conversation, Turn
from .runner.line import Line

logger = logging.getLogger(__name__)

# How often a worker that waits looks whether the server goes down, and says that it lives.
LOOK_SECONDS = 0.5
BEAT_SECONDS = work.BEAT_SECONDS
# People's answers are waited for so long; a turn without a sign of life for so long is nobody's answer any more.
PATIENCE_SECONDS = 30.0
PEOPLE_LOOK_SECONDS = 1.0
ALIVE_SECONDS = 30
# What a call took is known this long after it was cut short.
CUT_SECONDS = 2.0
DEMO = "demo"
PROVIDERS = ("ollama", "openai", "local", DEMO, "scripted")


class Unasked(Exception):
    """There is no model to ask: only the demo answers here, nobody has answered yet, or the budget is used up."""


class Busy(Exception):
    """Not now: the server is going down."""


class Unusable(Exception):
    """The model has answered, and nothing can be made of it."""


@contextmanager
def assistant(
    *, conversation: Conversation, purpose: str, beat: Callable[[], None], patience: float | None = None
) -> Iterator["Assistant"]:
    """Give the model that does tasks for this conversation; `beat` is called now and then while it is waited for.

    People's answers are waited for at most `patience` seconds before each call; PATIENCE_SECONDS without it.

    Raises Unasked, Busy or ModelError.
    """
    check_budget(conversation.owner)
    wanted = settings.TASK_MODEL or _last_model(conversation)
    with _surroundings() as place:
        helper = Assistant(conversation=conversation, purpose=purpose, beat=beat, patience=patience, place=place)
        # What an administrator set does tasks for everybody; else only what this person may ask themselves.
        helper.find(wanted, seen=None if settings.TASK_MODEL else profiles.seen_by(conversation.owner))
        yield helper


@contextmanager
def caller(*, beat: Callable[[], None], patience: float | None = None) -> Iterator["Caller"]:
    """Give what asks other models than those that talk; waits as `assistant` does. Raises Busy."""
    with _surroundings() as place:
        yield Caller(beat=beat, patience=patience, place=place)


def result_of(
    job: work.Claim, *, conversation: Conversation, purpose: str, ask: Callable[["Assistant"], work.Keep | None]
) -> work.Result:
    """Return what a job comes to that asks a model: `ask` returns what keeps its answer, if that is worth keeping.

    Where there is nobody to ask it comes to nothing, which is no error.
    """
    waited = (timezone.now() - job.due_at).total_seconds()
    patience = max(0.0, PATIENCE_SECONDS - waited)
    try:
        with assistant(conversation=conversation, purpose=purpose, beat=job.beat, patience=patience) as model:
            return work.Result(keep=ask(model))
    except Unasked:
        return work.Result()
    except Busy:
        return work.Result(postponed=True)
    except (ModelError, Unusable) as error:
        return work.Result(error=str(error) or type(error).__name__)


Place = tuple[asyncio.AbstractEventLoop, Catalog, Callable[[str], Line]]


class Caller:
    """Calls of models on the loop of their connections: they wait for people, and end when the server goes down."""

    def __init__(self, *, beat: Callable[[], None], patience: float | None, place: Place):
        self._beat = beat
        self._patience = PATIENCE_SECONDS if patience is None else patience
        self._loop, self.catalog, self._line_of = place
        self._call_over = threading.Event()

    def call(self, provider: str, make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Return what comes of the coroutine that `make` makes, with a place in the line of the provider, after the
        answers of people; raises Busy and what it raises."""
        self._let_people_go_first(provider)
        self._call_over.clear()
        return self._run(self._in_line(provider, make))

    async def _in_line(self, provider: str, make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        line = self._line_of(provider)
        place = object()
        await line.enter(place, lambda ahead: None, background=True)
        try:
            return await make()
        finally:
            line.leave(place)
            self._call_over.set()

    def _run(self, call) -> Any:
        """Return what a coroutine returns that runs on the loop of the model's connections."""
        future: Future = asyncio.run_coroutine_threadsafe(call, self._loop)
        beaten = time.monotonic()
        while not wait([future], timeout=LOOK_SECONDS).done:
            if going_down():
                self._cut(future)
                raise Busy
            if time.monotonic() - beaten < BEAT_SECONDS:
                continue
            beaten = time.monotonic()
            try:
                self._beat()
            except BaseException:
                self._cut(future)
                raise
        try:
            return future.result()
        except CancelledError:
            raise Busy from None

    def _cut(self, future: Future) -> None:
        """End the work, and wait until the ledger can be told what it took."""
        future.cancel()
        self._call_over.wait(CUT_SECONDS)

    def _let_people_go_first(self, provider: str) -> None:
        """Wait while people's answers of this provider are being written, in whichever process; not for ever."""
        until = time.monotonic() + self._patience
        while time.monotonic() < until and _people_wait(provider):
            if going_down():
                raise Busy
            self._beat()
            time.sleep(PEOPLE_LOOK_SECONDS)


class Assistant(Caller):
    """A model that is asked on behalf of a conversation; each call is in the ledger, whatever came of it."""

    def __init__(self, *, conversation: Conversation, purpose: str, **how: Any):
        super().__init__(**how)
        self.model: Model
        self._conversation = conversation
        self._purpose = purpose
        self._provider: Any
        self._calls: list[ledger.Call] = []

    def find(self, wanted: str, *, seen: profiles.Seen | None) -> None:
        """Take the model of this id or name; what is not among those `seen` gives way to what is begun with.

        Raises Unasked or ModelError.
        """
        if seen is None:
            self._provider, self.model = self._run(self.catalog.get(wanted))
        else:
            try:
                found = self._run(profiles.find(self.catalog, seen=seen, wanted=wanted))
            except ModelError as error:
                if error.code != "model_not_found":
                    raise
                found = self._run(profiles.find(self.catalog, seen=seen, wanted=None))
            self._provider, self.model = found.provider, found.model
        if self.model.provider == DEMO:
            raise Unasked

    def ask(self, messages: Sequence[Message], *, max_tokens: int, schema: dict[str, Any] | None = None) -> str:
        """Return what the model says; raises Unasked, Busy or ModelError."""
        check_budget(self._conversation.owner)
        options = Options(max_tokens=max_tokens, think=False, format=schema)
        try:
            return self.call(self.model.provider, partial(self._say, messages, options))
        finally:
            calls, self._calls = self._calls, []
            ledger.enter(calls, user_id=self._conversation.owner_id, conversation_id=self._conversation.pk)

    def ask_object(self, messages: Sequence[Message], *, schema: dict[str, Any], max_tokens: int) -> dict[str, Any]:
        """Return an object that fits the schema; raises Unusable when two answers hold none, and what `ask` raises.

        A server that takes no schemas is asked without one.
        """
        shape: dict[str, Any] | None = schema
        try:
            first = self.ask(messages, max_tokens=max_tokens, schema=shape)
        except ModelError as error:
            if error.code != "model_refused":
                raise
            shape = None
            first = self.ask(messages, max_tokens=max_tokens)
        value, wrong = structured.read(first, schema=schema)
        if value is not None:
            return value
        second = self.ask(structured.ask_again(messages, first, wrong), max_tokens=max_tokens, schema=shape)
        value, wrong = structured.read(second, schema=schema)
        value = value or structured.mend(second, schema=schema) or structured.mend(first, schema=schema)
        if value is None:
            raise Unusable(" ".join(wrong))
        return value

    def _say(self, messages: Sequence[Message], options: Options) -> Coroutine[Any, Any, str]:
        return asides.ask(
            self._provider,
            self.model,
            messages,
            options,
            purpose=self._purpose,
            calls=self._calls,
            seconds=settings.TASK_SECONDS,
        )


@contextmanager
def _surroundings() -> Iterator[Place]:
    """Give the engine's own loop, catalogue and lines; where no engine runs, those of this job alone."""
    engine = runner.current()
    if engine is not None and engine.loop is not None:
        if engine.draining:
            raise Busy
        yield engine.loop, engine.catalog, engine.line_of
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="background model", daemon=True)
    thread.start()
    catalog = Catalog(from_settings())
    line = Line(1)
    try:
        yield loop, catalog, lambda provider: line
    finally:
        asyncio.run_coroutine_threadsafe(catalog.close(), loop).result(CUT_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def going_down() -> bool:
    """Whether the server of this process is going down."""
    engine = runner.current()
    return engine is not None and engine.draining


def _last_model(conversation: Conversation) -> str:
    """Return the model of the last turn that was answered; raises Unasked without one."""
    answered = conversation.turns.filter(status__in=[Turn.Status.COMPLETED, Turn.Status.STOPPED]).exclude(model="")
    model = answered.order_by("-created_at").values_list("model", flat=True).first()
    if model is None or model.partition("/")[0] == DEMO:
        raise Unasked
    return model


def people_wait() -> bool:
    """Whether answers are being written: in this process, or in any where this one writes none."""
    engine = runner.current()
    return _alive().exists() if engine is None else bool(engine.answers)


def _people_wait(provider: str) -> bool:
    """Whether a question to this provider is open; one to a model without a named provider may be."""
    alive = _alive()
    for other in PROVIDERS:
        if other != provider:
            alive = alive.exclude(model__startswith=f"{other}/")
    return alive.exists()


def _alive() -> QuerySet[Turn]:
    """Return the turns that somebody is working on."""
    return Turn.objects.open().filter(heartbeat_at__gte=timezone.now() - timedelta(seconds=ALIVE_SECONDS))


def check_budget(owner: User) -> None:
    """Raise Unasked where a person has used up what they may."""
    try:
        quotas.check_budget(user=owner, limits=quotas.limits_of(owner))
    except OverQuota:
        raise Unasked from None
