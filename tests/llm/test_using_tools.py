"""The loop of an answer: what the model asks for is run, and whatever goes wrong goes back to it."""

import asyncio
from dataclasses import replace

import pytest

from llm import agent
from llm.agent import LARGEST_RESULT_BYTES, run
from llm.errors import ModelError, ToolError
from llm.events import Finished, RoundEnded, Stage, Text, Thinking, ToolCalled, ToolReturned
from llm.providers.scripted import MODEL, ScriptedProvider
from llm.schema import problems
from llm.values import Message, Model, Options, Tool, ToolCall, Usage
from tests.fake_model.text import answer_text

from .conftest import listen

SCHEMA = {"type": "object", "properties": {"zone": {"type": "string", "maxLength": 20}}, "required": ["zone"]}


async def clock(arguments):
    return f"12:00 in {arguments['zone']}"


def tool(*, run=clock, name="get_time", schema=SCHEMA) -> Tool:
    return Tool(name, "Tells the time", schema, run)


def call(**arguments) -> ToolCalled:
    return ToolCalled(ToolCall("call_1", "get_time", arguments or {"zone": "UTC"}))


def finished(reason="tool_calls", prompt=10, completion=5) -> Finished:
    return Finished(reason, Usage(prompt, completion))


async def answer(provider, *tools, **options):
    return await listen(
        run(
            provider=provider,
            model=MODEL,
            messages=[Message("user", "Time?")],
            tools=tools,
            options=Options(),
            **options,
        )
    )


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


def returned(heard) -> list[ToolReturned]:
    return [event for event in heard.events if isinstance(event, ToolReturned)]


async def test_a_tool_is_run_and_its_result_answered_with(provider):
    provider.reply(Thinking("Hm."), "Let me look. ", call(), finished())
    provider.reply("It is noon.", finished("stop", 20, 7))
    heard = await answer(provider, tool())
    assert heard.text == "Let me look. It is noon."
    assert [(event.result, event.ok) for event in returned(heard)] == [("12:00 in UTC", True)]
    second = provider.requests[1].messages
    assert second[1] == Message(
        "assistant", "Let me look. ", thinking="Hm.", tool_calls=(ToolCall("call_1", "get_time", {"zone": "UTC"}),)
    )
    assert second[2] == Message("tool", "12:00 in UTC", tool_call_id="call_1", tool_name="get_time")


async def test_the_events_come_in_order(provider):
    provider.reply(call(), finished())
    provider.reply("Noon.")
    kinds = [type(event) for event in (await answer(provider, tool())).events]
    assert kinds == [ToolCalled, RoundEnded, Stage, ToolReturned, Text, Finished]


async def test_one_finish_carries_the_usage_of_all_rounds(provider):
    provider.reply(call(), finished(prompt=10, completion=5))
    provider.reply("Noon.", finished("stop", 20, 7))
    heard = await answer(provider, tool())
    assert heard.finished == Finished("stop", Usage(30, 12), last=Usage(20, 7))


async def test_each_round_carries_its_own_usage(provider):
    provider.reply(call(), finished(prompt=10, completion=5))
    provider.reply("Noon.", finished("stop", 20, 7))
    heard = await answer(provider, tool())
    assert [event for event in heard.events if isinstance(event, RoundEnded)] == [RoundEnded(Usage(10, 5))]


async def test_an_estimated_round_makes_the_sum_an_estimate(provider):
    provider.reply(call(), finished())
    provider.reply("Noon.")
    assert not (await answer(provider, tool())).finished.usage.exact


async def test_an_unknown_tool_is_told_to_the_model(provider):
    provider.reply(ToolCalled(ToolCall("call_1", "launch", {})), finished())
    provider.reply("Sorry.")
    heard = await answer(provider, tool())
    assert not returned(heard)[0].ok
    assert returned(heard)[0].result.startswith("unknown_tool")
    assert provider.requests[1].messages[-1].text == returned(heard)[0].result


@pytest.mark.parametrize(
    "wrong",
    [
        ToolCall("call_1", "get_time", {}),
        ToolCall("call_1", "get_time", {"zone": 7}),
        ToolCall("call_1", "get_time", {"zone": "UTC", "user_id": 1}),
        ToolCall("call_1", "get_time", {"zone": "x" * 21}),
        ToolCall("call_1", "get_time", {"zone": "x" * 1_000_000}),
        ToolCall("call_1", "get_time", {}, invalid='{"zone": '),
        ToolCall("call_1", "get_time", {"zone": float("nan")}),
    ],
    ids=["missing", "wrong type", "extra name", "too long", "a megabyte", "no JSON", "not a number"],
)
async def test_wrong_arguments_are_not_run(provider, wrong):
    ran = []

    async def note(arguments):
        ran.append(arguments)
        return ""

    provider.reply(ToolCalled(wrong), finished())
    provider.reply("Sorry.")
    heard = await answer(provider, tool(run=note))
    assert returned(heard)[0].result.startswith("invalid_arguments")
    assert not returned(heard)[0].ok
    assert ran == []


