"""An engine on the test's own loop with a fake model server behind both protocols, and entries made by hand."""

import asyncio
import datetime
import uuid
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from chatsite.threads import in_database
from conversations import runner, turns
from conversations.models import Conversation, Turn, UsageEntry
from conversations.runner import engine as engines
from llm.catalog import Catalog
from llm.config import Config
from tests.fake_model import FakeModel

# Decides only over what never comes: a busy machine is slow.
PATIENCE_SECONDS = 120
LOOK_SECONDS = 0.005
# How long a model server may say nothing, unless a module of tests has another SILENCE_SECONDS.
SILENCE_SECONDS = 2


def spend(user: User, *, at: datetime.datetime | None = None, **fields) -> UsageEntry:
    """Return a new entry of a call that took 30 tokens and cost a cent, unless told otherwise."""
    usual = {"provider": "ollama", "model": "ollama/fast", "prompt_tokens": 10, "completion_tokens": 20}
    usual |= {"counted": "exact", "cost": Decimal("0.01"), "total_ms": 100, "created_at": at or timezone.now()}
    return UsageEntry.objects.create(user=user, conversation_id=uuid.uuid4(), turn_id=uuid.uuid4(), **usual | fields)


def help_with(user: User, mode: str, *, at: datetime.datetime | None = None) -> Turn:
    """Return the turn of a question in a conversation of its own, which got this kind of help."""
    turn = turns.start(conversation_id=uuid.uuid4(), author=user, text="What is a tide?").turn
    Turn.objects.filter(pk=turn.pk).update(mode=mode, status="completed", created_at=at or turn.created_at)
    Conversation.objects.filter(pk=turn.conversation_id).update(active_at=at or turn.created_at)
    return turn


class Stage:
    """An engine at work, and what it asks."""

    def __init__(self, fake: FakeModel, engine: engines.Engine):
        self.fake = fake
        self.engine = engine

    async def ask(self, author: User, model: str, text: str = "What is a tide? tokens=20", **fields) -> Turn:
        """Return the turn of a question in a conversation of its own."""
        verb = {"conversation_id": uuid.uuid4(), "author": author, "text": text, "model": model} | fields
        return (await in_database(turns.start, **verb)).turn

    async def stop(self, turn: Turn) -> None:
        """Stop an answer."""
        await in_database(turns.stop, turn=turn)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():  # noqa: ASYNC110  what is waited for is the server's
                await asyncio.sleep(LOOK_SECONDS)

    async def said(self, turn: Turn, tokens: int) -> None:
        """Wait until so many tokens of an answer have been read."""
        await self.until(lambda: self.pieces(turn) >= tokens)

    def pieces(self, turn: Turn) -> int:
        """Return how many tokens of a running answer have been read."""
        answer = self.engine.answers.get(turn.pk)
        return answer._meter.pieces if answer is not None and answer._meter is not None else 0

    async def ended(self, turn: Turn) -> Turn:
        """Return the turn once it has ended."""
        await self.until(lambda: turn.pk not in self.engine.answers)
        return await in_database(Turn.objects.get, pk=turn.pk)

    async def answered(self, author: User, model: str, text: str = "What is a tide? tokens=20", **fields) -> Turn:
        """Return the turn of a question once it has ended."""
        return await self.ended(await self.ask(author, model, text, **fields))

    async def entries(self, turn: Turn) -> list[UsageEntry]:
        """Return what the ledger has of a turn, in the order of the calls."""
        return await in_database(list, UsageEntry.objects.filter(turn_id=turn.pk).order_by("pk"))


@pytest.fixture
async def stage(request, transactional_db, settings) -> AsyncIterator[Stage]:
    settings.DRAIN_SECONDS = 1
    # What is sent is what was said, word by word.
    settings.DETECT_INTENT = False
    silence = getattr(request.module, "SILENCE_SECONDS", SILENCE_SECONDS)
    async with FakeModel() as fake:
        config = Config(
            ollama_base_url=fake.url,
            openai_base_url=fake.openai_url,
            first_token_seconds=silence,
            between_tokens_seconds=silence,
        )
        settings.LLM = settings.LLM | {"openai_base_url": fake.openai_url}
        catalog = Catalog(config)
        await catalog.refresh()
        engine = await runner.start(catalog)
        try:
            yield Stage(fake, engine)
        finally:
            await engine.drain()
            engines._engine = None
