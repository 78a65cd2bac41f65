"""How answers and errors are told, without a server or a model."""

import json
from types import SimpleNamespace

import pytest

from conversations.errors import Invalid, OverQuota
from conversations.v1 import problems, sources
from conversations.v1.anthropic import telling as anthropic
from conversations.v1.asked import Asked
from conversations.v1.openai import telling as openai
from llm.errors import ModelError
from llm.events import Finished, Text, Thinking, ToolCalled
from llm.values import Message, Options, ToolCall, Usage

REQUEST = SimpleNamespace(id="r-1")
ASKED = Asked(model="m", messages=(Message("user", "Hi"),), options=Options())
CALL = ToolCall("c1", "f", {"a": 1})
END = Finished("stop", Usage(10, 4, cached_tokens=3))


class Scripted:
    """An answer of given events; an error among them is raised, None is silence."""

    id, model, prompt_tokens = "1", "fake/m", 8

    def __init__(self, *events) -> None:
        self.events = list(events)
        self.closed = False

    async def next(self, *, within: float):
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event

    def close(self) -> None:
        self.closed = True


async def told(teller, *events) -> tuple[list[dict], str]:
    """Return the data of each event that a teller sends, and all that it sent."""
    source = Scripted(*events)
    pieces = [piece async for piece in await sources.stream(source, teller(source, ASKED, "r-1"), REQUEST)]
    assert source.closed
    text = b"".join(pieces).decode()
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines], text


async def test_openais_stream_ends_with_done_or_with_an_error():
    _, text = await told(openai.Chunks, Text("a"), END)
    assert text.endswith("data: [DONE]\n\n")
    data, text = await told(openai.Chunks, Text("a"), ModelError("model_error", "It broke."))
    assert data[-1]["error"] == {"message": "It broke.", "type": "server_error", "param": None, "code": "model_error"}
    assert "[DONE]" not in text


async def test_silence_is_filled_with_pings():
    _, text = await told(openai.Chunks, None, None, Text("a"), END)
    assert text.count(": still here") == 2
    data, _ = await told(anthropic.Events, None, Text("a"), END)
    assert [event["type"] for event in data][:2] == ["message_start", "ping"]


async def test_anthropics_blocks_follow_each_other():
    events = (Text("a"), Text("b"), ToolCalled(CALL), ToolCalled(CALL), Text("c"), END)
    data, _ = await told(anthropic.Events, *events)
    blocks = [(event["type"], event["index"]) for event in data if event["type"].startswith("content_block_st")]
    assert blocks == [(f"content_block_{what}", index) for index in range(4) for what in ("start", "stop")]
    assert data[-2]["delta"]["stop_reason"] == "tool_use"


async def test_anthropics_thinking_is_left_away_unless_asked_for():
    source = Scripted(Thinking("hm"), Text("a"), END)
    asked = Asked(model="m", messages=ASKED.messages, options=Options(), show_thinking=False)
    pieces = [piece async for piece in await sources.stream(source, anthropic.Events(source, asked, "r-1"), REQUEST)]
    assert b"hm" not in b"".join(pieces)


async def test_the_cached_part_of_a_prompt_is_counted_as_each_protocol_does():
    assert openai.usage(END.usage)["prompt_tokens"] == 10
    assert openai.usage(END.usage)["prompt_tokens_details"] == {"cached_tokens": 3}
    counted = anthropic.usage(END.usage)
    assert (counted["input_tokens"], counted["cache_read_input_tokens"]) == (7, 3)


async def test_an_error_before_the_first_word_is_raised_and_its_source_closed():
    source = Scripted(ModelError("model_busy", "Busy."))
    with pytest.raises(ModelError):
        await sources.stream(source, openai.Chunks(source, ASKED, "r-1"), REQUEST)
    assert source.closed


async def test_a_stream_that_is_left_closes_its_source():
    source = Scripted(Text("a"), Text("b"), END)
    pieces = await sources.stream(source, openai.Chunks(source, ASKED, "r-1"), REQUEST)
    await anext(pieces)
    await pieces.aclose()
    assert source.closed


@pytest.mark.parametrize(
    ("error", "gpt", "claude"),
    [
        (Invalid("x", code="invalid"), (400, "invalid_request_error"), (400, "invalid_request_error")),
        (OverQuota(retry_after=3), (429, "rate_limit_error"), (429, "rate_limit_error")),
        (OverQuota(code="budget_exceeded"), (429, "insufficient_quota"), (429, "rate_limit_error")),
        (ModelError("model_not_found", "x"), (404, "invalid_request_error"), (404, "not_found_error")),
        (ModelError("model_busy", "x"), (503, "server_error"), (529, "overloaded_error")),
        (ModelError("model_unreachable", "x"), (503, "server_error"), (503, "api_error")),
        (ModelError("model_timeout_total", "x"), (504, "server_error"), (504, "timeout_error")),
        (ModelError("model_protocol", "x"), (502, "server_error"), (502, "api_error")),
        (RuntimeError("secret"), (500, "server_error"), (500, "api_error")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_kind_of_error_has_its_status_and_type(error, gpt, claude):
    problem = problems.of(error, REQUEST)
    assert (problem.status, openai.error(problem, "r-1")["error"]["type"]) == gpt
    assert (anthropic.status(problem), anthropic.error(problem, "r-1")["error"]["type"]) == claude
    assert "secret" not in json.dumps(openai.error(problem, "r-1"))
