"""The demo model that owns up to what it is, and the scripted one that tests are written with."""

import asyncio
import time

import pytest

from llm.errors import ModelError
from llm.events import Finished, Text, Thinking
from llm.providers import demo
from llm.providers.demo import DemoProvider
from llm.providers.scripted import ScriptedProvider
from llm.tokens import estimate, estimate_messages
from llm.values import Message, Options, ToolCall, Usage

from .conftest import listen


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(demo, "TOKENS_PER_SECOND", 100_000)


def ask_demo(question: str):
    return DemoProvider().stream(model="demo", messages=[Message("user", question)], options=Options())


async def test_the_demo_says_that_it_is_no_ai_and_how_to_get_one(hurried):
    text = (await listen(ask_demo("Hello"))).text
    assert "not an AI" in text
    assert "ollama pull" in text
    assert "OPENAI_BASE_URL" in text


async def test_the_demo_shows_what_markdown_can_do(hurried):
    text = (await listen(ask_demo("Hello"))).text
    for sign in ("## ", "1. ", "```", "|---|", "> Hello"):
        assert sign in text


async def test_the_demo_streams_its_whole_answer_and_the_same_each_time(hurried):
    heard = await listen(ask_demo("Why?\nReally?"))
    assert heard.text == demo.answer("Why?\nReally?")
    assert heard.text == (await listen(ask_demo("Why?\nReally?"))).text
    assert heard.text != (await listen(ask_demo("What?"))).text


async def test_the_demo_owns_up_to_guessing_its_usage(hurried):
    assert (await listen(ask_demo("Hello"))).finished.usage.exact is False


async def test_the_demo_takes_its_time():
    stream = ask_demo("Hello")
    started = time.monotonic()
    for _ in range(9):
        await anext(stream)
    assert time.monotonic() - started > 8 / demo.TOKENS_PER_SECOND * 0.8
    await stream.aclose()


@pytest.mark.parametrize("question", ["", "```\n# not a heading", "{curly} %s", "x" * 10_000])
async def test_the_demo_bears_any_question(hurried, question):
    assert (await listen(ask_demo(question))).finished.reason == "stop"


async def test_a_script_plays_text_events_waits_and_errors():
    provider = ScriptedProvider()
    gate = asyncio.Event()
    provider.reply("Hello", 0.01, Thinking("hm"), gate, ModelError("model_busy", "Busy."))
    stream = provider.stream(model="scripted", messages=[Message("user", "Hi")], options=Options())
    assert await anext(stream) == Text("Hello")
    assert await anext(stream) == Thinking("hm")
    gate.set()
    with pytest.raises(ModelError):
        await anext(stream)
    assert provider.requests[0].ended == "failed"


async def test_a_script_finishes_by_itself_or_as_told():
    provider = ScriptedProvider()
    provider.reply("Hello")
    provider.reply("Bye", Finished("length", Usage(1, 2)))
    for reason in ("stop", "length"):
        heard = await listen(provider.stream(model="scripted", messages=[], options=Options()))
        assert heard.finished.reason == reason
    assert [request.ended for request in provider.requests] == ["finished", "finished"]


async def test_a_question_that_nobody_scripted_fails():
    assert (await listen(ScriptedProvider().stream(model="x", messages=[], options=Options()))).code == "model_error"


@pytest.mark.parametrize(
    ("text", "at_least", "at_most"),
    [
        ("", 0, 0),
        ("The quick brown fox jumps over the lazy dog.", 9, 20),
        ("def add(a, b):\n    return a + b\n", 11, 20),
        ("数据流处理系统", 7, 12),
        ("Ångström Straße żółć", 7, 20),
        ("🙂🙂🙂", 6, 12),
    ],
)
def test_an_estimate_is_high_but_not_wild(text, at_least, at_most):
    assert at_least <= estimate(text) <= at_most


def test_an_estimate_of_a_long_text_is_quick():
    text = "数据 and words 🙂 " * 100_000
    started = time.thread_time()
    estimate(text)
    assert time.thread_time() - started < 0.5


def test_an_estimate_bears_half_a_surrogate_pair():
    assert estimate("half \ud83d pair") > 0


def test_messages_count_their_pictures_and_calls():
    plain = estimate_messages([Message("user", "Hello")])
    assert estimate_messages([Message("user", "Hello", images=(b"x",))]) == plain + 768
    with_call = Message("assistant", "Hello", tool_calls=(ToolCall("1", "get_time", {"zone": "UTC"}),))
    assert estimate_messages([with_call]) > plain
