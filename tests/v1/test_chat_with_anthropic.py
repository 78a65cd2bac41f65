"""Anthropic's own client, unchanged, against a real server; what it asks for arrives at the model server."""

import base64
import hashlib

import anthropic
import pytest

from tests.v1.test_chat_with_openai import QUESTION, png

pytestmark = pytest.mark.process


def ask(*messages, **more) -> dict:
    """Return the arguments of a request; a text is a user's message."""
    listed = [{"role": "user", "content": each} if isinstance(each, str) else each for each in messages]
    return {"max_tokens": 500, "messages": listed or [{"role": "user", "content": QUESTION}], **more}


def test_an_answer_is_whole_and_its_tokens_are_the_servers_own(claude, fake, provider):
    answer = claude.messages.create(model=f"{provider}/fast", **ask())
    assert [block.type for block in answer.content] == ["text"]
    assert answer.content[0].text == fake.text(f"{provider}/fast", QUESTION)["text"]
    assert (answer.role, answer.stop_reason, answer.stop_sequence, answer.type) == (
        "assistant",
        "end_turn",
        None,
        "message",
    )
    read = answer.usage.input_tokens + answer.usage.cache_read_input_tokens
    assert (read, answer.usage.output_tokens) == (len(QUESTION.split()), len(answer.content[0].text.split()))
    assert answer._request_id


def test_a_stream_has_the_events_of_the_protocol_in_their_order(claude, fake, provider):
    events = list(claude.messages.create(model=f"{provider}/paced-200", stream=True, **ask()))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    text = "".join(event.delta.text for event in events if event.type == "content_block_delta")
    assert text == fake.text(f"{provider}/paced-200", QUESTION)["text"]
    assert events[-2].usage.output_tokens == len(text.split())


def test_the_stream_helper_puts_the_answer_together(claude, fake, provider):
    with claude.messages.stream(model=f"{provider}/fast", **ask()) as stream:
        text = "".join(stream.text_stream)
        answer = stream.get_final_message()
    assert text == answer.content[0].text == fake.text(f"{provider}/fast", QUESTION)["text"]
    assert answer.usage.input_tokens + answer.usage.cache_read_input_tokens == len(QUESTION.split())


async def test_the_async_client_works_whole_and_streaming(server, token, fake):
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key=token, max_retries=0) as client:
        whole = await client.messages.create(model="ollama/fast", **ask())
        async with client.messages.stream(model="openai/fast", **ask()) as stream:
            streamed = await stream.get_final_text()
    assert whole.content[0].text == fake.text("ollama/fast", QUESTION)["text"]
    assert streamed == fake.text("openai/fast", QUESTION)["text"]


@pytest.mark.parametrize("system", ["Be brief.", [{"type": "text", "text": "Be brief."}]], ids=["text", "blocks"])
def test_the_system_prompt_reaches_the_model(claude, fake, system):
    claude.messages.create(model="ollama/fast", system=system, **ask())
    assert fake.last()["messages"][0] == {"role": "system", "content": "Be brief."}


def test_earlier_turns_reach_the_model(claude, fake, provider):
    answer = claude.messages.create(model=f"{provider}/fast", **ask("One."))
    cached = [{"type": "text", "text": "Two?", "cache_control": {"type": "ephemeral"}}]
    earlier = {"role": "assistant", "content": answer.content}
    claude.messages.create(model=f"{provider}/fast", **ask("One.", earlier, {"role": "user", "content": cached}))
    sent = [(message["role"], message["content"]) for message in fake.last()["messages"]]
    assert sent == [("user", "One."), ("assistant", answer.content[0].text), ("user", "Two?")]


def test_sampling_reaches_the_model(claude, fake):
    extra = {"temperature": 0.3, "top_p": 0.5}
    claude.messages.create(model="ollama/fast", stop_sequences=["END"], extra_body=extra, **ask())
    sent = fake.last()["options"]
    assert (sent["temperature"], sent["top_p"], sent["stop"], sent["num_predict"]) == (0.3, 0.5, ["END"], 500)


