"""What a question means, found out once where passages of long files are chosen for it; never a reason to fail."""

import asyncio
import logging
from typing import Any

from django.conf import settings

from chatsite import metrics
from llm import embeddings
from llm.catalog import Catalog
from llm.embeddings import Rests
from llm.errors import ModelError

from .. import asides, assembly, inclusion, ledger
from ..models import Turn
from . import rows
from .insisting import insist

logger = logging.getLogger(__name__)

# What a question is about stands in so much of it; somebody could paste a book.
QUESTION_CHARACTERS = 2000

rests = Rests()


async def assemble(work: rows.Work, catalog: Catalog, **how: Any) -> assembly.Sent:
    """Return what the model is sent for a turn; how passages were chosen, and why by words alone, is told with it."""
    what = {"turn": work.turn, "asked": work.asked, **how}
    try:
        return await insist(assembly.assemble, **what)
    except inclusion.MeaningWanted as wanted:
        meaning = await _meaning(wanted.question[:QUESTION_CHARACTERS], work.turn, catalog)
    return await insist(assembly.assemble, **what, meaning=meaning)


async def _meaning(question: str, turn: Turn, catalog: Catalog) -> inclusion.Meaning:
    model = settings.EMBEDDING["model"]
    trouble = rests.trouble(model)
    if trouble is None:
        try:
            vector = await _vector(question, turn, catalog)
            rests.answered(model)
            metrics.questions_embedded.add("completed")
            return inclusion.Meaning(model, vector)
        except ModelError as error:
            logger.warning("Passages are chosen by words alone: %s", error)
            rests.failed(model, error)
            trouble = error
    metrics.questions_embedded.add("failed")
    return inclusion.Meaning(model, trouble=trouble.code)


async def _vector(question: str, turn: Turn, catalog: Catalog) -> list[float]:
    embedder = embeddings.find(catalog, settings.EMBEDDING["model"])
    calls: list[ledger.Call] = []
    try:
        # Not by the line: the turn holds a place already.
        asking = embedder.question(question, seconds=settings.EMBEDDING["seconds"])
        (vector,) = await asides.embed(embedder, asking, [question], calls=calls)
        return vector
    finally:
        whose = {"user_id": turn.author_id, "conversation_id": turn.conversation_id, "turn_id": turn.pk}
        await asyncio.shield(insist(ledger.enter, calls, **whose))
