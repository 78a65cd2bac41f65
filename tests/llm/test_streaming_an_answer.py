"""What a good answer is made of, over both protocols."""

import asyncio
import base64

import pytest

from llm.errors import ModelError
from llm.events import Finished, Stage, Text, Thinking
from llm.values import Message, Options, Tool, ToolCall
from tests.fake_model import answer_text, answer_tokens, thinking_text

from .conftest import QUESTION, listen

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


async def test_the_text_arrives_to_the_letter(ask, protocol):
    heard = await ask(protocol, "fast", text="Tell me all. tokens=3000")
    assert heard.text == answer_text(model="fast", message="Tell me all. tokens=3000")
    assert heard.finished.reason == "stop"


async def test_a_character_cut_by_a_chunk_border_is_whole(ask, protocol):
    heard = await ask(protocol, "split-utf8")
    assert heard.text == answer_text(model="split-utf8", message=QUESTION)


async def test_thinking_is_kept_apart_and_comes_first(ask, protocol):
    heard = await ask(protocol, "thinking")
    assert heard.thinking == thinking_text(model="thinking", message=QUESTION)
    assert heard.text == answer_text(model="thinking", message=QUESTION)
    kinds = [type(event) for event in heard.events if isinstance(event, Text | Thinking)]
    assert kinds == sorted(kinds, key=[Thinking, Text].index)


async def test_thinking_under_its_other_name_is_thinking(ask):
    heard = await ask("openai", "thinking-reasoning")
    assert heard.thinking == thinking_text(model="thinking-reasoning", message=QUESTION)


async def test_an_answer_of_thinking_alone_is_whole_with_its_reason(ask, protocol):
    heard = await ask(protocol, "thinking-only")
    assert (heard.text, heard.finished.reason) == ("", "length")
    assert heard.thinking


async def test_the_counters_are_the_servers(ask, protocol):
    heard = await ask(protocol, "fast")
    usage = heard.finished.usage
    assert usage.exact
    assert usage.prompt_tokens == len(QUESTION.split())
    assert usage.completion_tokens == len(heard.text.split())


async def test_durations_are_milliseconds(ask):
    heard = await ask("ollama", "fast")
    assert heard.finished.timings == {"total_ms": 3000, "load_ms": 1000, "prompt_ms": 500, "answer_ms": 1000}


async def test_without_counters_the_usage_is_estimated_and_says_so(ask, protocol):
    heard = await ask(protocol, "no-usage")
    usage = heard.finished.usage
    assert not usage.exact
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens >= len(heard.text.split())


async def test_a_server_that_refuses_to_count_is_asked_again_without(ask, fake):
    heard = await ask("openai", "reject-usage")
    assert heard.text == answer_text(model="reject-usage", message=QUESTION)
    assert not heard.finished.usage.exact
    assert ["stream_options" in seen.body for seen in fake.chats] == [True, False]


async def test_the_reason_length_is_passed_on(ask, protocol):
    assert (await ask(protocol, "length")).finished.reason == "length"


async def test_an_empty_answer_is_whole(ask, protocol):
    heard = await ask(protocol, "empty")
    assert (heard.text, heard.finished.reason) == ("", "stop")


async def test_the_end_without_its_marker_counts_when_the_reason_came(ask):
    heard = await ask("openai", "no-marker")
    assert heard.text == answer_text(model="no-marker", message=QUESTION)
    assert heard.finished.reason == "stop"


async def test_keepalive_lines_are_no_text(ask, protocol):
    assert (await ask(protocol, "pings")).text == answer_text(model="pings", message=QUESTION)


async def test_a_line_of_a_megabyte_is_read(ask, protocol):
    assert (await ask(protocol, "big-line")).text == "x" * 1_000_000


async def test_invalid_utf8_becomes_replacement_characters(ask, protocol):
    heard = await ask(protocol, "bad-utf8")
    assert heard.text.startswith("caf\ufffd\ufffd \ufffd")
    assert heard.text.endswith(answer_text(model="bad-utf8", message=QUESTION))


async def test_nul_and_half_surrogate_pairs_become_replacement_characters(ask, protocol):
    heard = await ask(protocol, "nul")
    assert heard.text.startswith("nul \ufffd and half \ufffd a pair, whole 🙂")
    heard.text.encode()


async def test_the_first_event_says_that_the_model_reads(ask, protocol):
    assert (await ask(protocol, "fast")).events[0] == Stage("reading")


