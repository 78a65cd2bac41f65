"""Calls that nobody waits for: by the task model, after everybody else, and each of them in the ledger."""

import asyncio
import threading
import uuid

import pytest
from django.utils import timezone

from chatsite.threads import in_database
from conversations import background, runner, work
from conversations.models import Conversation, Quota, Turn, UsageEntry
from conversations.runner import engine as engines
from llm.errors import ModelError
from llm.values import Message

from .conftest import answered

pytestmark = pytest.mark.django_db(transaction=True)

SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
ASKED = [Message("user", "What is a tide? tokens=20")]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(background, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(background, "PEOPLE_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 0.5)


def ask(conversation: Conversation, beat=lambda: None, schema=None):
    with background.assistant(conversation=conversation, purpose="title", beat=beat) as model:
        if schema:
            return model.ask_object(ASKED, schema=schema, max_tokens=50)
        return model.ask(ASKED, max_tokens=50)


async def had(author, model: str = "ollama/fast") -> Conversation:
    """Return a conversation that was answered by this model."""
    turn = await in_database(answered, author, model=model)
    return await in_database(Conversation.objects.select_related("owner").get, pk=turn.conversation_id)


async def entries() -> list[UsageEntry]:
    return await in_database(list, UsageEntry.objects.filter(purpose="title").order_by("pk"))


@pytest.mark.parametrize("protocol", ["ollama", "openai"])
async def test_the_model_that_answered_last_is_asked(stage, alice, protocol):
    conversation = await had(alice, f"{protocol}/fast")
    assert await in_database(ask, conversation)
    assert stage.fake.chats[-1].body["messages"][-1]["content"] == ASKED[0].text
    (entry,) = await entries()
    assert (entry.user_id, entry.conversation_id, entry.provider) == (alice.pk, conversation.pk, protocol)
    assert (entry.outcome, entry.counted) == ("completed", "exact")
    assert entry.prompt_tokens and entry.completion_tokens


async def test_the_task_model_is_asked_where_there_is_one(stage, alice, settings):
    settings.TASK_MODEL = "openai/no-usage"
    await in_database(ask, await had(alice))
    assert stage.fake.chats[-1].model == "no-usage"
    (entry,) = await entries()
    assert (entry.model, entry.counted) == ("openai/no-usage", "estimated")
    assert entry.completion_tokens


@pytest.mark.parametrize("model", ["demo/demo", ""])
async def test_the_demo_is_never_asked(stage, alice, model):
    conversation = await had(alice, model)
    with pytest.raises(background.Unasked):
        await in_database(ask, conversation)
    assert await entries() == []


async def test_whoever_has_used_up_their_budget_is_asked_nothing_for(stage, alice):
    conversation = await had(alice)
    await in_database(Quota.objects.create, user=alice, tokens_per_day=0)
    with pytest.raises(background.Unasked):
        await in_database(ask, conversation)
    assert stage.fake.chats == []


@pytest.mark.parametrize(
    ("model", "code", "outcome"),
    [
        ("crash-500", "model_error", "failed"),
        ("hang", "model_timeout_first_token", "failed"),
        ("stall-mid", "model_timeout_between_tokens", "interrupted"),
        ("no-done", "model_interrupted", "interrupted"),
    ],
)
async def test_a_call_that_fails_is_in_the_ledger_too(stage, alice, model, code, outcome):
    conversation = await had(alice, f"ollama/{model}")
    with pytest.raises(ModelError) as raised:
        await in_database(ask, conversation)
    assert raised.value.code == code
    (entry,) = await entries()
    assert (entry.outcome, entry.counted) == (outcome, "estimated")


async def test_a_call_may_take_so_long_and_no_longer(stage, alice, settings):
    settings.TASK_SECONDS = 0.3
    with pytest.raises(ModelError) as raised:
        await in_database(ask, await had(alice, "ollama/paced-10"))
    assert raised.value.code == "model_timeout_total"
    await stage.until(lambda: stage.fake.chats[-1].ended == "client gone")
    (entry,) = await entries()
    assert (entry.outcome, entry.completion_tokens > 0) == ("interrupted", True)


# -- People first -----------------------------------------------------------------------------------------------------


async def test_people_of_the_same_server_come_first_in_whichever_process(stage, alice, monkeypatch):
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 20)
    conversation = await had(alice)
    other = await in_database(answered, alice, model="ollama/fast", status="running")
    await in_database(
        Turn.objects.filter(pk=other.pk).update, worker="elsewhere/1/1/0", heartbeat_at=timezone.now(), finished_at=None
    )
    asking = asyncio.create_task(in_database(ask, conversation))
    await asyncio.sleep(0.4)
    assert stage.fake.chats == []
    await in_database(Turn.objects.filter(pk=other.pk).update, status="completed")
    assert await asyncio.wait_for(asking, 20)


async def test_nobody_is_waited_for_without_end(stage, alice):
    conversation = await had(alice)
    other = await in_database(answered, alice, model="ollama/fast", status="running")
    await in_database(Turn.objects.filter(pk=other.pk).update, worker="elsewhere/1/1/0", heartbeat_at=timezone.now())
    assert await asyncio.wait_for(in_database(ask, conversation), 20)


async def test_people_of_another_server_are_not_waited_for(stage, alice, monkeypatch):
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 60)
    conversation = await had(alice)
    other = await in_database(answered, alice, model="openai/fast", status="running")
    await in_database(Turn.objects.filter(pk=other.pk).update, worker="elsewhere/1/1/0", heartbeat_at=timezone.now())
    assert await asyncio.wait_for(in_database(ask, conversation), 20)