async def test_a_tool_that_fails_is_told_to_the_model_and_to_the_log_in_full(provider, caplog):
    async def fail(arguments):
        raise RuntimeError("the password is hunter2")

    provider.reply(call(), finished())
    provider.reply("Sorry.")
    heard = await answer(provider, tool(run=fail))
    assert returned(heard)[0].result == "tool_error: the tool failed (RuntimeError)."
    assert "hunter2" in caplog.text
    assert heard.text == "Sorry."


async def test_a_tool_that_has_no_result_says_why_to_the_model(provider, caplog):
    async def refuse(arguments):
        raise ToolError("There is no zone named 'Mars'.")

    provider.reply(call(), finished())
    provider.reply("Sorry.")
    heard = await answer(provider, tool(run=refuse))
    assert returned(heard)[0].result == "tool_error: There is no zone named 'Mars'."
    assert not returned(heard)[0].ok
    assert provider.requests[1].messages[-1].text == returned(heard)[0].result
    assert caplog.text == ""


async def test_a_tool_that_hangs_is_given_up(provider):
    async def hang(arguments):
        await asyncio.sleep(60)
        return ""

    provider.reply(call(), finished())
    provider.reply("Sorry.")
    heard = await answer(provider, tool(run=hang), max_seconds=0.1)
    assert returned(heard)[0].result.startswith("tool_timeout")
    assert provider.requests[1].tools == ()


async def test_a_long_result_is_cut_with_a_note(provider):
    async def long(arguments):
        return "ü" * 100_000

    provider.reply(call(), finished())
    provider.reply("Long.")
    result = returned(await answer(provider, tool(run=long)))[0].result
    assert result.startswith("ü" * 1000)
    assert result.endswith("more bytes.]")
    assert len(result.encode()) < LARGEST_RESULT_BYTES + 100


async def test_what_a_database_refuses_is_taken_out_of_results(provider):
    async def odd(arguments):
        return "a\0b\ud800c"

    provider.reply(call(), finished())
    provider.reply("Odd.")
    assert returned(await answer(provider, tool(run=odd)))[0].result == "a\ufffdb\ufffdc"


async def test_after_the_last_round_no_tools_are_offered(provider):
    for _ in range(2):
        provider.reply(call(), finished())
    provider.reply("I know enough.")
    heard = await answer(provider, tool(), max_rounds=3)
    assert heard.text == "I know enough."
    assert [len(request.tools) for request in provider.requests] == [1, 1, 0]


async def test_a_model_that_will_not_stop_calling_is_stopped(provider):
    for _ in range(2):
        provider.reply(call(), finished())
    heard = await answer(provider, tool(), max_rounds=2)
    assert heard.finished.reason == "tool_limit"
    assert len(returned(heard)) == 1


async def test_several_calls_are_all_run_and_answered_in_order(provider):
    second = ToolCalled(ToolCall("call_2", "get_time", {"zone": "CET"}))
    provider.reply(call(), second, finished())
    provider.reply("Both.")
    heard = await answer(provider, tool())
    assert [event.call.id for event in returned(heard)] == ["call_1", "call_2"]
    assert [message.tool_call_id for message in provider.requests[1].messages[2:]] == ["call_1", "call_2"]


async def test_a_failing_model_ends_the_loop(provider):
    provider.reply("So far", call(), finished())
    provider.reply(ModelError("model_interrupted", "Cut."))
    heard = await answer(provider, tool())
    assert (heard.text, heard.code) == ("So far", "model_interrupted")


async def test_without_tools_the_providers_own_stream_is_returned(provider):
    provider.reply("Hello")
    stream = run(provider=provider, model=MODEL, messages=[Message("user", "Hi")], options=Options())
    assert stream.__name__ == "stream"
    assert (await listen(stream)).text == "Hello"


async def test_a_model_without_the_ability_is_offered_no_tools(provider):
    provider.reply("Hello")
    stream = run(provider=provider, model=PLAIN, messages=[], tools=[tool()], options=Options())
    assert (await listen(stream)).text == "Hello"
    assert provider.requests[0].tools == ()


async def test_closing_the_loop_closes_the_stream(provider):
    provider.reply("One", asyncio.Event(), "never")
    stream = run(provider=provider, model=MODEL, messages=[], tools=[tool()], options=Options())
    assert await anext(stream) == Text("One")
    await stream.aclose()
    assert provider.requests[0].ended == "closed"


