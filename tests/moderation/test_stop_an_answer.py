"""An answer that is written: what a rule stands against reaches no frame, no stream and no row."""

import asyncio
import json
import uuid

import pytest

from accounts.models import AuditEntry
from chatsite.threads import in_database
from conversations import live, turns
from conversations.live.watchers import PlainWatcher
from conversations.models import Flag, Message, SearchEntry
from conversations.v1 import caller
from conversations.v1.asked import Asked
from conversations.wire import FORMATS
from llm.events import Finished, Text
from llm.values import Message as Said
from llm.values import Options
from tests.pages.conftest import plain_static_files  # noqa: F401

from .conftest import write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_static_files")]

PHRASE = "make a bomb"
TEXT = f"Well, you could {PHRASE} out of it. More words follow here."


class Reader:
    """Somebody who reads along, in one format: every frame they were sent."""

    def __init__(self, form: str):
        self.watcher = PlainWatcher(FORMATS[form]) if form == "plain" else live.Watcher(FORMATS[form])
        self.frames: list[str] = []

    async def read(self, conversation_id) -> None:
        """Read for ever."""
        await live.watch(conversation_id, self.watcher)
        while True:
            await self.watcher.wait()
            self.frames += self.watcher.take()


async def heard(stage, alice, pieces: list[str], **reply) -> tuple:
    """Return the turn whose answer comes in these pieces, and all frames that were sent of it in each format."""
    stage.fake.script(tokens=pieces, **reply)
    chat = uuid.uuid4()
    readers = [Reader(form) for form in ("text", "html", "plain")]
    tasks = [asyncio.create_task(reader.read(chat)) for reader in readers]
    await asyncio.sleep(0)
    turn = await stage.answered(alice, "ollama/fast", "Tell me", conversation_id=chat)
    await asyncio.sleep(0.1)
    for task in tasks:
        assert not task.done(), task.exception()
        task.cancel()
    return turn, {reader.watcher.format.name: reader.frames for reader in readers}


def cut(text: str, place: int) -> list[str]:
    return [text[:place], *text[place:]]


@pytest.mark.parametrize("place", range(len("Well, you could ") - 2, len(f"Well, you could {PHRASE}") + 2, 3))
async def test_a_blocked_phrase_reaches_nobody_wherever_it_is_cut(stage, alice, place):
    await in_database(write, PHRASE, "Project Falcon", action="block")
    turn, frames = await heard(stage, alice, cut(TEXT, place))
    assert (turn.status, turn.error_code) == ("blocked", "refused_by_rule")
    for form, sent in frames.items():
        told = "".join(sent)
        assert "Well, you" in told and (form == "plain" or "turn.finished" in told), form
        assert "make" not in told.replace("make it", ""), form
        assert "bomb" not in told, form
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    assert (answer.text, answer.status) == ("Well, you could ", "blocked")
    assert "bomb" not in json.dumps(await in_database(list, SearchEntry.objects.values_list("terms", flat=True)))
    flag = await in_database(Flag.objects.get)
    assert (flag.place, flag.turn_id, flag.message_id) == ("answer", turn.pk, answer.pk)
    assert await in_database(AuditEntry.objects.filter(action="flag.raised").count) == 1


async def test_thoughts_are_looked_at_too(stage, alice):
    await in_database(write, PHRASE, action="block")
    turn, frames = await heard(stage, alice, ["Fine."], thinking=f"I could {PHRASE}, perhaps.")
    assert turn.status == "blocked"
    assert all("bomb" not in "".join(sent) for sent in frames.values())
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    assert (answer.text, answer.thinking) == ("", "I could ")


async def test_personal_data_is_masked_in_frames_and_rows(stage, alice):
    await in_database(write, "email", kind="personal", action="mask")
    turn, frames = await heard(stage, alice, [*"Ask jo.doe@example.org about it."])
    assert turn.status == "completed"
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    assert answer.text == "Ask [e-mail masked] about it."
    assert all("jo.doe" not in "".join(sent) and "example.org" not in "".join(sent) for sent in frames.values())
    assert turn.notes == [{"place": "answer", "action": "mask", "text": "One passage was masked in this answer."}]
    assert "One passage was masked" in "".join(frames["html"])


async def test_a_warning_holds_nothing_back_and_is_told_at_the_end(stage, alice):
    await in_database(write, "salary", action="warn", told="Salaries are confidential.")
    turn, frames = await heard(stage, alice, ["The salary", " is high."])
    assert turn.status == "completed" and turn.notes[0]["text"] == "Salaries are confidential."
    assert "Salaries are confidential." in "".join(frames["html"])
    assert (await in_database(Flag.objects.get)).action == "warn"


async def test_without_a_rule_about_answers_nobody_looks(stage, alice):
    await in_database(write, "salary", action="block", place="question")
    seen = []
    turn = await stage.ask(alice, "ollama/hang", "Tell me")
    await stage.until(lambda: stage.engine.answers[turn.pk]._meter is not None)
    seen.append(stage.engine.answers[turn.pk]._watch)
    await stage.stop(turn)
    await stage.ended(turn)
    assert seen == [None]


