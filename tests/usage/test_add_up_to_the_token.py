"""The ledger's sums are what the model server says it produced, to the token, over a thousand mixed turns."""

import asyncio
import random
from collections import Counter

from django.db import connection

from accounts.models import User
from chatsite.threads import in_database
from conversations import turns
from conversations.models import Turn, UsageEntry
from tests.fake_model.playback import Seen
from tests.fake_model.said import content_of, last_question
from tests.fake_model.text import answer_tokens, thinking_tokens

# A thousand are shown once; the other database need only add up as well.
TURNS = 1000 if connection.vendor == "sqlite" else 250
AT_ONCE = 16
# Nobody is given up here: who says nothing is stopped.
SILENCE_SECONDS = 60
SEED = 3

# How often each model is asked.
WHOLE = {"fast": 8, "thinking": 4, "length": 1, "pings": 1, "empty": 1, "no-usage": 3}
BROKEN = {
    "error-line": 3,
    "error-first": 1,
    "no-done": 2,
    "drop": 1,
    "busy-503": 1,
    "refuse-400": 1,
    "limited-429": 1,
    "crash-500": 1,
    "garbage": 1,
}
HELD = {"stall-mid": 6}
MODELS = WHOLE | BROKEN | HELD
# Of the answers that broke off, as many are asked for again.
AGAIN = 0.3


def produced(seen: Seen) -> int:
    """Return how many tokens of an answer the server counts, or sent where it does not come to count them."""
    question = last_question(seen.body["messages"])
    if seen.model in WHOLE and seen.model != "no-usage":
        said = () if seen.model == "empty" else answer_tokens(model=seen.model, message=question)
        thought = thinking_tokens(model=seen.model, message=question) if seen.model == "thinking" else ()
        return len("".join(said).split()) + len("".join(thought).split())
    # OpenAI's protocol begins with an event that names the speaker; where nothing follows, it is no token.
    return 0 if seen.model in {"error-first", "garbage"} else seen.tokens_sent


def read(seen: Seen) -> int:
    return sum(len(content_of(message).split()) for message in seen.body["messages"])


async def one(stage, author: User, number: int, dice: random.Random) -> None:
    """Ask one question, stop it if it would never end, and perhaps ask again."""
    (name,) = dice.choices(list(MODELS), weights=list(MODELS.values()))
    # Of a single token, half is none: there would be nothing to wait for.
    tokens = dice.randint(2, 40)
    protocol = dice.choice(["ollama", "openai"])
    turn = await stage.ask(author, f"{protocol}/{name}", f"Question {number}? tokens={tokens}")
    if name in HELD:
        await stage.said(turn, round(tokens * 0.5))
        await stage.stop(turn)
    ended = await stage.ended(turn)
    if name in BROKEN and dice.random() < AGAIN:
        again = await in_database(turns.retry, turn=ended, author=author)
        await stage.ended(again.turn)


async def test_a_thousand_mixed_turns_add_up(stage, alice, bob):
    dice = random.Random(SEED)
    numbers = iter(range(TURNS))

    async def go_on() -> None:
        for number in numbers:
            await one(stage, dice.choice([alice, bob]), number, dice)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(go_on())

    entries = await in_database(list, UsageEntry.objects.all())
    questions = await in_database(_questions)
    assert len(entries) == len(questions) >= TURNS
    assert {entry.turn_id for entry in entries} == set(questions)

    counted: Counter[str] = Counter()
    prompts: Counter[str] = Counter()
    exact = set()
    for entry in entries:
        counted[questions[entry.turn_id]] += entry.completion_tokens
        if entry.counted == "exact":
            exact.add(questions[entry.turn_id])
            prompts[questions[entry.turn_id]] += entry.prompt_tokens
    told: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for seen in stage.fake.chats:
        question = last_question(seen.body["messages"])
        told[question] += produced(seen)
        if question in exact:
            asked[question] += read(seen)
    assert counted == told
    assert counted.total() == told.total() > TURNS
    assert prompts == asked
    outcomes = Counter(entry.outcome for entry in entries)
    assert set(outcomes) == {"completed", "stopped", "failed", "interrupted"}
    assert min(outcomes.values()) > TURNS / 20


def _questions() -> dict:
    """Return the question of each turn."""
    found = Turn.objects.filter(messages__role="user").values_list("pk", "messages__text")
    return dict(found)
