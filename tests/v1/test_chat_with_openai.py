"""OpenAI's own client, unchanged, against a real server; what it asks for arrives at the model server."""

import base64
import hashlib
import struct
import zlib

import httpx
import openai
import pytest
from pydantic import BaseModel

pytestmark = pytest.mark.process

QUESTION = "What grows in the garden? tokens=40"


def ask(*messages, **more) -> dict:
    """Return the arguments of a request; a text is a user's message."""
    listed = [{"role": "user", "content": each} if isinstance(each, str) else each for each in messages]
    return {"messages": listed or [{"role": "user", "content": QUESTION}], **more}


def png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def test_an_answer_is_whole_and_its_tokens_are_the_servers_own(gpt, fake, provider):
    answer = gpt.chat.completions.create(model=f"{provider}/fast", **ask())
    choice = answer.choices[0]
    assert choice.message.content == fake.text(f"{provider}/fast", QUESTION)["text"]
    assert (choice.message.role, choice.finish_reason, answer.object) == ("assistant", "stop", "chat.completion")
    assert answer.usage.prompt_tokens == len(QUESTION.split())
    assert answer.usage.completion_tokens == len(choice.message.content.split())
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model.startswith(f"{provider}/fast")
    assert answer._request_id


def test_a_stream_brings_the_same_text_in_pieces(gpt, fake, provider):
    chunks = list(gpt.chat.completions.create(model=f"{provider}/paced-200", stream=True, **ask()))
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert "".join(delta.content or "" for delta in deltas) == fake.text(f"{provider}/paced-200", QUESTION)["text"]
    assert deltas[0].role == "assistant"
    assert len(chunks) > 3
    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert all(chunk.usage is None for chunk in chunks)


def test_a_stream_is_never_compressed(server, token):
    for path, more in (("chat/completions", {}), ("messages", {"max_tokens": 100})):
        answer = httpx.post(
            f"{server.url}/v1/{path}",
            json={"model": "ollama/fast", **ask(), "stream": True, **more},
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip, deflate, br"},
            timeout=30,
        )
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        # Compressed, its pieces would wait for each other.
        assert "content-encoding" not in answer.headers


def test_a_stream_tells_the_usage_when_asked_to(gpt, provider):
    options = {"include_usage": True}
    chunks = list(gpt.chat.completions.create(model=f"{provider}/fast", stream=True, stream_options=options, **ask()))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.prompt_tokens == len(QUESTION.split())
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_the_stream_helper_puts_the_answer_together(gpt, fake):
    with gpt.chat.completions.stream(model="ollama/fast", **ask()) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_completion()
    assert answer.choices[0].message.content == fake.text("ollama/fast", QUESTION)["text"]


async def test_the_async_client_works_whole_and_streaming(server, token, fake):
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=token, max_retries=0) as client:
        whole = await client.chat.completions.create(model="ollama/fast", **ask())
        pieces = [
            chunk.choices[0].delta.content or ""
            async for chunk in await client.chat.completions.create(model="openai/fast", stream=True, **ask())
        ]
    assert whole.choices[0].message.content == fake.text("ollama/fast", QUESTION)["text"]
    assert "".join(pieces) == fake.text("openai/fast", QUESTION)["text"]