async def test_loading_is_told_while_ollama_loads(ask):
    heard = await ask("ollama", "loading-0.8")
    assert heard.stages[:2] == ["reading", "loading"]
    assert heard.text == answer_text(model="loading-0.8", message=QUESTION)


async def test_a_loaded_model_that_is_slow_is_not_called_loading(ask, fake):
    fake.script(delay=0.6)
    heard = await ask("ollama", "fast")
    assert heard.stages == ["reading"]
    assert "/api/ps" in [seen.path for seen in fake.seen]


async def test_a_model_that_answers_at_once_is_not_asked_whether_it_is_loaded(ask, fake):
    await ask("ollama", "fast")
    assert "/api/ps" not in [seen.path for seen in fake.seen]


async def test_images_go_bare_to_ollama_and_as_data_urls_to_openai(ask, protocol, fake):
    heard = await ask(protocol, "images-echo", messages=[Message("user", "What is this?", images=(PNG,))])
    assert f"image 1: {len(PNG)} bytes" in heard.text
    body = fake.chats[0].body["messages"][0]
    if protocol == "ollama":
        assert body["images"] == [base64.b64encode(PNG).decode()]
    else:
        assert body["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")


async def test_a_model_that_cannot_see_refuses_a_picture_in_the_question(ask, fake):
    heard = await ask("ollama", "fast", messages=[Message("user", "What is this?", images=(PNG,))])
    assert heard.code == "model_refused"
    assert not fake.chats


async def test_a_model_that_cannot_see_gets_a_note_for_an_older_picture(ask, fake):
    messages = [Message("user", "Look", images=(PNG,)), Message("assistant", "A dot."), Message("user", "Thanks")]
    heard = await ask("ollama", "fast", messages=messages)
    assert heard.finished.reason == "stop"
    sent = fake.chats[0].body["messages"][0]
    assert "images" not in sent
    assert "cannot see pictures" in sent["content"]


async def test_the_window_is_always_sent_and_never_larger_than_the_model(ask, fake):
    await ask("ollama", "fast")
    await ask("ollama", "fast", context_length=1_000_000)
    await ask("ollama", "fast", options=Options(context_length=2048))
    assert [seen.body["options"]["num_ctx"] for seen in fake.chats] == [8192, 32_768, 2048]


async def test_ollama_is_forbidden_to_drop_messages(ask, fake):
    await ask("ollama", "fast")
    assert fake.chats[0].body["truncate"] is False
    assert "shift" not in fake.chats[0].body


async def test_think_is_only_sent_to_models_that_think(ask, fake):
    plain = await ask("ollama", "fast", options=Options(think=True))
    quiet = await ask("ollama", "thinking", options=Options(think=False))
    assert plain.finished.reason == quiet.finished.reason == "stop"
    assert quiet.thinking == ""
    assert ["think" in seen.body for seen in fake.chats] == [False, True]


async def test_options_have_the_names_that_each_protocol_knows(ask, protocol, fake):
    options = Options(temperature=0.5, top_p=0.9, max_tokens=77, seed=3, stop=("END",))
    await ask(protocol, "fast", options=options)
    body = fake.chats[0].body
    if protocol == "ollama":
        sent = body["options"]
        expected = {"temperature": 0.5, "top_p": 0.9, "num_predict": 77, "seed": 3, "stop": ["END"], "num_ctx": 8192}
        assert sent == expected
    else:
        assert {name: body[name] for name in ("temperature", "top_p", "max_tokens", "seed", "stop")} == {
            "temperature": 0.5,
            "top_p": 0.9,
            "max_tokens": 77,
            "seed": 3,
            "stop": ["END"],
        }


async def test_a_format_constrains_the_answer(ask, protocol):
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    heard = await ask(protocol, "fast", text="Name this talk", options=Options(format=schema))
    assert heard.text == '{"title": "Name this talk"}'


async def test_keep_alive_is_sent_when_it_is_set(ask, fake):
    await ask("ollama", "fast")
    await ask("ollama", "fast", keep_alive="10m")
    assert [seen.body.get("keep_alive") for seen in fake.chats] == [None, "10m"]


