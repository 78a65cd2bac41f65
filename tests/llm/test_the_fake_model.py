"""The fake model server keeps its word: other tests lean on it."""

import json
import re
import time
from pathlib import Path

import httpx
import pytest

from tests.fake_model import FakeModel, answer_text, spawn
from tests.fake_model import behaviours as table

README = Path(table.__file__).with_name("README.md")


@pytest.fixture
async def http(fake: FakeModel):
    async with httpx.AsyncClient(base_url=fake.url) as client:
        yield client


def chat(model: str = "fast", text: str = "Hello tokens=30", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def test_every_model_is_in_its_table():
    documented = set(re.findall(r"^\| `([a-z0-9-]+)`", README.read_text(), re.MULTILINE))
    assert documented == set(table.NAMED)


async def test_it_tells_the_whole_text_beforehand(http, fake):
    told = (await http.get("/_text", params={"model": "fast", "message": "Hello tokens=30"})).json()
    lines = (await http.post("/api/chat", json=chat())).text.splitlines()
    said = "".join(json.loads(line)["message"]["content"] for line in lines)
    assert said == told["text"] == answer_text(model="fast", message="Hello tokens=30")
    assert told["tokens"] == 30 == len(lines) - 1


async def test_the_text_has_what_breaks_careless_programs():
    text = answer_text(model="fast", message="tokens=2000")
    for sign in ("👩‍👩‍👧‍👦", "数据流", "e\u0301", "\n## ", "```", "|---|", "**bold**"):
        assert sign in text


async def test_a_stamped_answer_says_when_its_words_were_sent(http):
    before = time.time()
    text = (await http.post("/api/chat", json=chat("stamped-2000", "Hello tokens=200"))).text
    said = "".join(json.loads(line)["message"]["content"] for line in text.splitlines())
    sent = [int(milliseconds) / 1000 for milliseconds in re.findall(r"at\d+x(\d{13})", said)]
    assert len(sent) > 10
    assert sent == sorted(sent)
    assert before - 0.001 <= sent[0] <= sent[-1] <= time.time()


async def test_without_streaming_both_protocols_answer_whole(http):
    native = (await http.post("/api/chat", json=chat(stream=False))).json()
    other = (await http.post("/v1/chat/completions", json=chat())).json()
    assert native["message"]["content"] == other["choices"][0]["message"]["content"]
    assert native["eval_count"] == other["usage"]["completion_tokens"] == len(native["message"]["content"].split())


async def test_a_held_answer_waits_until_it_is_released(http, fake):
    await http.post("/_script", json={"held": 0.5, "rate": 1000})
    async with http.stream("POST", "/api/chat", json=chat()) as answer:
        lines = answer.aiter_lines()
        begun = [await anext(lines) for _ in range(15)]
        assert (fake.chats[0].tokens_sent, fake.chats[0].ended) == (15, "")
        await http.post("/_release")
        rest = [line async for line in lines]
    said = "".join(json.loads(line)["message"]["content"] for line in [*begun, *rest])
    assert said == answer_text(model="fast", message="Hello tokens=30")


async def test_scripted_replies_are_used_up_in_order(http):
    await http.post("/_script", json=[{"text": "one"}, {"status": 503, "error": "busy"}])
    first = (await http.post("/api/chat", json=chat(stream=False))).json()
    second = await http.post("/api/chat", json=chat(stream=False))
    third = (await http.post("/api/chat", json=chat(stream=False))).json()
    assert first["message"]["content"] == "one"
    assert (second.status_code, second.json()) == (503, {"error": "busy"})
    assert third["message"]["content"] == answer_text(model="fast", message="Hello tokens=30")


async def test_it_remembers_requests_and_how_they_ended(http, fake):
    await http.post("/api/chat", json=chat())
    [seen] = (await http.get("/_seen")).json()
    assert (seen["model"], seen["ended"], seen["tokens_sent"]) == ("fast", "done", 30)
    await http.post("/_reset")
    assert (await http.get("/_seen")).json() == []


async def test_a_paced_answer_keeps_its_pace(http):
    import time

    started = time.monotonic()
    await http.post("/api/chat", json=chat("paced-200", "Hi tokens=60"))
    assert 0.25 < time.monotonic() - started < 1.5


async def test_ollama_refuses_what_a_model_cannot(http):
    for extra in ({"think": True}, {"tools": [{}]}):
        answer = await http.post("/api/chat", json=chat(**extra))
        assert answer.status_code == 400
        assert "does not support" in answer.json()["error"]


async def test_a_chat_without_messages_only_loads(http):
    answer = await http.post("/api/chat", json={"model": "fast", "messages": []})
    assert answer.json()["done_reason"] == "load"


async def test_an_unknown_path_and_a_broken_body_are_errors(http):
    assert (await http.get("/api/nothing")).status_code == 404
    assert (await http.post("/api/chat", content=b"{")).status_code == 400


def test_it_runs_in_a_process_of_its_own():
    with spawn() as url:
        assert httpx.get(f"{url}/api/version").json()["version"]