async def test_in_the_line_of_a_process_people_are_called_before_the_background(stage, alice, settings):
    settings.CONCURRENT_CALLS = {"ollama": 1}
    conversation = await had(alice)
    line = stage.engine.line_of("ollama")
    await line.enter("first", lambda ahead: None)
    asking = asyncio.create_task(in_database(ask, conversation))
    await stage.until(lambda: line._background)
    second = asyncio.create_task(line.enter("second", lambda ahead: None))
    await asyncio.sleep(0)
    line.leave("first")
    await second
    await asyncio.sleep(0.1)
    assert stage.fake.chats == []
    line.leave("second")
    assert await asyncio.wait_for(asking, 20)
    assert line.taken == 0


# -- Ends -------------------------------------------------------------------------------------------------------------


async def test_a_server_that_goes_down_cuts_the_call_short(stage, alice, settings):
    settings.TASK_SECONDS = 60
    conversation = await had(alice, "ollama/paced-10")
    asking = asyncio.create_task(in_database(ask, conversation))
    await stage.until(lambda: stage.fake.chats and stage.fake.chats[-1].tokens_sent)
    stage.engine.draining = True
    with pytest.raises(background.Busy):
        await asyncio.wait_for(asking, 10)
    await stage.until(lambda: stage.fake.chats[-1].ended == "client gone")
    assert [entry.outcome for entry in await entries()] == ["interrupted"]


async def test_a_job_that_was_taken_over_ends_its_call(stage, alice, monkeypatch):
    monkeypatch.setattr(background, "BEAT_SECONDS", 0.1)
    beats = []

    def beat() -> None:
        beats.append(1)
        if len(beats) > 2:
            raise work.ClaimLost

    conversation = await had(alice, "ollama/paced-10")
    with pytest.raises(work.ClaimLost):
        await in_database(ask, conversation, beat)
    await stage.until(lambda: stage.fake.chats[-1].ended == "client gone")


async def test_without_a_server_in_the_process_a_job_has_connections_of_its_own(stage, alice, settings, monkeypatch):
    settings.LLM = settings.LLM | {"ollama_base_url": stage.fake.url, "openai_base_url": ""}
    monkeypatch.setattr(engines, "_engine", None)
    assert runner.current() is None
    conversation = await had(alice)
    assert await in_database(ask, conversation)
    assert [entry.outcome for entry in await entries()] == ["completed"]
    assert not [thread for thread in threading.enumerate() if thread.name == "background model"]


# -- Objects ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["ollama", "openai"])
async def test_an_object_is_asked_for_by_its_schema(stage, alice, protocol):
    found = await in_database(ask, await had(alice, f"{protocol}/fast"), schema=SCHEMA)
    assert isinstance(found["word"], str)
    body = stage.fake.chats[-1].body
    assert SCHEMA in (body.get("format"), (body.get("response_format") or {}).get("json_schema", {}).get("schema"))


async def test_an_answer_that_does_not_fit_is_asked_for_once_more_with_what_is_wrong(stage, alice):
    stage.fake.script(text='{"word": 7}')
    stage.fake.script(text='{"word": "tide"}')
    assert await in_database(ask, await had(alice), schema=SCHEMA) == {"word": "tide"}
    assert "'word' must be of type string" in stage.fake.chats[-1].body["messages"][-1]["content"]
    assert len(await entries()) == 2


async def test_after_two_answers_an_object_is_looked_for_in_what_was_said(stage, alice):
    stage.fake.script(text='Here: {"word": "tide", "more": 1}')
    stage.fake.script(text="I am sorry.")
    assert await in_database(ask, await had(alice), schema=SCHEMA) == {"word": "tide"}


async def test_when_there_is_none_that_is_said(stage, alice):
    for _ in range(2):
        stage.fake.script(text="I am sorry.")
    with pytest.raises(background.Unusable):
        await in_database(ask, await had(alice), schema=SCHEMA)
    assert [entry.outcome for entry in await entries()] == ["completed", "completed"]


async def test_a_server_that_takes_no_schema_is_asked_without(stage, alice):
    stage.fake.script(status=400, error="response_format is not supported")
    stage.fake.script(text='{"word": "tide"}')
    assert await in_database(ask, await had(alice, "openai/fast"), schema=SCHEMA) == {"word": "tide"}
    assert "response_format" not in stage.fake.chats[-1].body


def test_a_conversation_of_nobody_knows_no_model(alice):
    conversation = Conversation.objects.create(owner=alice, pk=uuid.uuid4())
    with pytest.raises(background.Unasked):
        ask(conversation)