async def test_a_tool_turn_goes_back_as_the_protocol_wants_it(ask, protocol, fake):
    call = ToolCall("call_1", "get_time", {"zone": "UTC"})
    messages = [
        Message("system", "Be brief."),
        Message("user", "Time?"),
        Message("assistant", "Looking.", thinking="A clock is needed.", tool_calls=(call,)),
        Message("tool", "12:00", tool_call_id="call_1", tool_name="get_time"),
    ]
    await ask(protocol, "tools", messages=messages)
    _, _, assistant, result = fake.chats[0].body["messages"]
    if protocol == "ollama":
        assert assistant["tool_calls"][0]["function"] == {"name": "get_time", "arguments": {"zone": "UTC"}}
        assert assistant["thinking"] == "A clock is needed."
        assert (result["role"], result["tool_name"], result["content"]) == ("tool", "get_time", "12:00")
    else:
        assert assistant["tool_calls"][0]["function"] == {"name": "get_time", "arguments": '{"zone":"UTC"}'}
        assert "thinking" not in assistant
        assert (result["role"], result["tool_call_id"], result["content"]) == ("tool", "call_1", "12:00")


@pytest.mark.parametrize("model", ["tools", "tools-last", "tools-two"])
async def test_tool_calls_are_collected_from_any_chunk(ask, protocol, model):
    async def run(arguments):
        return ""

    tool = Tool("get_time", "The time", {"type": "object", "properties": {}}, run)
    heard = await ask(protocol, model, tools=[tool])
    assert (heard.calls[0].name, heard.calls[0].arguments) == ("get_time", {"zone": "Europe/Paris"})
    assert len(heard.calls) == (2 if model == "tools-two" else 1)
    assert heard.finished.reason == "tool_calls"


async def test_a_prompt_that_ollama_cut_is_noticed(connect, fake):
    provider = connect("ollama", context_length=100)
    # 60 words are counted where far more were sent: the other half was thrown away.
    fake.script(text="What?")
    long_word = "x" * 900
    stream = provider.stream(
        model="fast", messages=[Message("user", " ".join(["hi"] * 50 + [long_word]))], options=Options()
    )
    assert (await listen(stream)).finished.timings["truncated"] is True
    short = provider.stream(model="fast", messages=[Message("user", "Hello there")], options=Options())
    assert "truncated" not in (await listen(short)).finished.timings


async def test_a_smaller_window_than_was_asked_for_is_told_with_the_answer(connect):
    provider = connect("ollama")
    asked = [Message("user", "much " * 2500)]
    finished = (await listen(provider.stream(model="window-2048", messages=asked, options=Options()))).finished
    assert (finished.usage.prompt_tokens, finished.timings["window"]) == (1024, 2048)
    assert finished.timings["truncated"] is True


async def test_the_connection_is_kept_for_the_next_question(connect, protocol, fake):
    provider = connect(protocol)
    for _ in range(5):
        heard = await listen(
            provider.stream(model="paced-200", messages=[Message("user", "Hi tokens=20")], options=Options())
        )
        assert heard.finished.reason == "stop"
    assert len(fake.connections) == 1


async def test_a_hundred_streams_at_once_do_not_mix(connect, protocol):
    provider = connect(protocol)

    async def one(number: int) -> None:
        question = f"Question {number} tokens=40"
        heard = await listen(
            provider.stream(model="paced-200", messages=[Message("user", question)], options=Options())
        )
        assert heard.text == answer_text(model="paced-200", message=question)

    await asyncio.gather(*(one(number) for number in range(100)))


async def test_finished_is_the_last_event_and_comes_once(ask, protocol):
    heard = await ask(protocol, "fast")
    assert [isinstance(event, Finished) for event in heard.events].count(True) == 1
    assert isinstance(heard.events[-1], Finished)


def test_an_error_reads_as_code_and_sentence():
    error = ModelError("model_busy", "Busy.", retryable=True, retry_after=3)
    assert (str(error), error.retryable, error.retry_after) == ("model_busy: Busy.", True, 3)


async def test_reading_rests_between_gulps_so_that_tokens_come_together(ask, protocol, fake):
    heard = await ask(protocol, "paced-200", text="Paced tokens=150")
    gulps = [event.text for event in heard.events if isinstance(event, Text)]
    assert len(gulps) < 75
    assert "".join(gulps) == answer_text(model="paced-200", message="Paced tokens=150")


async def test_the_first_token_is_not_kept_waiting_for_the_next(connect, protocol):
    stream = connect(protocol).stream(
        model="paced-10", messages=[Message("user", "Slow tokens=1000")], options=Options()
    )
    async for event in stream:
        if isinstance(event, Text):
            assert event.text == answer_tokens(model="paced-10", message="Slow tokens=1000")[0]
            break
    await stream.aclose()
