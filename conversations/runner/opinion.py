"""A second opinion on what kind of help is wanted: a small model is asked where the words alone leave it open."""

import asyncio
import logging
import time
from contextlib import aclosing

from django.conf import settings

from chatsite.threads import in_database
from llm import intent
from llm.catalog import Catalog
from llm.errors import ModelError
from llm.events import Finished, Text
from llm.meter import Meter
from llm.tokens import estimate_prompt
from llm.values import Options

from .. import ledger, modes
from ..models import Turn, UsageEntry

logger = logging.getLogger(__name__)

# The person waits meanwhile, so it is given up soon.
PATIENCE_SECONDS = 3.0
MOST_TOKENS = 40


async def ask(turn: Turn, question: str, catalog: Catalog) -> None:
    """Give the turn the mode that the task model sees, where there is such a model and its own is not sure."""
    if not settings.TASK_MODEL or not modes.is_unsure(turn):
        return
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await _opinion(turn, question, catalog)
    except (ModelError, TimeoutError) as error:
        logger.info("No second opinion on turn %s: %s", turn.pk, error)
        return
    if found is not None:
        await in_database(modes.overrule, turn, found)


async def _opinion(turn: Turn, question: str, catalog: Catalog) -> intent.Mode | None:
    provider, model = await catalog.get(settings.TASK_MODEL)
    messages = intent.question(question)
    meter = Meter(prompt=estimate_prompt(messages, ()))
    said: list[str] = []
    finished: Finished | None = None
    outcome: str = UsageEntry.Outcome.INTERRUPTED
    options = Options(max_tokens=MOST_TOKENS, temperature=0, think=False, format=intent.SCHEMA)
    try:
        async with aclosing(provider.stream(model=model.name, messages=messages, options=options)) as events:
            async for event in events:
                if isinstance(event, Text):
                    meter.first_at = meter.first_at or time.monotonic()
                    meter.pieces += event.pieces
                    said.append(event.text)
                elif isinstance(event, Finished):
                    finished = event
        outcome = UsageEntry.Outcome.COMPLETED
        return intent.read_opinion("".join(said))
    finally:
        meter.end_call(finished.usage if finished else None)
        names = {"provider": model.provider, "model": model.id, "purpose": UsageEntry.Purpose.INTENT}
        calls = [ledger.Call(measured=each, outcome=outcome, **names) for each in meter.calls]
        whose = {"user_id": turn.author_id, "conversation_id": turn.conversation_id, "turn_id": turn.pk}
        await asyncio.shield(in_database(ledger.enter, calls, **whose))