@pytest.mark.parametrize("model", ["tools", "tools-last", "tools-bad-json", "tools-unknown", "tools-two"])
async def test_the_loop_works_over_the_wire(connect, protocol, model):
    provider = connect(protocol)
    [about] = [entry for entry in await provider.models() if entry.name.removesuffix(":latest") == model]
    stream = agent.run(
        provider=provider, model=about, messages=[Message("user", "Time?")], tools=[tool()], options=Options()
    )
    heard = await listen(stream)
    assert heard.finished.reason == "stop"
    good = model in ("tools", "tools-last")
    assert returned(heard)[0].ok == (good or model == "tools-two")
    assert returned(heard)[0].result in heard.text


@pytest.fixture
def forgetful(monkeypatch):
    """Nothing is known yet of which models take no tools."""
    monkeypatch.setattr(agent, "_unable", set())


async def test_a_server_that_takes_no_tools_is_asked_without_from_then_on(connect, protocol, fake, forgetful):
    provider = connect(protocol)
    about = Model(id="x/reject-tools", name="reject-tools", provider="x", capabilities=frozenset({"tools"}))
    asked = {"model": about, "messages": [Message("user", "Time? tokens=9")], "tools": [tool()], "options": Options()}
    for _ in range(2):
        heard = await listen(agent.run(provider=provider, **asked))
        assert heard.text == answer_text(model="reject-tools", message="Time? tokens=9")
    assert [bool(seen.body.get("tools")) for seen in fake.chats] == [True, False, False]


async def test_what_is_refused_without_tools_too_is_refused(provider, forgetful):
    refusal = ModelError("model_refused", "The prompt is too long for these tools.")
    provider.reply(refusal)
    provider.reply(refusal)
    assert (await answer(provider, tool())).code == "model_refused"
    assert agent._unable == set(), "the tools may not have been what was wrong"
    provider.reply("Some", refusal)
    assert (await answer(provider, tool())).text == "Some"
    assert len(provider.requests) == 3, "nothing is asked again once words have come"


async def test_what_is_refused_for_another_reason_is_not_asked_again(provider, forgetful):
    provider.reply(ModelError("model_refused", "The prompt is too long."))
    assert (await answer(provider, tool())).code == "model_refused"
    assert len(provider.requests) == 1


PLAIN = replace(MODEL, capabilities=frozenset({"completion"}))
LIKELY = ToolCall("likely", "get_time", {"zone": "UTC"})


async def test_a_model_that_cannot_call_is_told_what_the_likely_call_found(provider):
    provider.reply("It is noon.", finished("stop", 20, 7))
    asked = [Message("system", "Be brief."), Message("user", "Time?")]
    stream = run(provider=provider, model=PLAIN, messages=asked, tools=[tool()], likely=LIKELY, options=Options())
    heard = await listen(stream)
    assert heard.calls == [LIKELY]
    assert [event.result for event in returned(heard)] == ["12:00 in UTC"]
    assert heard.text == "It is noon."
    first, question = provider.requests[0].messages
    assert first == asked[0]
    assert question.text.endswith("Time?")
    assert "12:00 in UTC" in question.text
    assert provider.requests[0].tools == ()


async def test_a_model_that_can_call_is_left_to_decide(provider):
    provider.reply("Noon, surely.")
    heard = await answer(provider, tool(), likely=LIKELY)
    assert heard.calls == []
    assert provider.requests[0].tools != ()


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (True, {"type": "integer"}),
        (11, {"type": "integer", "maximum": 10}),
        (0, {"type": "number", "minimum": 1}),
        ("", {"type": "string", "minLength": 1}),
        ("c", {"enum": ["a", "b"]}),
        ([1, "2"], {"type": "array", "items": {"type": "integer"}}),
        ([1, 2, 3], {"type": "array", "maxItems": 2}),
        ({"a": {"b": 1}}, {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}),
        (None, {"type": "string"}),
    ],
)
def test_a_value_that_does_not_fit_has_a_problem(value, schema):
    assert problems(value, schema=schema)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1, {"type": "number"}),
        (None, {"type": ["string", "null"]}),
        ({"a": [1, 2]}, {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}),
        ({"x": 1}, {"type": "object", "additionalProperties": True}),
        ("anything", {}),
    ],
)
def test_a_value_that_fits_has_none(value, schema):
    assert problems(value, schema=schema) == []


def test_a_value_nested_without_end_is_refused():
    value: dict = {}
    schema: dict = {"type": "object", "properties": {}}
    schema["properties"]["a"] = schema
    for _ in range(500):
        value = {"a": value}
    assert problems(value, schema=schema)
