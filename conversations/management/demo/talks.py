"""Conversations with all their rows: turns, branches, messages, what they cost, and how they are found."""

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from django.utils import timezone

from llm.tokens import estimate

from ... import turns
from ...bulk import insert
from ...models import Conversation, Message, SearchEntry, Turn, UsageEntry
from ...models.usage import PRICED_TOKENS
from ...runner.rows import MESSAGE_STATUS
from ...search import entry
from .papers import Papers
from .words import Words

DAYS = 365
# How turns end, as often as in real life.
ENDS = {
    Turn.Status.COMPLETED: 94,
    Turn.Status.STOPPED: 3,
    Turn.Status.FAILED: 2,
    Turn.Status.INTERRUPTED: 1,
}
# Prices in USD for a million tokens of prompt and answer.
MODELS = {
    "ollama/llama3.2": (Decimal(0), Decimal(0)),
    "openai/gpt-5-mini": (Decimal("0.25"), Decimal(2)),
    "openai/gpt-5": (Decimal("1.25"), Decimal(10)),
}
# One conversation of so many begins with a file.
FILE_EACH = 50
# The share of turns that ask the one before them again.
RETRIED_SHARE = 0.08
WORKER = "seed_demo"


@dataclass(slots=True)
class Rows:
    """New rows that belong together, to be written in one go."""

    conversations: list[Conversation] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    usage: list[UsageEntry] = field(default_factory=list)
    search: list[SearchEntry] = field(default_factory=list)
    papers: Papers = field(default_factory=Papers)

    def write(self) -> None:
        """Insert them all."""
        for rows in (self.conversations, self.turns, self.messages, self.usage, self.search):
            insert(rows)
        self.papers.write()


class Talks:
    """Makes conversations; `chance` decides about everything but how long they are."""

    def __init__(self, chance: Random):
        self.chance = chance
        self.words = Words(chance)
        self.now = timezone.now()
        self.count = 0

    def add(self, rows: Rows, *, owner, turn_count: int) -> None:
        """Add a conversation with so many turns."""
        topic = self.words.topic()
        began = self.now - datetime.timedelta(seconds=self.chance.uniform(3600, DAYS * 86_400))
        model = self.chance.choice(list(MODELS))
        conversation = Conversation(
            owner=owner,
            model=model,
            created_at=began,
            message_count=2 * turn_count,
            pinned=self.chance.random() < 0.02,
            archived=self.chance.random() < 0.1,
        )
        rows.conversations.append(conversation)
        ends = self._moments(began, turn_count)
        last: Turn | None = None
        for number in range(turn_count):
            retried = last is not None and self.chance.random() < RETRIED_SHARE
            question = rows.messages[-2].text if retried else self.words.question(topic)
            parent = last.parent if last and retried else last
            asked, ended = next(ends)
            last = self._turn(conversation, parent, model, asked, ended)
            if not number:
                conversation.title = turns.title_of(question)
                rows.search.append(entry(conversation, conversation.title))
            self._exchange(rows, last, question, self.words.answer(topic))
            if not number and not self.count % FILE_EACH:
                rows.papers.add(owner=owner, question=rows.messages[-2], topic=topic, words=self.words)
        self.count += 1
        conversation.leaf, conversation.active_at = last, ended
        if self.chance.random() < 0.3:
            conversation.status = Conversation.Status.COMPLETED

    def _moments(self, began: datetime.datetime, count: int) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        """Yield when each turn is asked and answered, all before now."""
        room = (self.now - began).total_seconds()
        pause = min(600.0, room / count)
        for number in range(count):
            asked = began + datetime.timedelta(seconds=number * pause)
            yield asked, asked + datetime.timedelta(seconds=self.chance.uniform(0.1, 0.9) * min(pause, 30.0))

    def _turn(self, conversation: Conversation, parent: Turn | None, model: str, asked, ended) -> Turn:
        status = self.chance.choices(list(ENDS), weights=list(ENDS.values()))[0]
        took = int((ended - asked).total_seconds() * 1000)
        return Turn(
            conversation=conversation,
            parent=parent,
            depth=parent.depth + 1 if parent else 0,
            milestone_id=parent.milestone_of_next if parent else None,
            author=conversation.owner,
            fingerprint=uuid.uuid4().hex,
            model=model,
            status=status,
            worker=WORKER,
            heartbeat_at=ended,
            created_at=asked,
            started_at=asked,
            finished_at=ended,
            first_token_ms=took // 10,
            total_ms=took,
            finish_reason="stop" if status == Turn.Status.COMPLETED else "",
            error_code="model_unavailable" if status == Turn.Status.FAILED else "",
            error_detail="The model server cannot be reached." if status == Turn.Status.FAILED else "",
            usage_exact=True,
        )

    def _exchange(self, rows: Rows, turn: Turn, question: str, answer: str) -> None:
        if turn.status != Turn.Status.COMPLETED:
            answer = "" if turn.status == Turn.Status.FAILED else answer[: self.chance.randint(0, len(answer))]
        turn.prompt_tokens = estimate(question) * (turn.depth % 20 + 1)
        turn.completion_tokens = estimate(answer)
        rows.turns.append(turn)
        for position, (role, text, status) in enumerate(
            [
                (Message.Role.USER, question, Message.Status.COMPLETE),
                (Message.Role.ASSISTANT, answer, MESSAGE_STATUS[Turn.Status(turn.status)]),
            ]
        ):
            message = Message(turn=turn, position=position, role=role, text=text, status=status)
            message.created_at = turn.created_at
            message.model = turn.model if position else ""
            rows.messages.append(message)
            written = entry(turn.conversation, text, message.pk)
            if written.says_something:
                rows.search.append(written)
        rows.usage.append(_usage(turn))


def _usage(turn: Turn) -> UsageEntry:
    prompt, completion = MODELS[turn.model]
    asked, answered = turn.prompt_tokens or 0, turn.completion_tokens or 0
    spent = prompt * asked + completion * answered
    return UsageEntry(
        user_id=turn.author_id,
        conversation_id=turn.conversation_id,
        turn_id=turn.pk,
        provider=turn.model.partition("/")[0],
        model=turn.model,
        prompt_tokens=asked,
        completion_tokens=answered,
        counted=UsageEntry.Counted.EXACT,
        first_token_ms=turn.first_token_ms,
        total_ms=turn.total_ms or 0,
        outcome=turn.status,
        prompt_price=prompt,
        completion_price=completion,
        cost=spent / PRICED_TOKENS,
        created_at=turn.finished_at or turn.created_at,
        day=(turn.finished_at or turn.created_at).astimezone(datetime.UTC).date(),
    )
