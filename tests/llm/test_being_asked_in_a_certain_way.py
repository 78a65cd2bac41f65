"""What a person may set arrives at the model server, each under its own name."""

import pytest

from llm.values import Options

WANTED = Options(temperature=0.2, top_p=0.9, seed=7)


async def test_ollama_is_told_in_its_options_and_always_the_same_window(ask, fake):
    await ask("ollama", "fast", options=WANTED)
    await ask("ollama", "fast")
    first, second = (seen.body["options"] for seen in fake.chats)
    assert {name: first[name] for name in ("temperature", "top_p", "seed")} == {
        "temperature": 0.2,
        "top_p": 0.9,
        "seed": 7,
    }
    assert set(second) == {"num_ctx"} and first["num_ctx"] == second["num_ctx"]


async def test_openai_is_told_in_the_body(ask, fake):
    await ask("openai", "fast", options=WANTED)
    body = fake.chats[0].body
    assert (body["temperature"], body["top_p"], body["seed"]) == (0.2, 0.9, 7)
    assert "chat_template_kwargs" not in body and "reasoning_effort" not in body


@pytest.mark.parametrize("think", [True, False])
async def test_a_model_that_can_think_is_told_whether_to(ask, fake, think):
    await ask("ollama", "thinking", options=Options(think=think))
    await ask("openai", "thinking", options=Options(think=think))
    ollama, openai = (seen.body for seen in fake.chats)
    assert ollama["think"] is think
    assert openai["chat_template_kwargs"] == {"enable_thinking": think}


async def test_ollama_is_not_told_of_thinking_for_a_model_that_cannot(ask, fake):
    heard = await ask("ollama", "fast", options=Options(think=True))
    assert heard.finished.reason == "stop" and "think" not in fake.chats[0].body


async def test_a_server_without_that_switch_is_asked_again_without_it(connect, ask, fake):
    heard = await ask("openai", "reject-switch", options=Options(think=False))
    assert heard.finished.reason == "stop"
    assert ["chat_template_kwargs" in seen.body for seen in fake.chats] == [True, False]


async def test_openai_itself_is_never_sent_that_switch(connect):
    provider = connect("openai")
    provider.host = "api.openai.com"
    body = provider.request(messages=[], tools=[], options=Options(think=True), sees=False)
    assert "chat_template_kwargs" not in body
