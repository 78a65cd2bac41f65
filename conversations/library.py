"""The models on the model server: fetched, deleted and tried out by staff."""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.models import User
from chatsite import languages
from chatsite.threads import in_database
from llm.errors import ModelError
from llm.library import Installed, Library, Loaded, Step
from llm.values import Message, Options

from . import asides, ledger, runner
from .errors import Invalid, NotFound
from .models import ModelProfile, ModelPull, ModerationRule
from .models.pull import ERROR_CHARACTERS

logger = logging.getLogger(__name__)

PROVIDER = "ollama"
PERMISSION = "conversations.manage_models"
# What a model may be called: registry, owner, name and tag, and nothing that leads elsewhere in an address or a folder.
_PART = r"[A-Za-z0-9][\w.-]*"
NAME = re.compile(rf"(?=.{{1,190}}$)({_PART}(:\d+)?/)?({_PART}/){{0,2}}{_PART}(:{_PART})?", re.ASCII)
PROMPT_CHARACTERS = 2000
ANSWER_TOKENS = 500
TEST_SECONDS = 120
LOOK_SECONDS = 3
DELETE_SECONDS = 30
BEAT_SECONDS = 1.0
# The server says something many times a second while it downloads; silence for so long is the end.
STALL_SECONDS = 300
SHOWN_PULLS = 10

State = ModelPull.State


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the server has, and what of it is loaded; `problem` says why nobody knows."""

    installed: list[Installed]
    loaded: list[Loaded]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a model said to a test prompt, and what that took; times in milliseconds."""

    model: str
    text: str
    first_token_ms: int | None
    total_ms: int
    prompt_tokens: int
    completion_tokens: int
    per_second: float | None


def look() -> Shelf:
    """Return the models of the server, asked now."""

    async def ask() -> Shelf:
        shelf = _library()
        installed, loaded = await asyncio.gather(shelf.installed(), shelf.loaded())
        return Shelf(installed, loaded)

    try:
        return runner.ask(ask(), seconds=LOOK_SECONDS)
    except TimeoutError:
        return Shelf([], [], _("Ollama does not answer."))
    except (ModelError, Invalid) as error:
        return Shelf([], [], error.detail)


def uses(model: str) -> list[str]:
    """Return where a model, by its id, is named as the one to take, in sentences."""
    _provider, _slash, name = model.partition("/")
    names = {model, name, name.removesuffix(":latest")}
    found = [
        _("%(setting)s names it.") % {"setting": setting}
        for setting, value in (("DEFAULT_MODEL", settings.LLM["default_model"]), ("TASK_MODEL", settings.TASK_MODEL))
        if value in names
    ]
    if ModelProfile.objects.filter(model__in=names, is_default=True).exists():
        found.append(_("Its profile marks it for new chats."))
    if people := User.objects.filter(default_model__in=names).count():
        told = ngettext("%(n)d person begins with it.", "%(n)d people begin with it.", people)
        found.append(told % {"n": people})
    found += [
        _("The rule “%(rule)s” asks it.") % {"rule": rule}
        for rule in ModerationRule.objects.filter(model__in=names).values_list("name", flat=True)
    ]
    return found


def pull(*, model: str, by: User) -> ModelPull:
    """Return the download of a model, which goes on from now; raises Invalid."""
    model = model.strip().removeprefix(f"{PROVIDER}/")
    if not NAME.fullmatch(model):
        raise Invalid(_("That is no name of a model. One looks like qwen3:8b."), code="invalid_model")
    _library()
    try:
        with transaction.atomic():
            for left in ModelPull.objects.filter(model=model, state=State.RUNNING):
                if not left.is_running:
                    _end(left.pk, State.INTERRUPTED)
            made = ModelPull.objects.create(model=model, asked_by=by)
            audit.enter("model.pulled", actor=by, target=made, model=f"{PROVIDER}/{model}")
            transaction.on_commit(partial(_begin, made.pk, model))
    except IntegrityError:
        raise Invalid(_("This model is being fetched already."), code="already_running") from None
    return made


def cancel(*, pull_id: uuid.UUID, by: User) -> None:
    """Have a download cancelled, wherever it runs, within a second; what is there stays for the next one."""
    with transaction.atomic():
        waiting = ModelPull.objects.filter(pk=pull_id, state=State.RUNNING, cancelled_at=None)
        if not waiting.update(cancelled_at=timezone.now()):
            raise NotFound
        row = ModelPull.objects.get(pk=pull_id)
        audit.enter("model.pull_cancelled", actor=by, target=row, model=f"{PROVIDER}/{row.model}")


def delete(*, model: str, by: User) -> None:
    """Delete a model, by its id, from the server's disk; raises ModelError, Invalid."""
    name = model.removeprefix(f"{PROVIDER}/")
    shelf = _library()
    try:
        runner.ask(shelf.delete(name), seconds=DELETE_SECONDS)
    except TimeoutError:
        raise Invalid(_("Ollama does not answer."), code="model_unreachable") from None
    audit.enter("model.deleted", actor=by, model=f"{PROVIDER}/{name}")
    _look_anew()


