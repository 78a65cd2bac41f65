"""Each call of a model is one entry of the ledger, however its turn ends."""

import uuid

import pytest

from accounts.models import User
from chatsite.threads import in_database
from conversations import turns
from conversations.models import Message, Turn, UsageEntry
from conversations.runner import rows
from llm import agent
from llm.providers.scripted import ScriptedProvider
from llm.values import Tool
from tests.fake_model import answer_tokens

PROTOCOLS = ("ollama", "openai")
QUESTION = "What is a tide? tokens=20"


def words(tokens) -> int:
    return len("".join(tokens).split())


def told(entry: UsageEntry) -> tuple:
    return entry.purpose, entry.outcome, entry.counted, entry.completion_tokens


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_whole_answer_has_the_servers_own_counts(stage, alice, protocol):
    turn = await stage.answered(alice, f"{protocol}/fast", QUESTION)
    (entry,) = await stage.entries(turn)
    said = answer_tokens(model="fast", message=QUESTION)
    assert told(entry) == ("chat", "completed", "exact", words(said))
    assert entry.prompt_tokens == len(QUESTION.split())
    assert (entry.user_id, entry.conversation_id) == (alice.pk, turn.conversation_id)
    assert (entry.provider, entry.model) == (protocol, turn.model)
    assert 0 <= entry.first_token_ms <= entry.total_ms


async def test_what_the_server_did_not_read_anew_is_noted(stage, alice):
    (entry,) = await stage.entries(await stage.answered(alice, "openai/fast", QUESTION))
    assert entry.cached_tokens == len(QUESTION.split()) // 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_server_that_counts_nothing_is_counted_by_its_pieces(stage, alice, protocol):
    (entry,) = await stage.entries(await stage.answered(alice, f"{protocol}/no-usage", QUESTION))
    assert told(entry) == ("chat", "completed", "estimated", 20)
    assert entry.prompt_tokens > 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_piece_longer_than_any_token_counts_as_several(stage, alice, protocol):
    stage.fake.script(tokens=["word " * 300], usage=False)
    (entry,) = await stage.entries(await stage.answered(alice, f"{protocol}/fast"))
    assert entry.completion_tokens == 500


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_stopped_answer_is_counted_as_far_as_it_was_read(stage, alice, protocol):
    turn = await stage.ask(alice, f"{protocol}/stall-mid", QUESTION)
    await stage.said(turn, 10)
    await stage.stop(turn)
    turn = await stage.ended(turn)
    (entry,) = await stage.entries(turn)
    assert turn.status == "stopped"
    assert told(entry) == ("chat", "stopped", "estimated", 10)
    assert stage.fake.chats[-1].tokens_sent == 10


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_thoughts_are_counted_when_an_answer_is_stopped(stage, alice, protocol):
    stage.fake.script(thinking="one two three four five", text=" six seven eight nine ten", end="hang")
    turn = await stage.ask(alice, f"{protocol}/fast", QUESTION)
    await stage.said(turn, 10)
    await stage.stop(turn)
    (entry,) = await stage.entries(await stage.ended(turn))
    assert entry.completion_tokens == stage.fake.chats[-1].tokens_sent == 10


async def test_an_answer_stopped_before_its_first_token_took_its_prompt(stage, alice):
    turn = await stage.ask(alice, "ollama/hang", QUESTION)
    await stage.until(lambda: stage.fake.chats)
    await stage.stop(turn)
    (entry,) = await stage.entries(await stage.ended(turn))
    assert told(entry) == ("chat", "stopped", "estimated", 0)
    assert entry.prompt_tokens > 0
    assert entry.first_token_ms is None


async def test_an_answer_that_was_stopped_in_line_took_nothing(stage, alice, settings):
    settings.CONCURRENT_CALLS = {"ollama": 1}
    first = await stage.ask(alice, "ollama/hang")
    await stage.until(lambda: stage.fake.chats)
    waiting = await stage.ask(alice, "ollama/fast")
    await stage.until(lambda: getattr(stage.engine.answers.get(waiting.pk), "begun", False))
    await stage.stop(waiting)
    assert await stage.entries(await stage.ended(waiting)) == []
    await stage.stop(first)
    await stage.ended(first)


