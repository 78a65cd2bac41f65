"""What each protocol's request means, and what is refused with the path of its field."""

import uuid

import pytest

from conversations.errors import Invalid
from conversations.v1.anthropic import reading as anthropic
from conversations.v1.openai import reading as openai
from llm.values import Message, Options, ToolCall

USER = {"role": "user", "content": "Hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
SCHEMA = {"type": "object", "properties": {}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
CLAUDE_TOOL = {"name": "f", "input_schema": SCHEMA}


def gpt(**body):
    return openai.read({"model": "m", "messages": [USER], **body}, {})


def claude(**body):
    return anthropic.read({"model": "m", "max_tokens": 9, "messages": [USER], **body}, {})


def refused(read, **body) -> str:
    """Return the path of the field that is complained about."""
    with pytest.raises(Invalid) as caught:
        read(**body)
    return caught.value.extra["param"]


def test_null_is_the_same_as_not_sent():
    assert gpt(temperature=None, tools=None, stop=None, n=None, nonsense=None) == gpt()
    assert gpt().options == Options()


def test_the_newer_name_of_max_tokens_wins():
    assert gpt(max_tokens=5, max_completion_tokens=7).options.max_tokens == 7


def test_one_stop_is_a_list_of_one():
    assert gpt(stop="END").options.stop == ("END",)
    assert gpt(stop=["A", "B"]).options.stop == ("A", "B")


def test_a_result_gets_the_name_of_its_tool():
    answer = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    result = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
    assert gpt(messages=[USER, answer, result]).messages[1:] == (
        Message("assistant", tool_calls=(ToolCall("c1", "f", {"a": 1}),)),
        Message("tool", "ok", tool_call_id="c1", tool_name="f"),
    )


def test_results_come_before_the_text_beside_them():
    call = {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "ok"}
    content = [{"type": "text", "text": "And?"}, result]
    asked = claude(messages=[USER, {"role": "assistant", "content": [call]}, {"role": "user", "content": content}])
    assert [message.role for message in asked.messages] == ["user", "assistant", "tool", "user"]


def test_thinking_is_off_unless_it_is_asked_for():
    assert (claude().show_thinking, claude().options.think) == (False, False)
    asked = claude(thinking={"type": "enabled", "budget_tokens": 2000})
    assert (asked.show_thinking, asked.options.think) == (True, True)
    assert claude(thinking={"type": "disabled"}).options.think is False


def test_tool_choices():
    assert gpt(tools=[TOOL], tool_choice="auto").options.tool_choice is None
    assert gpt(tools=[TOOL], tool_choice="required").options.tool_choice == "required"
    assert gpt(tools=[TOOL], tool_choice="none").tools == ()
    assert claude(tools=[CLAUDE_TOOL], tool_choice={"type": "any"}).options.tool_choice == "required"
    assert claude(tools=[CLAUDE_TOOL], tool_choice={"type": "tool", "name": "f"}).options.tool_choice == "f"
    assert claude(tools=[CLAUDE_TOOL], tool_choice={"type": "none"}).tools == ()


def test_a_conversation_is_named_by_header_or_metadata():
    conversation = str(uuid.uuid4())
    body = {"model": "m", "messages": [USER]}
    assert openai.read(body, {"X-Conversation-Id": conversation}).conversation_id == uuid.UUID(conversation)
    both = {**body, "metadata": {"conversation_id": conversation}}
    assert openai.read(both, {"X-Conversation-Id": conversation}).conversation_id == uuid.UUID(conversation)
    assert claude(metadata={"conversation_id": conversation}).options == Options()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": [7]}, "messages.0"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages.0.content.0.type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text"),
        ({"messages": [{**USER, "mood": "good"}]}, "messages.0.mood"),
        ({"messages": [{"role": "tool", "tool_call_id": "c9", "content": "x"}]}, "messages.0.tool_call_id"),
        ({"messages": [{"role": "assistant"}]}, "messages.0.content"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": 1.5}, "top_p"),
        ({"max_tokens": 2**40}, "max_tokens"),
        ({"seed": 1.5}, "seed"),
        ({"stream": "yes"}, "stream"),
        ({"stop": [7]}, "stop"),
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function"}]}, "tools.0.function"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools.0.function.name"),
        ({"tools": [TOOL, TOOL]}, "tools"),
        ({"tools": [TOOL], "tool_choice": "maybe"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema.schema"),
        ({"stream_options": {"colour": True}}, "stream_options.colour"),
        ({"reasoning_effort": "immense"}, "reasoning_effort"),
        ({"metadata": {"conversation_id": {}}}, "metadata.conversation_id"),
        ({"novelty": 1}, "novelty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_openais_request_is_refused_with_the_path_of_the_field(body, path):
    assert refused(gpt, **body) == path


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"system": [{"type": "image"}]}, "system.0.type"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "document"}]}]}, "messages.0.content.0.type"),
        ({"messages": [USER, {"role": "assistant", "content": "So"}]}, "messages"),
        ({"tools": [{"name": "f"}, {"name": "f"}]}, "tools"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools.0.type"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tool_choice": {}}, "tool_choice.type"),
        ({"thinking": {"type": "between_tools"}}, "thinking.type"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
        ({"temperature": 2}, "temperature"),
        ({"top_k": 3}, "top_k"),
        ({"novelty": 1}, "novelty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_anthropics_request_is_refused_with_the_path_of_the_field(body, path):
    assert refused(claude, **body) == path
