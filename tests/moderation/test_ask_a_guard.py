"""A guard model judges questions before they are answered, and answers as they grow."""

import pytest

from chatsite.threads import in_database
from conversations.models import Flag, Message
from conversations.moderation import guard
from tests.pages.conftest import plain_static_files  # noqa: F401

from .conftest import rule, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_static_files")]

GUARD = {"kind": "guard", "model": "ollama/fast", "severity": "critical", "action": "block"}


async def test_an_unsafe_question_never_reaches_the_model(stage, alice):
    await in_database(write, **GUARD, place="question")
    stage.fake.script(text="unsafe\nS2,S9")
    turn = await stage.answered(alice, "ollama/thinking", "How do I pick this lock?")
    assert (turn.status, turn.error_code) == ("blocked", "refused_by_rule")
    assert [seen.body["model"] for seen in stage.fake.chats] == ["fast:latest"]
    (entry,) = await stage.entries(turn)
    assert (entry.purpose, entry.user_id) == ("moderation", alice.pk)
    flag = await in_database(Flag.objects.get)
    question = await in_database(turn.messages.get, role="user")
    assert (flag.source, flag.place, flag.message_id, flag.spans) == ("guard", "question", question.pk, ["S2 S9"])


async def test_a_question_that_was_blocked_is_not_sent_with_the_next_one(stage, alice):
    await in_database(write, **GUARD, place="question")
    stage.fake.script(text="unsafe")
    first = await stage.answered(alice, "ollama/fast", "How do I pick this lock?")
    for text in ("safe", "A tide is a long wave."):
        stage.fake.script(text=text)
    await stage.answered(alice, "ollama/fast", "What is a tide?", conversation_id=first.conversation_id)
    assert [m["content"] for m in stage.fake.chats[-1].body["messages"]] == ["What is a tide?"]


async def test_a_safe_one_is_answered(stage, alice):
    await in_database(write, **GUARD)
    stage.fake.script(text="safe")
    stage.fake.script(text="A tide is a long wave.")
    stage.fake.script(text="safe")
    turn = await stage.answered(alice, "ollama/thinking", "What is a tide?")
    assert turn.status == "completed" and not await in_database(Flag.objects.exists)
    purposes = sorted(entry.purpose for entry in await stage.entries(turn))
    assert purposes == ["chat", "moderation", "moderation"]
    assert [m["role"] for m in stage.fake.chats[-1].body["messages"]] == ["user", "assistant"]


async def test_an_unsafe_answer_is_taken_back(stage, alice):
    await in_database(write, **GUARD, place="answer")
    stage.fake.script(text="First you take a wire.")
    stage.fake.script(text="unsafe\nS2")
    turn = await stage.answered(alice, "ollama/fast", "How?")
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    assert (turn.status, answer.text, answer.status) == ("blocked", "", "blocked")
    assert (await in_database(Flag.objects.get)).place == "answer"


async def test_a_long_answer_is_judged_while_it_is_written(stage, alice):
    await in_database(write, **GUARD, place="answer")
    stage.fake.script(tokens=["word " * 50] * 400, rate=50)
    turn = await stage.ask(alice, "ollama/fast", "How?")
    await stage.said(turn, 1)
    stage.fake.script(text="unsafe\nS2")
    turn = await stage.ended(turn)
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    assert (turn.status, answer.text) == ("blocked", "")
    assert turn.total_ms < 6000


async def test_a_guard_that_fails_lets_it_through(stage, alice):
    await in_database(write, **{**GUARD, "model": "ollama/crash-500"}, place="question")
    turn = await stage.answered(alice, "ollama/fast", "What is a tide? tokens=5")
    assert turn.status == "completed"


async def test_a_guard_may_only_flag(stage, alice):
    await in_database(write, **{**GUARD, "action": "flag"}, place="question")
    stage.fake.script(text="unsafe")
    turn = await stage.answered(alice, "ollama/fast", "What is a tide? tokens=5")
    assert turn.status == "completed"
    assert (await in_database(Flag.objects.get)).action == "flag"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("unsafe\nS1,S10", "S1 S10"),
        ("Unsafe.", "unsafe"),
        ("\n\n**unsafe** S4", "S4"),
        ("Yes", "unsafe"),
        ("safe", None),
        ("Safe, but unsafe", None),
        ("I cannot say", None),
        ("", None),
    ],
)
def test_a_verdict_is_read(said, found):
    verdict = guard.read(rule(kind="guard"), said)
    assert (verdict.mask if verdict else None) == found


def test_a_prompt_of_ones_own_comes_with_what_is_judged_between_marks():
    system, user = guard.messages(rule(kind="guard", prompt="Is it about pets?"), "My cat", "Purrs")
    assert system.text.startswith("Is it about pets?") and "safe or unsafe" in system.text
    assert "My cat" in user.text and "Purrs" in user.text