def test_an_answer_that_was_cut_says_so(claude, provider):
    assert claude.messages.create(model=f"{provider}/length", **ask()).stop_reason == "max_tokens"


def test_thinking_is_shown_to_who_asks_for_it(claude, fake, provider):
    thinking = {"type": "enabled", "budget_tokens": 1024}
    answer = claude.messages.create(model=f"{provider}/thinking", thinking=thinking, **ask())
    with claude.messages.stream(model=f"{provider}/thinking", thinking=thinking, **ask()) as stream:
        streamed = stream.get_final_message()
    expected = fake.text(f"{provider}/thinking", QUESTION)
    for message in (answer, streamed):
        assert [block.type for block in message.content] == ["thinking", "text"]
        assert message.content[0].thinking == expected["thinking"]
        assert message.content[1].text == expected["text"]
    # And it can be given back.
    claude.messages.create(
        model=f"{provider}/thinking", **ask("One?", {"role": "assistant", "content": answer.content}, "Two?")
    )


def test_thinking_is_not_shown_to_who_does_not(claude, fake):
    answer = claude.messages.create(model="openai/thinking", **ask())
    assert [block.type for block in answer.content] == ["text"]
    claude.messages.create(model="ollama/thinking", **ask())
    assert fake.last()["think"] is False


def test_an_answer_fits_a_schema(claude, fake):
    schema = {"type": "object", "properties": {"height": {"type": "integer"}}, "required": ["height"]}
    form = {"format": {"type": "json_schema", "schema": schema}, "effort": "low"}
    answer = claude.messages.create(model="ollama/fast", output_config=form, **ask())
    assert answer.content[0].text == '{"height": 1}'


def picture(**source) -> dict:
    return {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]}


def test_a_picture_reaches_a_model_that_sees(claude):
    data = base64.b64encode(png()).decode()
    message = picture(type="base64", media_type="image/png", data=data)
    answer = claude.messages.create(model="ollama/images-echo", **ask(message))
    assert hashlib.sha256(png()).hexdigest() in answer.content[0].text


def test_a_picture_that_cannot_be_used_is_refused(claude):
    data = base64.b64encode(png()).decode()
    with pytest.raises(anthropic.BadRequestError, match="cannot see pictures"):
        message = picture(type="base64", media_type="image/png", data=data)
        claude.messages.create(model="ollama/fast", **ask(message))
    with pytest.raises(anthropic.BadRequestError, match="addresses are not fetched"):
        message = picture(type="url", url="https://example.org/cat.png")
        claude.messages.create(model="ollama/images-echo", **ask(message))


def test_tokens_are_counted_without_asking_the_model(claude, fake):
    before = len(fake.seen())
    short = claude.messages.count_tokens(model="ollama/fast", messages=[{"role": "user", "content": "Hi"}])
    long = claude.messages.count_tokens(model="ollama/fast", messages=[{"role": "user", "content": "Hi " * 500}])
    assert 0 < short.input_tokens < 20
    assert long.input_tokens > 300
    assert len(fake.seen()) == before


def test_fields_that_change_nothing_here_are_passed_over(claude):
    answer = claude.messages.create(
        model="ollama/fast",
        metadata={"user_id": "u-1"},
        service_tier="auto",
        cache_control={"type": "ephemeral"},
        **ask(),
    )
    assert answer.content[0].text


def test_a_token_may_be_sent_either_way_and_in_both(server, token, claude):
    bearer = anthropic.Anthropic(base_url=server.url, auth_token=token, max_retries=0)
    key = {"x-api-key": token}
    both = anthropic.Anthropic(base_url=server.url, auth_token=token, default_headers=key, max_retries=0)
    for client in (bearer, both):
        assert client.messages.create(model="ollama/fast", **ask()).content


def test_models_are_listed_and_found(claude):
    page = claude.models.list(limit=1000)
    assert {"openai/fast", "ollama/fast:latest"} <= {model.id for model in page}
    found = claude.models.retrieve("ollama/fast")
    assert (found.display_name, found.type) == ("fast:latest", "model")