def try_out(*, model: str, prompt: str, by: User) -> Tried:
    """Return what a model, by its id, says to a prompt; nothing of it is kept but its entry in the usage ledger.

    Raises Invalid and ModelError.
    """
    prompt = prompt.strip()
    if not prompt or len(prompt) > PROMPT_CHARACTERS:
        raise Invalid(_("A test prompt has 1 to %(n)d characters.") % {"n": PROMPT_CHARACTERS}, code="invalid_prompt")
    calls: list[ledger.Call] = []
    try:
        name, text = runner.ask(_try(model, prompt, by, calls), seconds=TEST_SECONDS)
    except TimeoutError:
        raise Invalid(_("The model took too long."), code="model_timeout_total") from None
    finally:
        ledger.enter(calls, user_id=by.pk)
        audit.enter("model.tested", actor=by, model=model)
    took = calls[-1].measured
    writing = took.total_ms - (took.first_token_ms or 0)
    tokens = took.usage.completion_tokens
    return Tried(
        model=name,
        text=text,
        first_token_ms=took.first_token_ms,
        total_ms=took.total_ms,
        prompt_tokens=took.usage.prompt_tokens,
        completion_tokens=tokens,
        per_second=round(tokens * 1000 / writing, 1) if writing > 0 else None,
    )


async def _try(model: str, prompt: str, by: User, calls: list[ledger.Call]) -> tuple[str, str]:
    engine = runner.current()
    if engine is None:
        raise Invalid(_("No server runs here that could ask a model."), code="unavailable")
    provider, found = await engine.catalog.get(model)
    line = engine.line_of(found.provider)
    await line.enter(by.pk, lambda ahead: None)
    try:
        asked, options = [Message("user", prompt)], Options(max_tokens=ANSWER_TOKENS)
        purpose = ledger.PURPOSE.TEST
        return found.id, await asides.ask(provider, found, asked, options, purpose=purpose, calls=calls)
    finally:
        line.leave(by.pk)


def _library() -> Library:
    engine = runner.current()
    shelf = engine.catalog.library() if engine is not None else None
    if shelf is None:
        raise Invalid(_("There is no Ollama here. Set OLLAMA_BASE_URL."), code="no_ollama")
    return shelf


def _begin(pull_id: uuid.UUID, model: str) -> None:
    engine = runner.current()
    if engine is not None:
        engine.work_on(fetch(pull_id, model, _library().pull(model)))


async def fetch(pull_id: uuid.UUID, model: str, steps: AsyncGenerator[Step, None]) -> None:
    """Carry a download out, and keep in its row how far it is; ended by its row, or with the server."""
    # Begun by a request in some language; what rows keep is in one.
    translation.activate(languages.NEUTRAL)
    ended, error = State.INTERRUPTED, ""
    try:
        ended = await _follow(pull_id, steps)
    except ModelError as problem:
        ended, error = State.FAILED, problem.detail
    except Exception:
        logger.exception("The download of %s failed", model)
        ended, error = State.FAILED, _("Something went wrong here. It has been logged.")
    finally:
        await steps.aclose()
        await in_database(_end, pull_id, ended, error)
        _look_anew()


async def _follow(pull_id: uuid.UUID, steps: AsyncGenerator[Step, None]) -> State:
    layers: dict[str, tuple[int, int]] = {}
    status, heard, kept = "", time.monotonic(), 0.0
    upcoming: asyncio.Future[Any] | None = None
    try:
        while True:
            upcoming = upcoming or asyncio.ensure_future(anext(steps))
            done, _pending = await asyncio.wait({upcoming}, timeout=BEAT_SECONDS)
            now = time.monotonic()
            if done:
                try:
                    step = upcoming.result()
                except StopAsyncIteration:
                    await in_database(_keep, pull_id, status, layers)
                    return State.DONE
                upcoming, heard, status = None, now, step.status
                if step.digest:
                    layers[step.digest] = (step.completed, step.total)
            elif now - heard > STALL_SECONDS:
                raise ModelError("model_timeout_between_tokens", _("Nothing more came for five minutes."))
            if now - kept >= BEAT_SECONDS:
                kept = now
                if not await in_database(_keep, pull_id, status, layers):
                    return State.CANCELLED
    finally:
        if upcoming is not None:
            upcoming.cancel()
            await asyncio.wait({upcoming})


def _keep(pull_id: uuid.UUID, status: str, layers: dict[str, tuple[int, int]]) -> bool:
    """Keep how far it is; False if it is to end."""
    completed, total = (sum(part[place] for part in layers.values()) for place in (0, 1))
    row = ModelPull.objects.filter(pk=pull_id, cancelled_at=None)
    fields = {"status": status[:200], "completed": completed, "total": total, "heartbeat_at": timezone.now()}
    return bool(row.update(**fields))


def _end(pull_id: uuid.UUID, state: str, error: str = "") -> None:
    fields = {"state": state, "error": error[:ERROR_CHARACTERS], "finished_at": timezone.now()}
    ModelPull.objects.filter(pk=pull_id, state=State.RUNNING).update(**fields)


def _look_anew() -> None:
    engine = runner.current()
    if engine is not None:
        engine.catalog.expire()
        engine.refresh_catalog()
