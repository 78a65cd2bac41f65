"""How long a model server may take, phase by phase."""

import asyncio
import socket
import time

import pytest

from llm.values import Message, Options
from tests.fake_model import answer_text
from tests.support.promises import within

from .conftest import QUESTION, listen


@pytest.mark.parametrize("model", ["hang", "hang-headers"])
async def test_no_first_token_ends_the_wait(ask, protocol, model):
    heard = await ask(protocol, model, first_token_seconds=0.4)
    assert heard.code == "model_timeout_first_token"
    assert "0.4 seconds" in heard.error.detail


async def test_silence_between_tokens_ends_the_wait_and_keeps_the_text(ask, protocol):
    heard = await ask(protocol, "stall-mid", between_tokens_seconds=0.4)
    assert heard.code == "model_timeout_between_tokens"
    assert heard.text
    assert answer_text(model="stall-mid", message=QUESTION).startswith(heard.text)


async def test_an_answer_without_end_is_ended(ask, protocol):
    started = time.monotonic()
    heard = await ask(protocol, "paced-200", text="Go on tokens=5000", total_seconds=0.6)
    assert heard.code == "model_timeout_total"
    assert heard.text
    assert time.monotonic() - started < within(5)


async def test_a_server_that_accepts_nobody_times_out_while_connecting(ask, protocol):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        heard = await ask(
            protocol, "fast", connect_seconds=0.4, **{f"{protocol}_base_url": f"http://127.0.0.1:{address[1]}"}
        )
        for filler in fillers:
            filler.close()
    assert heard.code == "model_timeout_connect"


async def test_keepalive_lines_are_no_progress(ask, protocol, fake):
    comment = b"\n" if protocol == "ollama" else b": still here\n\n"
    fake.script(raw_body=comment * 500, rate=100)
    heard = await ask(protocol, "fast", first_token_seconds=0.4)
    assert heard.code == "model_timeout_first_token"


async def test_a_slow_reader_is_not_a_slow_server(connect, protocol):
    provider = connect(protocol, between_tokens_seconds=0.3)
    text = ""
    async for event in provider.stream(
        model="paced-200", messages=[Message("user", "Slowly tokens=60")], options=Options()
    ):
        if hasattr(event, "text"):
            text += event.text
            await asyncio.sleep(0.4)
    assert text == answer_text(model="paced-200", message="Slowly tokens=60")


async def test_a_deadline_leaves_the_task_uncancelled(connect, protocol):
    provider = connect(protocol, between_tokens_seconds=0.2)
    heard = await listen(provider.stream(model="stall-mid", messages=[Message("user", QUESTION)], options=Options()))
    assert heard.code == "model_timeout_between_tokens"
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)


async def test_the_streams_of_one_task_per_event_have_deadlines_too(connect, protocol):
    provider = connect(protocol, between_tokens_seconds=0.4)
    stream = provider.stream(model="stall-mid", messages=[Message("user", QUESTION)], options=Options())
    codes = []
    while not codes:
        try:
            await asyncio.wait_for(anext(stream), timeout=5)
        except Exception as error:
            codes.append(error.code)
    assert codes == ["model_timeout_between_tokens"]
