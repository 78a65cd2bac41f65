"""A model asks for tools: each call is a row, seen live, and what came of it goes back to the model."""

import asyncio
import json
import uuid

import pytest
from django.db import OperationalError

from chatsite.threads import in_database
from conversations import lifecycle, live, modes, snapshots, turns, wire
from conversations.live import mirror
from conversations.models import Calibration, Conversation, Message, Turn
from conversations.runner import insisting, opinion, rows
from conversations.tools import toolbox
from llm import intent
from tests.support.promises import within

from .conftest import calls, messages

pytestmark = pytest.mark.django_db(transaction=True)

BOTH = pytest.mark.parametrize("model", ["ollama/tools", "openai/tools"])
SUM = ("calculate", {"expression": "19 * 23"})


def roles(rows: list[Message]) -> list[str]:
    return [row.role for row in rows]


@BOTH
async def test_calls_and_results_are_rows(stage, alice, model):
    calls(stage, SUM, text="Let me see.")
    turn = await stage.answered(alice, model, "How much is 19 times 23?")
    question, call, answer = await messages(turn)
    assert roles([question, call, answer]) == ["user", "tool", "assistant"]
    assert (call.tool_name, call.status, call.text) == ("calculate", "complete", "19 * 23 = 437")
    assert call.tool_run["arguments"] == {"expression": "19 * 23"}
    assert call.tool_run["ok"] is True
    assert call.tool_run["ms"] >= 0
    assert turn.status == Turn.Status.COMPLETED
    before, after = answer.text.split("\n\n")
    assert (before, after.partition(" ")[2]) == ("Let me see.", "said: 19 * 23 = 437")
    conversation = await in_database(Conversation.objects.get, pk=turn.conversation_id)
    assert conversation.message_count == 3


@BOTH
async def test_the_next_turn_knows_what_the_tool_said(stage, alice, model):
    calls(stage, SUM, ("calculate", {"expression": "1 + 1"}), text="")
    first = await stage.answered(alice, model, "How much?")
    await stage.answered(alice, model, "And so? tokens=5", conversation_id=first.conversation_id)
    sent = stage.fake.chats[-2].body["messages"]
    assert [each["role"] for each in sent[-5:]] == ["assistant", "tool", "tool", "assistant", "user"]
    assert len(sent[-5]["tool_calls"]) == 2
    assert [each["content"] for each in sent[-4:-2]] == ["19 * 23 = 437", "1 + 1 = 2"]


@BOTH
async def test_calls_are_run_in_their_order_also_when_they_come_last(stage, alice, model):
    calls(stage, SUM, ("calculate", {"expression": "2 ** 10"}), tools_at_end=True, text="")
    turn = await stage.answered(alice, model, "How much?")
    rows = await messages(turn)
    assert roles(rows) == ["user", "tool", "tool", "assistant"]
    assert [row.text for row in rows[1:3]] == ["19 * 23 = 437", "2 ** 10 = 1024"]
    assert {row.tool_run["round"] for row in rows[1:3]} == {1}


@BOTH
@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("launch", {}), "unknown_tool"),
        (("calculate", {}), "invalid_arguments"),
        (("calculate", {"expression": 5}), "invalid_arguments"),
        (("calculate", {"expression": "1", "user": "bob"}), "invalid_arguments"),
        (("calculate", {"expression": "1 / 0"}), "zero"),
    ],
)
async def test_what_goes_wrong_is_told_to_the_model_and_the_answer_goes_on(stage, alice, model, call, told):
    calls(stage, call, text="")
    turn = await stage.answered(alice, model, "Go on.")
    _, row, answer = await messages(turn)
    assert row.status == Message.Status.FAILED
    assert told in row.text
    assert told in answer.text
    assert turn.status == Turn.Status.COMPLETED


@BOTH
async def test_a_model_that_calls_without_end_is_stopped_and_told(stage, alice, model):
    calls_forever = model.replace("tools", "tools-forever")
    turn = await stage.answered(alice, calls_forever, "Go on.")
    assert turn.status == Turn.Status.COMPLETED
    assert turn.finish_reason in {"tool_limit", "stop"}
    assert len(stage.fake.chats) <= 8
    rounds = [row.tool_run["round"] for row in await messages(turn) if row.role == "tool"]
    assert rounds == list(range(1, len(rounds) + 1))


