"""Guard models beside an answer: asked about the question before it is answered, and about the answer as it grows."""

import asyncio
import logging

from llm.catalog import Catalog
from llm.errors import ModelError
from llm.values import Options

from .. import asides, ledger, moderation
from ..live import LiveMessage
from ..models import Turn, UsageEntry
from ..moderation import Found, Rule, guard
from .insisting import insist

logger = logging.getLogger(__name__)

# The person waits meanwhile; a guard that says nothing for so long is gone on without.
PATIENCE_SECONDS = 10.0
# An answer is judged each time it has grown by so much, and at its end.
STEP_CHARACTERS = 1000


class Guards:
    """What guard models say about one turn. A guard that cannot be asked lets it through, and is told in the log."""

    def __init__(self, turn: Turn, question: str, watch: moderation.Watch, catalog: Catalog, message: LiveMessage):
        self._turn = turn
        self._question = question
        self._watch = watch
        self._catalog = catalog
        self._message = message
        self._judged = len(message.text)
        self._judging: asyncio.Task | None = None

    async def judge_question(self) -> None:
        """Ask about the question; raises moderation.Blocked."""
        await self._judge("question", "")
        self._watch.check()

    def heard(self) -> None:
        """Ask about the answer, if it has grown by enough and nobody is being asked."""
        grown = len(self._message.text) - self._judged
        if grown >= STEP_CHARACTERS and (self._judging is None or self._judging.done()):
            self._judging = asyncio.create_task(self._judge_answer())

    async def judge_rest(self) -> None:
        """Ask about the whole answer; raises moderation.Blocked."""
        if self._judging is not None:
            await self._judging
        if len(self._message.text) > self._judged and self._watch.stopped is None:
            await self._judge_answer()
        self._watch.check()

    def close(self) -> None:
        """Ask no more."""
        if self._judging is not None:
            self._judging.cancel()

    async def _judge_answer(self) -> None:
        self._judged = len(self._message.text)
        await self._judge("answer", self._message.text)

    async def _judge(self, place: str, answer: str) -> None:
        rules = [rule for rule in self._watch.rules.guards if place in rule.places]
        for found in await asyncio.gather(*(self._ask(rule, answer) for rule in rules)):
            if found is not None:
                self._watch.judge(found, place)

    async def _ask(self, rule: Rule, answer: str) -> Found | None:
        """Return what the model of a rule finds; its call is in the ledger, whatever came of it."""
        calls: list[ledger.Call] = []
        try:
            provider, model = await self._catalog.get(rule.model)
            options = Options(max_tokens=guard.MOST_TOKENS, temperature=0, think=False)
            asked = guard.messages(rule, self._question, answer)
            purpose = UsageEntry.Purpose.MODERATION
            # Not by the line: the turn may hold the place there that this would wait for.
            said = await asides.ask(
                provider, model, asked, options, purpose=purpose, calls=calls, seconds=PATIENCE_SECONDS
            )
            return guard.read(rule, said)
        except ModelError as error:
            logger.warning("The guard of rule %s could not be asked: %s", rule.id, error.code)
            return None
        finally:
            turn = self._turn
            whose = {"user_id": turn.author_id, "conversation_id": turn.conversation_id, "turn_id": turn.pk}
            await asyncio.shield(insist(ledger.enter, calls, **whose))