def test_system_messages_and_earlier_turns_reach_the_model(gpt, fake, provider):
    gpt.chat.completions.create(
        model=f"{provider}/fast",
        **ask(
            {"role": "developer", "content": "Be brief."},
            {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
            {"role": "assistant", "content": "Three."},
            "Four?",
        ),
    )
    assert [(message["role"], message["content"]) for message in fake.last()["messages"]] == [
        ("system", "Be brief."),
        ("system", "Be kind."),
        ("user", "One.\nTwo."),
        ("assistant", "Three."),
        ("user", "Four?"),
    ]


def test_an_answer_can_be_sent_back_as_the_client_gave_it(gpt, fake):
    first = gpt.chat.completions.create(model="ollama/fast", **ask())
    said = first.choices[0].message
    gpt.chat.completions.create(model="ollama/fast", **ask(QUESTION, said, "And then?"))
    gpt.chat.completions.create(model="ollama/fast", **ask(QUESTION, said.model_dump(), "And then?"))
    assert fake.last()["messages"][1] == {"role": "assistant", "content": said.content}


def test_sampling_reaches_a_server_of_openais_protocol(gpt, fake):
    options = {"temperature": 0.3, "top_p": 0.5, "seed": 7, "stop": ["END", "STOP"], "max_completion_tokens": 99}
    gpt.chat.completions.create(model="openai/fast", **ask(), **options, reasoning_effort="low")
    sent = fake.last()
    assert {name: sent[name] for name in ("temperature", "top_p", "seed", "stop")} == {
        name: options[name] for name in ("temperature", "top_p", "seed", "stop")
    }
    assert (sent["max_tokens"], sent["reasoning_effort"]) == (99, "low")


def test_sampling_reaches_ollama(gpt, fake):
    options = {"temperature": 0.3, "top_p": 0.5, "seed": 7}
    gpt.chat.completions.create(model="ollama/thinking", **ask(), **options, stop="END", max_tokens=99)
    sent = fake.last()["options"]
    assert {name: sent[name] for name in options} == options
    assert (sent["stop"], sent["num_predict"]) == (["END"], 99)


def test_an_answer_that_was_cut_says_so(gpt, provider):
    answer = gpt.chat.completions.create(model=f"{provider}/length", **ask(max_tokens=5))
    assert answer.choices[0].finish_reason == "length"


def test_thinking_comes_beside_the_answer(gpt, fake, provider):
    whole = gpt.chat.completions.create(model=f"{provider}/thinking", **ask())
    chunks = gpt.chat.completions.create(model=f"{provider}/thinking", stream=True, **ask())
    deltas = [chunk.choices[0].delta for chunk in chunks]
    expected = fake.text(f"{provider}/thinking", QUESTION)
    assert whole.choices[0].message.reasoning_content == expected["thinking"]
    assert whole.choices[0].message.content == expected["text"]
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == expected["thinking"]


def test_thinking_can_be_turned_off_for_ollama(gpt, fake):
    gpt.chat.completions.create(model="ollama/thinking", reasoning_effort="none", **ask())
    assert fake.last()["think"] is False


class Plant(BaseModel):
    name: str
    height: int


def test_an_answer_fits_a_schema(gpt, fake, provider):
    answer = gpt.chat.completions.parse(model=f"{provider}/fast", response_format=Plant, **ask("Describe the rose"))
    assert answer.choices[0].message.parsed == Plant(name="Describe the rose", height=1)
    if provider == "openai":
        assert fake.last()["response_format"]["json_schema"]["strict"] is True


def test_any_json_object_can_be_asked_for(gpt, fake):
    gpt.chat.completions.create(model="openai/fast", response_format={"type": "json_object"}, **ask())
    assert fake.last()["response_format"] == {"type": "json_object"}
    gpt.chat.completions.create(model="ollama/fast", response_format={"type": "json_object"}, **ask())
    assert fake.last()["format"] == "json"


def test_a_picture_reaches_a_model_that_sees(gpt):
    url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    picture = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    message = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}
    answer = gpt.chat.completions.create(model="ollama/images-echo", **ask(message))
    assert hashlib.sha256(png()).hexdigest() in answer.choices[0].message.content


@pytest.mark.parametrize(
    ("model", "url", "complaint"),
    [
        ("ollama/fast", f"data:image/png;base64,{base64.b64encode(png()).decode()}", "cannot see pictures"),
        ("ollama/images-echo", "https://example.org/cat.png", "addresses are not fetched"),
        ("ollama/images-echo", "data:image/png;base64,!!!", "not valid base64"),
        ("ollama/images-echo", "data:image/svg+xml;base64,PHN2Zy8+", "must be of type"),
        ("ollama/images-echo", "data:image/png;base64,PHN2Zy8+", "is no picture"),
    ],
)
def test_a_picture_that_cannot_be_used_is_refused(gpt, model, url, complaint):
    picture = {"type": "image_url", "image_url": {"url": url}}
    with pytest.raises(openai.BadRequestError, match=complaint):
        gpt.chat.completions.create(model=model, **ask({"role": "user", "content": [picture]}))


def test_fields_that_change_nothing_here_are_passed_over(gpt):
    harmless = {"user": "u-1", "store": False, "metadata": {"trace": "7"}, "service_tier": "auto", "n": 1}
    zeroes = {"presence_penalty": 0, "frequency_penalty": 0, "logprobs": False, "logit_bias": {}}
    answer = gpt.chat.completions.create(model="ollama/fast", **ask(), **harmless, **zeroes, parallel_tool_calls=True)
    assert answer.choices[0].message.content


def test_models_are_listed_and_found_by_id_or_name(gpt):
    listed = {model.id: model for model in gpt.models.list()}
    assert listed["openai/fast"].owned_by == "openai"
    assert gpt.models.retrieve("openai/fast").id == "openai/fast"
    assert gpt.models.retrieve("fast").id == "openai/fast"