async def test_stopped_while_a_tool_works_all_that_was_said_is_kept(stage, alice, slow):
    _, begun = slow
    calls(stage, ("wait", {}), text="One moment.")
    turn = await stage.ask(alice, "ollama/tools", "Wait.")
    async with asyncio.timeout(within(20)):
        await begun.wait()
    await stage.stop(turn)
    turn = await stage.ended(turn)
    _, call, answer = await messages(turn)
    assert (turn.status, call.status, answer.status) == ("stopped", "stopped", "stopped")
    assert answer.text == "One moment."
    # The next question is not sent a call that nothing answered: model servers refuse that.
    following = await stage.answered(alice, "ollama/fast", "And? tokens=5", conversation_id=turn.conversation_id)
    assert following.status == "completed"
    assert [each["role"] for each in stage.fake.chats[-1].body["messages"]][-3:] == ["user", "assistant", "user"]


async def test_what_was_looked_up_for_an_answer_that_never_came_is_not_told_again(stage, alice):
    calls(stage, SUM, text="")
    stage.fake.replies.append({"delay": 60})
    turn = await stage.ask(alice, "ollama/tools", "How much?")
    await stage.until(lambda: len(stage.fake.chats) == 2)
    await stage.stop(turn)
    turn = await stage.ended(turn)
    assert [row.role for row in await messages(turn)] == ["user", "tool", "assistant"]
    await stage.answered(alice, "ollama/fast", "And? tokens=5", conversation_id=turn.conversation_id)
    assert [each["role"] for each in stage.fake.chats[-1].body["messages"]] == ["user"]


async def test_what_a_page_hears_is_what_a_page_shows(stage, alice, slow):
    gate, begun = slow
    calls(stage, ("wait", {}), text="One moment.")
    conversation_id = uuid.uuid4()
    watcher = live.Watcher(wire.FORMATS["text"])
    await live.watch(conversation_id, watcher)
    turn = await stage.ask(alice, "ollama/tools", "Wait.", conversation_id=conversation_id)
    async with asyncio.timeout(within(20)):
        await begun.wait()
    # A second reader joins in the middle of it.
    late = live.Watcher(wire.FORMATS["text"])
    feed = await live.watch(conversation_id, late)
    snapshot = snapshots.settle(feed, await in_database(snapshots.read, conversation_id), late)
    assert [(each["role"], each["status"]) for each in snapshot["messages"]] == [
        ("user", "complete"),
        ("tool", "streaming"),
        ("assistant", "streaming"),
    ]
    gate.set()
    await stage.ended(turn)
    heard = [json.loads(frame) for frame in watcher.take()]
    kinds = [frame["type"] for frame in heard]
    assert kinds.index("tool.called") < kinds.index("tool.returned") < kinds.index("turn.finished")
    [returned] = [frame for frame in heard if frame["type"] == "tool.returned"]
    assert (returned["result"], returned["ok"], returned["name"]) == ("Done waiting.", True, "wait")
    later = [json.loads(frame) for frame in late.take()]
    assert "tool.returned" in [frame["type"] for frame in later]
    assert [frame for frame in later if frame["type"] == "message.completed"]


async def test_a_call_made_between_joining_and_reading_is_not_lost(stage, alice, slow):
    gate, begun = slow
    calls(stage, ("wait", {}), text="One moment.")
    conversation_id = uuid.uuid4()
    watcher = live.Watcher(wire.FORMATS["text"])
    # In the order in which a socket does it: join, read the rows, and only then tell; meanwhile the call is made.
    feed = await live.watch(conversation_id, watcher)
    turn = await stage.ask(alice, "ollama/tools", "Wait.", conversation_id=conversation_id)
    stand = await in_database(snapshots.read, conversation_id)
    async with asyncio.timeout(within(20)):
        await begun.wait()
    snapshots.settle(feed, stand, watcher)
    gate.set()
    await stage.ended(turn)
    shown = {message.pk for message in stand.messages}
    heard = [json.loads(frame) for frame in watcher.take()]
    created = {uuid.UUID(frame["message"]) for frame in heard if frame["type"] == "message.created"}
    rows = await messages(turn)
    assert {row.pk for row in rows} <= shown | created


async def test_for_a_model_that_cannot_call_the_likely_call_is_made(stage, alice):
    turn = await stage.answered(alice, "ollama/fast", "How many messages have I sent?")
    _, call, answer = await messages(turn)
    assert (call.tool_name, call.status) == ("get_session_stats", "complete")
    assert json.loads(call.text)["messages_from_the_person"] == 1
    [asked] = stage.fake.chats
    assert "tools" not in asked.body
    assert '"messages_from_the_person":1' in asked.body["messages"][-1]["content"]
    assert asked.body["messages"][-1]["content"].endswith("How many messages have I sent?")
    assert answer.status == "complete"


