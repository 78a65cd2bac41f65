"""A second opinion on what kind of help is wanted: a small model is asked where the words alone leave it open."""

import asyncio
import logging

from django.conf import settings

from llm import intent
from llm.catalog import Catalog
from llm.errors import ModelError
from llm.values import Options

from .. import asides, ledger, modes
from ..models import Turn, UsageEntry
from .insisting import insist

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
        await insist(modes.overrule, turn, found)


async def _opinion(turn: Turn, question: str, catalog: Catalog) -> intent.Mode | None:
    provider, model = await catalog.get(settings.TASK_MODEL)
    options = Options(max_tokens=MOST_TOKENS, temperature=0, think=False, format=intent.SCHEMA)
    purpose = UsageEntry.Purpose.INTENT
    calls: list[ledger.Call] = []
    try:
        # Not by the line: the turn may hold the place there that this would wait for.
        said = await asides.ask(provider, model, intent.question(question), options, purpose=purpose, calls=calls)
        return intent.read_opinion(said)
    finally:
        whose = {"user_id": turn.author_id, "conversation_id": turn.conversation_id, "turn_id": turn.pk}
        await asyncio.shield(insist(ledger.enter, calls, **whose))
