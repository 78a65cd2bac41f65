"""Tools that the client brings and runs itself, in both protocols."""

import json

import anthropic
import openai
import pytest

pytestmark = pytest.mark.process

SCHEMA = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
CLOCK = {"name": "get_time", "description": "The time somewhere.", "parameters": SCHEMA}
GPT_CLOCK = {"type": "function", "function": CLOCK}
CLAUDE_CLOCK = {"name": "get_time", "description": "The time somewhere.", "input_schema": SCHEMA}
ARGUMENTS = {"zone": "Europe/Paris"}
QUESTION = [{"role": "user", "content": "What time is it?"}]


def test_openai_returns_the_call_and_takes_the_result(gpt, fake, provider):
    model = f"{provider}/tools"
    answer = gpt.chat.completions.create(model=model, messages=QUESTION, tools=[GPT_CLOCK])
    [call] = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content == "Let me look. "
    assert (call.type, call.function.name, json.loads(call.function.arguments)) == ("function", "get_time", ARGUMENTS)
    assert fake.last()["tools"] == [GPT_CLOCK]
    result = {"role": "tool", "tool_call_id": call.id, "content": "It is noon."}
    history = [*QUESTION, answer.choices[0].message, result]
    final = gpt.chat.completions.create(model=model, messages=history, tools=[GPT_CLOCK])
    assert final.choices[0].message.content.endswith("said: It is noon.")
    assert final.choices[0].finish_reason == "stop"


def test_openai_streams_the_calls(gpt, provider):
    stream = gpt.chat.completions.create(
        model=f"{provider}/tools-two", messages=QUESTION, tools=[GPT_CLOCK], stream=True
    )
    chunks = list(stream)
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [(delta.index, delta.function.name) for delta in deltas] == [(0, "get_time"), (1, "get_weather")]
    assert json.loads(deltas[0].function.arguments) == ARGUMENTS
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_openais_stream_helper_understands_the_calls(gpt):
    with gpt.chat.completions.stream(model="ollama/tools", messages=QUESTION, tools=[GPT_CLOCK]) as stream:
        stream.until_done()
        message = stream.get_final_completion().choices[0].message
    assert message.tool_calls[0].function.name == "get_time"


def test_anthropic_returns_the_call_and_takes_the_result(claude, fake, provider):
    asked = {"model": f"{provider}/tools", "max_tokens": 100, "tools": [CLAUDE_CLOCK]}
    answer = claude.messages.create(messages=QUESTION, **asked)
    text, call = answer.content
    assert answer.stop_reason == "tool_use"
    assert text.text == "Let me look. "
    assert (call.type, call.name, call.input) == ("tool_use", "get_time", ARGUMENTS)
    assert fake.last()["tools"] == [GPT_CLOCK]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "It is noon."}]}
    history = [*QUESTION, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]
    final = claude.messages.create(messages=history, **asked)
    assert final.content[0].text.endswith("said: It is noon.")
    assert final.stop_reason == "end_turn"


def test_anthropic_streams_the_calls(claude, provider):
    asked = {"model": f"{provider}/tools-two", "max_tokens": 100, "tools": [CLAUDE_CLOCK], "messages": QUESTION}
    with claude.messages.stream(**asked) as stream:
        events = [event.type for event in stream]
        message = stream.get_final_message()
    assert [(block.type, block.name) for block in message.content] == [
        ("tool_use", "get_time"),
        ("tool_use", "get_weather"),
    ]
    assert message.content[0].input == ARGUMENTS
    assert events.count("content_block_start") == events.count("content_block_stop") == 2
    assert message.stop_reason == "tool_use"


def test_a_failed_tool_is_told_as_failed(claude, fake):
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_time", "input": ARGUMENTS}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "no clock", "is_error": True}
    history = [*QUESTION, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    claude.messages.create(model="ollama/tools", max_tokens=100, tools=[CLAUDE_CLOCK], messages=history)
    sent = fake.last()["messages"][-1]
    assert (sent["role"], sent["content"], sent["tool_name"]) == ("tool", "Error: no clock", "get_time")


def test_only_one_call_is_returned_when_no_more_are_wanted(gpt, claude):
    answer = gpt.chat.completions.create(
        model="ollama/tools-two", messages=QUESTION, tools=[GPT_CLOCK], parallel_tool_calls=False
    )
    assert [call.function.name for call in answer.choices[0].message.tool_calls] == ["get_time"]
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    message = claude.messages.create(
        model="openai/tools-two", max_tokens=100, messages=QUESTION, tools=[CLAUDE_CLOCK], tool_choice=choice
    )
    assert [block.name for block in message.content] == ["get_time"]


def test_no_tool_is_offered_when_none_may_be_called(gpt, claude, fake):
    gpt.chat.completions.create(model="ollama/tools", messages=QUESTION, tools=[GPT_CLOCK], tool_choice="none")
    assert "tools" not in fake.last()
    claude.messages.create(
        model="ollama/tools", max_tokens=100, messages=QUESTION, tools=[CLAUDE_CLOCK], tool_choice={"type": "none"}
    )
    assert "tools" not in fake.last()


NAMED = {"type": "function", "function": {"name": "get_time"}}


@pytest.mark.parametrize(
    ("theirs", "ours", "sent"),
    [("required", {"type": "any"}, "required"), (NAMED, {"type": "tool", "name": "get_time"}, NAMED)],
    ids=["any", "named"],
)
def test_a_tool_can_be_demanded_where_the_model_server_knows_how(gpt, claude, fake, theirs, ours, sent):
    gpt.chat.completions.create(model="openai/tools", messages=QUESTION, tools=[GPT_CLOCK], tool_choice=theirs)
    assert fake.last()["tool_choice"] == sent
    asked = {"max_tokens": 100, "messages": QUESTION, "tools": [CLAUDE_CLOCK]}
    claude.messages.create(model="openai/tools", tool_choice=ours, **asked)
    assert fake.last()["tool_choice"] == sent
    with pytest.raises(openai.BadRequestError, match="choose by itself"):
        gpt.chat.completions.create(model="ollama/tools", messages=QUESTION, tools=[GPT_CLOCK], tool_choice=theirs)
    with pytest.raises(anthropic.BadRequestError, match="choose by itself"):
        claude.messages.create(model="ollama/tools", tool_choice=ours, **asked)


def test_a_model_without_tools_says_so(gpt, claude):
    with pytest.raises(openai.BadRequestError, match="cannot call tools"):
        gpt.chat.completions.create(model="ollama/fast", messages=QUESTION, tools=[GPT_CLOCK])
    with pytest.raises(anthropic.BadRequestError, match="cannot call tools"):
        claude.messages.create(model="ollama/fast", max_tokens=100, messages=QUESTION, tools=[CLAUDE_CLOCK])


def test_arguments_that_are_not_json_are_passed_on(gpt, claude):
    answer = gpt.chat.completions.create(model="openai/tools-bad-json", messages=QUESTION, tools=[GPT_CLOCK])
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"zone": '
    asked = {"model": "openai/tools-bad-json", "max_tokens": 100, "messages": QUESTION, "tools": [CLAUDE_CLOCK]}
    with claude.messages.stream(**asked) as stream:
        message = stream.get_final_message()
    assert message.content[0].input == {"INVALID_JSON": '{"zone": '}