@pytest.mark.parametrize("undo_seconds", [0, 30])
async def test_a_deleted_conversation_takes_its_running_tool_along(stage, alice, slow, settings, undo_seconds):
    settings.UNDO_DELETE_SECONDS = undo_seconds
    gate, begun = slow
    calls(stage, ("wait", {}), text="")
    turn = await stage.ask(alice, "ollama/tools", "Wait.")
    async with asyncio.timeout(within(20)):
        await begun.wait()
    conversation = await in_database(Conversation.objects.get, pk=turn.conversation_id)
    await in_database(lambda: lifecycle.delete(conversation=conversation))
    gate.set()
    await stage.until(lambda: turn.pk not in stage.engine.answers)
    left = await in_database(lambda: list(Message.objects.filter(turn=turn.pk).values_list("status", flat=True)))
    # As long as that can be undone, what was said is kept like that of any answer that was stopped.
    assert left == (["complete", "stopped", "stopped"] if undo_seconds else [])


@pytest.mark.parametrize("write", ["call", "answered"])
async def test_a_database_that_goes_away_in_the_middle_of_it_changes_nothing(stage, alice, monkeypatch, write):
    monkeypatch.setattr(insisting, "RETRY_SECONDS", 0)
    done, times = getattr(rows, write), []

    def fails_once(*arguments, **named):
        kept = done(*arguments, **named)
        times.append(kept)
        if len(times) == 1:
            raise OperationalError("The connection was lost after the commit.")
        return kept

    fails_once.__name__ = write
    monkeypatch.setattr(rows, write, fails_once)
    calls(stage, SUM, text="")
    turn = await stage.answered(alice, "ollama/tools", "How much?")
    assert (turn.status, len(times)) == ("completed", 2)
    assert [(row.role, row.status) for row in await messages(turn)] == [
        ("user", "complete"),
        ("tool", "complete"),
        ("assistant", "complete"),
    ]
    conversation = await in_database(Conversation.objects.get, pk=turn.conversation_id)
    assert conversation.message_count == 3


async def test_more_calls_than_anybody_needs_are_not_run(stage, alice):
    calls(stage, *[("calculate", {"expression": f"{number} + 1"}) for number in range(40)], text="")
    turn = await stage.answered(alice, "ollama/tools", "How much?")
    assert turn.status == "completed"
    assert len(await messages(turn)) == 16 + 2


async def test_arguments_that_are_too_long_are_neither_kept_nor_sent_back(stage, alice):
    calls(stage, ("calculate", {"x" * 300_000: 1}), text="")
    turn = await stage.answered(alice, "ollama/tools", "How much?")
    _, call, _ = await messages(turn)
    assert call.tool_run["arguments"] == {}
    assert "too long" in call.text
    assert len(json.dumps(stage.fake.chats[-1].body["messages"])) < 10_000


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
async def test_what_is_no_json_is_told_to_the_model(stage, alice, value):
    stage.fake.replies.append(
        {"tool_calls": [{"name": "calculate", "arguments": f'{{"expression": {value}}}'}], "text": ""}
    )
    turn = await stage.answered(alice, "openai/tools", "How much?")
    _, call, _ = await messages(turn)
    assert (turn.status, call.status) == ("completed", "failed")


async def test_a_repeated_question_is_answered_with_its_answer(stage, alice):
    calls(stage, SUM, text="")
    key = str(uuid.uuid4())
    turn = await stage.answered(alice, "ollama/tools", "How much?", client_id=key)
    again = {"conversation_id": turn.conversation_id, "author": alice, "text": "How much?", "model": "ollama/tools"}
    seen = await in_database(lambda: turns.start(**again, client_id=key))
    assert (seen.new, seen.question.role, seen.answer.role) == (False, "user", "assistant")


async def test_what_was_looked_up_first_teaches_nothing_about_the_model(stage, alice, monkeypatch):
    async def run(arguments):
        return "word " * 2000

    monkeypatch.setattr(
        "conversations.tools.offered",
        lambda turn: [toolbox.Tool("get_session_stats", "Figures.", {"type": "object"}, run)],
    )
    turn = await stage.answered(alice, "ollama/fast", "How many messages have I sent?")
    assert turn.prompt_tokens > 1000
    assert not await in_database(Calibration.objects.exists)


