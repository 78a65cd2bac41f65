"""A request that names a conversation is kept there as a turn; all others leave no conversation behind."""

import threading
import time
import uuid

import anthropic
import httpx
import openai
import pytest

from tests.v1.test_call_tools import CLAUDE_CLOCK, GPT_CLOCK

pytestmark = pytest.mark.process

QUESTION = "What grows in the garden? tokens=40"
MESSAGES = [{"role": "user", "content": QUESTION}]


def kept(server, token: str, conversation: str) -> list[tuple[str, str]]:
    """Return role and content of each message of a conversation."""
    address = f"{server.url}/api/conversations/{conversation}/messages/"
    answer = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    answer.raise_for_status()
    return [(message["role"], message["content"]) for message in answer.json()["messages"]]


def conversations(server, token: str) -> int:
    answer = httpx.get(f"{server.url}/api/conversations/", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return len(answer.json()["results"])


def test_a_plain_request_leaves_no_conversation(server, gpt, token):
    before = conversations(server, token)
    gpt.chat.completions.create(model="ollama/fast", messages=MESSAGES)
    assert conversations(server, token) == before


def test_openais_metadata_names_the_conversation(server, gpt, token, fake):
    conversation = str(uuid.uuid4())
    metadata = {"metadata": {"conversation_id": conversation}}
    raw = gpt.chat.completions.with_raw_response.create(model="ollama/fast", messages=MESSAGES, extra_body=metadata)
    answer = raw.parse().choices[0].message.content
    assert raw.headers["x-conversation-id"] == conversation
    assert answer == fake.text("ollama/fast", QUESTION)["text"]
    assert kept(server, token, conversation) == [("user", QUESTION), ("assistant", answer)]
    # The conversation remembers what was said, whatever the client sends of it.
    gpt.chat.completions.create(
        model="ollama/fast", messages=[{"role": "user", "content": "More?"}], extra_body=metadata
    )
    assert [message["content"] for message in fake.last()["messages"]] == [QUESTION, answer, "More?"]
    assert len(kept(server, token, conversation)) == 4


def test_a_header_names_the_conversation_for_a_stream(server, gpt, token, fake):
    conversation = str(uuid.uuid4())
    headers = {"X-Conversation-Id": conversation}
    options = {"stream": True, "stream_options": {"include_usage": True}, "extra_headers": headers}
    chunks = list(gpt.chat.completions.create(model="ollama/paced-200", messages=MESSAGES, **options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == fake.text("ollama/paced-200", QUESTION)["text"]
    assert len(chunks) > 3
    assert chunks[-1].usage.completion_tokens == len(text.split())
    assert kept(server, token, conversation)[-1] == ("assistant", text)


def test_anthropics_metadata_names_the_conversation(server, claude, token, fake):
    conversation = str(uuid.uuid4())
    metadata = {"conversation_id": conversation}
    asked = {"model": "ollama/fast", "max_tokens": 1000, "messages": MESSAGES, "metadata": metadata}
    answer = claude.messages.create(**asked).content[0].text
    with claude.messages.stream(**asked) as stream:
        again = stream.get_final_text()
    assert answer == again == fake.text("ollama/fast", QUESTION)["text"]
    assert [role for role, _ in kept(server, token, conversation)] == ["user", "assistant"] * 2


def test_thinking_is_heard_from_a_conversation_too(gpt, fake):
    headers = {"X-Conversation-Id": str(uuid.uuid4())}
    stream = gpt.chat.completions.create(
        model="ollama/thinking-paced-50", messages=MESSAGES, stream=True, extra_headers=headers
    )
    deltas = [chunk.choices[0].delta for chunk in stream]
    thinking = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    assert thinking == fake.text("ollama/thinking-paced-50", QUESTION)["thinking"]


def test_somebody_elses_conversation_does_not_exist(server, gpt, stranger):
    headers = {"X-Conversation-Id": str(uuid.uuid4())}
    gpt.chat.completions.create(model="ollama/fast", messages=MESSAGES, extra_headers=headers)
    theirs = openai.OpenAI(base_url=f"{server.url}/v1", api_key=stranger, max_retries=0)
    with pytest.raises(openai.NotFoundError) as caught:
        theirs.chat.completions.create(model="ollama/fast", messages=MESSAGES, extra_headers=headers)
    assert caught.value.code == "not_found"


def test_a_second_question_waits_its_turn(server, gpt, claude, token):
    conversation = str(uuid.uuid4())
    headers = {"X-Conversation-Id": conversation}
    stream = gpt.chat.completions.create(model="ollama/paced-20", messages=MESSAGES, stream=True, extra_headers=headers)
    next(iter(stream))
    with pytest.raises(openai.ConflictError) as caught:
        gpt.chat.completions.create(model="ollama/fast", messages=MESSAGES, extra_headers=headers)
    assert caught.value.code == "turn_running"
    with pytest.raises(anthropic.ConflictError):
        claude.messages.create(model="ollama/fast", max_tokens=10, messages=MESSAGES, extra_headers=headers)
    # Who goes away does not stop the answer.
    stream.close()
    end = time.monotonic() + 20
    while kept(server, token, conversation)[-1][1].count(" ") < 30 and time.monotonic() < end:
        time.sleep(0.2)
    assert kept(server, token, conversation)[-1][1].count(" ") >= 30


def test_the_same_key_asks_once(server, gpt, token):
    conversation = str(uuid.uuid4())
    headers = {"X-Conversation-Id": conversation, "Idempotency-Key": "order-7"}
    asked = {"model": "ollama/fast", "messages": MESSAGES, "extra_headers": headers}
    first, second = (gpt.chat.completions.create(**asked) for _ in range(2))
    assert (first.id, first.choices[0].message.content) == (second.id, second.choices[0].message.content)
    assert len(kept(server, token, conversation)) == 2
    with pytest.raises(openai.UnprocessableEntityError):
        gpt.chat.completions.create(**{**asked, "messages": [{"role": "user", "content": "Another"}]})


def test_a_key_that_asks_once_is_each_persons_own(server, gpt, stranger):
    theirs = openai.OpenAI(base_url=f"{server.url}/v1", api_key=stranger, max_retries=0)
    ids = set()
    for program in (gpt, theirs):
        headers = {"X-Conversation-Id": str(uuid.uuid4()), "Idempotency-Key": "order-8"}
        ids.add(program.chat.completions.create(model="ollama/fast", messages=MESSAGES, extra_headers=headers).id)
    assert len(ids) == 2


def test_an_answer_that_somebody_stops_is_told_as_cut(server, gpt, token):
    conversation = str(uuid.uuid4())
    heard: list = []

    def read() -> None:
        options = {"stream": True, "extra_headers": {"X-Conversation-Id": conversation}}
        heard.extend(gpt.chat.completions.create(model="ollama/paced-10", messages=MESSAGES, **options))

    reader = threading.Thread(target=read)
    reader.start()
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{server.url}/api/conversations/{conversation}/"
    end = time.monotonic() + 20
    while (found := httpx.get(address, headers=headers, timeout=30)).status_code != 200 and time.monotonic() < end:
        time.sleep(0.1)
    httpx.post(f"{server.url}/api/turns/{found.json()['leaf']}/stop/", headers=headers, timeout=30).raise_for_status()
    reader.join(20)
    assert heard[-1].choices[0].finish_reason == "length"


SYSTEM = [{"role": "system", "content": "Be brief."}, *MESSAGES]


@pytest.mark.parametrize(
    "asked",
    [
        {"messages": SYSTEM},
        {"model": "ollama/tools", "tools": [GPT_CLOCK]},
        {"temperature": 0.5},
        {"max_tokens": 5},
        {"messages": [*MESSAGES, {"role": "assistant", "content": "And"}]},
    ],
    ids=["system", "tools", "temperature", "max_tokens", "last is not the user's"],
)
def test_what_a_conversation_does_not_keep_is_refused(server, gpt, token, asked):
    before = conversations(server, token)
    with pytest.raises(openai.BadRequestError):
        metadata = {"metadata": {"conversation_id": str(uuid.uuid4())}}
        gpt.chat.completions.create(**{"model": "ollama/fast", "messages": MESSAGES, **asked}, extra_body=metadata)
    assert conversations(server, token) == before


def test_anthropics_system_and_tools_are_refused_with_a_conversation(claude):
    asked = {"model": "ollama/tools", "max_tokens": 10, "messages": MESSAGES}
    for more in ({"system": "Be brief."}, {"tools": [CLAUDE_CLOCK]}):
        with pytest.raises(anthropic.BadRequestError):
            claude.messages.create(**asked, **more, metadata={"conversation_id": str(uuid.uuid4())})


def test_an_id_that_is_none_or_two_ids_are_refused(gpt):
    with pytest.raises(openai.BadRequestError, match="UUID"):
        gpt.chat.completions.create(
            model="ollama/fast", messages=MESSAGES, extra_body={"metadata": {"conversation_id": "mine"}}
        )
    with pytest.raises(openai.BadRequestError, match="differ"):
        gpt.chat.completions.create(
            model="ollama/fast",
            messages=MESSAGES,
            extra_body={"metadata": {"conversation_id": str(uuid.uuid4())}},
            extra_headers={"X-Conversation-Id": str(uuid.uuid4())},
        )