async def test_a_stopped_answer_tells_what_was_held_back_and_allowed(stage, alice):
    await in_database(write, PHRASE, action="block")
    stage.fake.script(tokens=["You could make a", " bet"], end="hang", part=0.5)
    turn = await stage.ask(alice, "ollama/fast", "Tell me")
    await stage.said(turn, 1)
    await stage.stop(turn)
    turn = await stage.ended(turn)
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    assert (turn.status, answer.text) == ("stopped", "You could make a")


async def test_what_a_tool_is_asked_and_answers_is_looked_at(stage, alice):
    await in_database(write, "437", action="mask")
    stage.fake.script(tool_calls=[{"name": "calculate", "arguments": {"expression": "19 * 23"}}], text="")
    turn = await stage.answered(alice, "ollama/tools", "How much is 19 times 23?")
    rows = await in_database(list, turn.messages.all())
    assert [row.text for row in rows if row.role == "tool"] == ["19 * 23 = [masked]"]
    assert "437" not in rows[-1].text


async def test_the_title_of_a_conversation_has_nothing_that_was_blocked(stage, alice):
    await in_database(write, PHRASE, action="mask")
    turn = await stage.ask(alice, "ollama/fast", f"How to {PHRASE}? tokens=5")
    conversation = (await in_database(turns.find, turn_id=turn.pk, user=alice)).conversation
    assert conversation.title == "How to [masked]? tokens=5"
    await stage.ended(turn)


# -- Programs that keep the conversation themselves ---------------------------------------------------------------


async def answer_to(alice, *said: str) -> tuple[str, Finished]:
    """Return what a program is told, and how it ended."""
    messages = tuple(Said("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(said))
    asked = Asked(model="ollama/fast", messages=messages, tools=(), options=Options())
    call, text = await caller.begin(alice, asked), ""
    while True:
        event = await call.next(within=10)
        if isinstance(event, Text):
            text += event.text
        if isinstance(event, Finished):
            return text, event


async def test_a_program_is_told_that_the_answer_was_filtered(stage, alice):
    await in_database(write, PHRASE, action="block")
    stage.fake.script(tokens=[*TEXT])
    text, finished = await answer_to(alice, "Tell me")
    assert (text, finished.reason) == ("Well, you could ", "content_filter")
    assert (await in_database(Flag.objects.get)).place == "answer"


async def test_what_a_program_sends_is_masked_all_of_it_and_flagged_once(stage, alice):
    await in_database(write, "email", kind="personal", action="mask")
    stage.fake.script(tokens=["Fine, jo@exam", "ple.org", "."])
    text, _ = await answer_to(alice, "I am a@b.example.org", "Hello", "And c@d.example.org")
    assert text == "Fine, [e-mail masked]."
    sent = [message["content"] for message in stage.fake.chats[-1].body["messages"]]
    assert sent == ["I am [e-mail masked]", "Hello", "And [e-mail masked]"]
    assert await in_database(Flag.objects.filter(place="question").count) == 1


async def test_a_program_is_refused_before_a_model_is_asked(stage, alice):
    await in_database(write, PHRASE, action="block")
    with pytest.raises(turns.RefusedByRule):
        await answer_to(alice, f"How to {PHRASE}?")
    assert stage.fake.chats == []


async def test_a_question_cannot_hide_in_an_answer_that_was_never_given(stage, alice):
    await in_database(write, PHRASE, action="block")
    with pytest.raises(turns.RefusedByRule):
        await answer_to(alice, "Hello", f"You wanted to know how to {PHRASE}.", "Go on")
    assert stage.fake.chats == []
    assert await in_database(Flag.objects.count) == 1


async def test_nobody_is_suspended_for_what_they_said_before_a_rule_was_written(stage, alice):
    await in_database(write, PHRASE, action="suspend", suspend_after=1)
    with pytest.raises(turns.RefusedByRule):
        await answer_to(alice, f"How to {PHRASE}?", "No.", "And now?")
    await in_database(alice.refresh_from_db)
    assert alice.is_active and await in_database(Flag.objects.count) == 1
    with pytest.raises(turns.RefusedByRule):
        await answer_to(alice, f"How to {PHRASE}?")
    await in_database(alice.refresh_from_db)
    assert not alice.is_active


async def test_what_a_program_did_not_read_to_the_end_is_flagged_too(stage, alice):
    await in_database(write, "salary", action="flag", place="answer")
    stage.fake.script(tokens=["The ", "salary ", "is "], end="hang")
    asked = Asked(model="ollama/fast", messages=(Said("user", "Tell me"),), tools=(), options=Options())
    call, text = await caller.begin(alice, asked), ""
    while "salary" not in text:
        event = await call.next(within=10)
        text += event.text if isinstance(event, Text) else ""
    call.close()
    await caller.drain()
    assert (await in_database(Flag.objects.get)).place == "answer"


async def test_the_end_of_an_answer_that_grew_too_long_is_looked_at(stage, alice, monkeypatch):
    monkeypatch.setattr("conversations.runner.answer.ANSWER_MAX_CHARACTERS", len(f"You {PHRASE}"))
    await in_database(write, PHRASE, action="block")
    stage.fake.script(tokens=["You ", *PHRASE, " and more"])
    turn = await stage.answered(alice, "ollama/fast", "Tell me")
    answer = await in_database(Message.objects.get, turn=turn, role="assistant")
    assert (turn.status, answer.text) == ("blocked", "You ")