async def test_another_process_hears_of_a_tool_whose_news_got_lost(stage, alice, slow, monkeypatch):
    gate, begun = slow
    calls(stage, ("wait", {}), text="")
    turn = await stage.ask(alice, "ollama/tools", "Wait.")
    async with asyncio.timeout(within(20)):
        await begun.wait()
    row = await in_database(lambda: Turn.objects.with_messages().get(pk=turn.pk))
    # As another process has it: it was told of the turn, and of nothing since.
    feed = live.Feed(str(turn.conversation_id))
    feed.told[str(turn.pk)] = "running"
    watcher = live.Watcher(wire.FORMATS["text"])
    feed.watchers.add(watcher)
    monkeypatch.setattr(mirror.feeds, "current", lambda: {feed.id: feed})
    for _ in range(2):
        mirror.converge([row])
    gate.set()
    await stage.ended(turn)
    mirror.converge([await in_database(lambda: Turn.objects.with_messages().get(pk=turn.pk))])
    kinds = [json.loads(frame)["type"] for frame in watcher.take()]
    assert kinds.count("message.created") == 1
    assert kinds.count("tool.returned") == 1


async def test_without_tools_none_are_offered(stage, alice, settings):
    settings.TOOLS = []
    await stage.answered(alice, "ollama/tools", "How many messages have I sent? tokens=5")
    [asked] = stage.fake.chats
    assert "tools" not in asked.body


@pytest.mark.parametrize("detects", [True, False])
async def test_the_model_is_told_how_to_help(stage, alice, settings, detects):
    settings.DETECT_INTENT = detects
    turn = await stage.answered(alice, "ollama/fast", "My code throws an error tokens=5")
    first = stage.fake.chats[-1].body["messages"][0]
    assert (first["role"], turn.mode) == (("system", "support") if detects else ("user", ""))
    assert not detects or "working again" in first["content"]


UNCLEAR = "The list of things in order"


async def test_a_task_model_is_asked_where_the_words_leave_it_open(stage, alice, settings):
    settings.DETECT_INTENT, settings.TASK_MODEL = True, "ollama/fast"
    assert intent.detect(UNCLEAR).confidence < modes.SURE
    stage.fake.replies.append({"text": '{"mode": "support"}'})
    turn = await stage.answered(alice, "openai/fast", UNCLEAR)
    assert (turn.mode, turn.intent["by"]) == ("support", "model")
    assert [entry.purpose for entry in await stage.entries(turn)] == ["intent", "chat"]
    assert "working again" in stage.fake.chats[-1].body["messages"][0]["content"]


@pytest.mark.parametrize(
    ("reply", "outcome", "read"),
    [
        ({"text": "Perhaps."}, "completed", True),
        ({"status": 503, "error": "x"}, "failed", False),
        ({"delay": 60}, "interrupted", True),
    ],
)
async def test_without_an_opinion_the_words_decide(stage, alice, settings, monkeypatch, reply, outcome, read):
    settings.DETECT_INTENT, settings.TASK_MODEL = True, "ollama/fast"
    monkeypatch.setattr(opinion, "PATIENCE_SECONDS", 0.3)
    stage.fake.replies.append(reply)
    turn = await stage.answered(alice, "openai/fast", UNCLEAR)
    assert (turn.status, turn.intent["by"]) == ("completed", "detected")
    asked = (await stage.entries(turn))[0]
    assert (asked.purpose, asked.outcome, asked.prompt_tokens > 0) == ("intent", outcome, read)


async def test_what_is_plain_needs_no_second_opinion(stage, alice, settings):
    settings.DETECT_INTENT, settings.TASK_MODEL = True, "ollama/fast"
    turn = await stage.answered(alice, "openai/fast", "My code throws an error tokens=5")
    assert len(stage.fake.chats) == 1
    assert turn.intent["by"] == "detected"


async def test_asked_again_the_tools_are_called_again(stage, alice):
    calls(stage, SUM, text="")
    turn = await stage.answered(alice, "ollama/tools", "How much?")
    calls(stage, SUM, text="")
    again = await in_database(lambda: turns.retry(turn=turn, author=alice))
    again = await stage.ended(again.turn)
    assert roles(await messages(again)) == ["user", "tool", "assistant"]