FAULTS = {
    "error-line": "interrupted",
    "error-first": "failed",
    "no-done": "interrupted",
    "drop": "failed",
    "busy-503": "failed",
    "missing-404": "failed",
    "refuse-400": "failed",
    "unauthorised-401": "failed",
    "limited-429": "failed",
    "crash-500": "failed",
    "garbage": "failed",
    "wrong-shape": "failed",
    "empty-body": "failed",
    "hang": "failed",
    "hang-headers": "failed",
    "stall-mid": "interrupted",
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_each_fault_of_a_server_has_its_one_entry(stage, alice, protocol):
    asked = [await stage.ask(alice, f"{protocol}/{fault}", QUESTION) for fault in FAULTS]
    for turn, (fault, outcome) in zip(asked, FAULTS.items(), strict=True):
        ended = await stage.ended(turn)
        (entry,) = await stage.entries(turn)
        sent = {"error-line": 10, "no-done": 20, "stall-mid": 10}.get(fault, 0)
        assert (fault, ended.status, told(entry)) == (fault, outcome, ("chat", outcome, "estimated", sent))


async def test_a_server_that_refuses_at_once_read_no_prompt(stage, alice):
    (entry,) = await stage.entries(await stage.answered(alice, "ollama/busy-503", QUESTION))
    assert entry.prompt_tokens == 0


async def test_a_model_that_does_not_exist_was_not_called(stage, alice):
    turn = await stage.answered(alice, "ollama/none")
    assert turn.error_code == "model_not_found"
    assert await stage.entries(turn) == []


async def test_a_retry_is_a_call_of_its_own(stage, alice):
    first = await stage.answered(alice, "ollama/error-line", QUESTION)
    second = (await in_database(turns.retry, turn=first, author=alice, model="ollama/fast")).turn
    await stage.ended(second)
    outcomes = [entry.outcome for turn in (first, second) for entry in await stage.entries(turn)]
    assert outcomes == ["interrupted", "completed"]


async def test_each_round_of_tools_is_a_call_of_its_own(stage, alice, monkeypatch):
    with_clock(monkeypatch)
    turn = await stage.answered(alice, "ollama/tools", QUESTION)
    entries = await stage.entries(turn)
    assert [told(entry) for entry in entries] == [
        ("chat", "completed", "exact", words(["Let me look. "])),
        ("tool", "completed", "exact", words(["get_time said: noon"])),
    ]
    assert turn.completion_tokens == sum(entry.completion_tokens for entry in entries)


async def test_a_round_that_is_stopped_counts_what_the_round_before_it_left(stage, alice, monkeypatch):
    with_clock(monkeypatch)
    stage.fake.script()
    stage.fake.script(end="hang")
    turn = await stage.ask(alice, "ollama/tools", QUESTION)
    await stage.until(lambda: len(stage.fake.chats) == 2)
    await stage.said(turn, 1)
    await stage.stop(turn)
    first, second = await stage.entries(await stage.ended(turn))
    assert (first.purpose, first.outcome, second.purpose, second.outcome) == ("chat", "completed", "tool", "stopped")
    # The question, the call and its result are read again.
    assert second.prompt_tokens > first.prompt_tokens + first.completion_tokens


def with_clock(monkeypatch) -> None:
    """Offer a clock to every model that can use it."""

    async def noon(arguments) -> str:
        return "noon"

    clock = Tool("get_time", "Tells the time", {"type": "object", "properties": {"zone": {"type": "string"}}}, noon)
    run = agent.run
    monkeypatch.setattr(agent, "run", lambda **asked: run(**asked | {"tools": [clock]}))


async def test_the_end_of_a_turn_that_was_reaped_meanwhile_adds_no_second_entry(stage, alice):
    turn = await stage.ask(alice, "ollama/stall-mid", QUESTION)
    await stage.said(turn, 10)
    answer = stage.engine.answers[turn.pk]
    await in_database(rows.keep, [answer.kept], [turn.pk], stage.engine.worker)
    await in_database(rows.reap, turn.pk, stage.engine.worker)
    (reaped,) = await stage.entries(turn)
    assert reaped.outcome == "interrupted"
    await stage.stop(turn)
    stage.engine.cancel(turn.pk, Turn.Status.STOPPED)
    ended = await stage.ended(turn)
    assert ended.status == "stopped"
    assert [entry.pk for entry in await stage.entries(turn)] == [reaped.pk]


async def test_what_a_model_is_being_sent_is_known_though_its_process_dies(stage, alice):
    first = await stage.answered(alice, "ollama/fast", QUESTION)
    conversation = {"conversation_id": first.conversation_id, "parent": first.pk}
    turn = await stage.ask(alice, "ollama/stall-mid", QUESTION, **conversation)
    await stage.said(turn, 10)
    await stage.until(lambda: stage.engine.answers[turn.pk].accounted)
    ended = await in_database(rows.reap, turn.pk, stage.engine.worker)
    window = stage.engine.answers[turn.pk].account["window"]
    assert (ended.verbatim, ended.condensed, ended.left_out, ended.window) == (2, 0, 0, window)
    await stage.stop(turn)
    stage.engine.cancel(turn.pk, Turn.Status.STOPPED)
    await stage.ended(turn)


def reaped(author: User, *, model: str, text: str) -> UsageEntry:
    """Return the entry of a turn whose process died when it had said `text`."""
    started = turns.start(conversation_id=uuid.uuid4(), author=author, text=QUESTION)
    Message.objects.filter(pk=started.answer.pk).update(text=text, seq=1)
    Turn.objects.filter(pk=started.turn.pk).update(status="running", worker="gone/1/1/0", model=model)
    rows.reap(started.turn.pk, "gone/1/1/0")
    return UsageEntry.objects.get(turn_id=started.turn.pk)


@pytest.mark.django_db
def test_a_turn_whose_process_died_is_entered_as_far_as_it_was_kept(alice):
    entry = reaped(alice, model="ollama/hf.co/somebody/some-model:q4", text="What was said so far")
    assert (entry.outcome, entry.counted) == ("interrupted", "estimated")
    assert (entry.provider, entry.model) == ("ollama", "ollama/hf.co/somebody/some-model:q4")
    assert entry.prompt_tokens > 0
    assert entry.completion_tokens > 0


@pytest.mark.django_db
def test_a_turn_whose_process_died_before_a_word_took_nothing_that_anybody_knows_of(alice):
    entry = reaped(alice, model="no-provider-in-its-name-and-longer-than-thirty", text="")
    assert (entry.prompt_tokens, entry.completion_tokens, entry.provider) == (0, 0, "")
    assert entry.cost is None


async def test_counts_that_no_server_can_mean_are_estimated_instead(stage, alice, monkeypatch):
    provider = ScriptedProvider()
    provider.reply("one ", "two", agent.Finished("stop", agent.Usage(-1, 10**12)))
    stage.engine.catalog.providers["ollama"] = provider
    (entry,) = await stage.entries(await stage.answered(alice, "ollama/fast"))
    assert (entry.counted, entry.completion_tokens) == ("estimated", 2)


async def test_a_mistake_of_ours_is_entered_as_a_failure(stage, alice):
    provider = ScriptedProvider()
    provider.reply("one ", "two", RuntimeError("a mistake"))
    stage.engine.catalog.providers["ollama"] = provider
    turn = await stage.answered(alice, "ollama/fast")
    (entry,) = await stage.entries(turn)
    assert (turn.error_code, entry.outcome, entry.completion_tokens) == ("internal_error", "failed", 2)


async def test_a_server_that_ends_is_entered_as_interrupted(stage, alice, settings):
    settings.DRAIN_SECONDS = 0.2
    turn = await stage.ask(alice, "ollama/paced-20", "What is a tide? tokens=500")
    await stage.said(turn, 2)
    await stage.engine.drain()
    (entry,) = await stage.entries(turn)
    assert (entry.outcome, entry.counted) == ("interrupted", "estimated")
    assert entry.completion_tokens >= 2
