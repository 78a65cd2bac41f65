"""Every way in which a model server fails: what was said is kept, the end is never called whole, the error is plain."""

import random
import socket
from itertools import accumulate

import pytest

from llm.values import Message, Options
from tests.fake_model import answer_text, answer_tokens, ollama, openai
from tests.fake_model.behaviours import behaviour_of
from tests.fake_model.said import Said

from .conftest import KEY, QUESTION, listen

CUTS = 60


@pytest.mark.parametrize(
    ("model", "code", "retryable"),
    [
        ("error-line", "model_error", True),
        ("error-first", "model_error", True),
        ("no-done", "model_interrupted", True),
        ("empty-body", "model_interrupted", True),
        ("garbage", "model_protocol", False),
        ("wrong-shape", "model_protocol", False),
        ("huge-line", "model_protocol", False),
        ("busy-503", "model_busy", True),
        ("limited-429", "model_busy", True),
        ("missing-404", "model_not_found", False),
        ("refuse-400", "model_refused", False),
        ("unauthorised-401", "model_misconfigured", False),
        ("forbidden-403", "model_misconfigured", False),
        ("moved-302", "model_misconfigured", False),
        ("crash-500", "model_error", True),
    ],
)
async def test_each_failure_has_its_code(ask, protocol, model, code, retryable):
    heard = await ask(protocol, model)
    assert (heard.code, heard.error.retryable) == (code, retryable)


async def test_an_unknown_model_is_named(ask, protocol):
    heard = await ask(protocol, "nonesuch")
    assert heard.code == "model_not_found"
    assert "nonesuch" in heard.error.detail


@pytest.mark.parametrize("model", ["error-line", "no-done"])
async def test_the_text_before_the_failure_is_kept(ask, protocol, model):
    heard = await ask(protocol, model)
    whole = answer_text(model=model, message=QUESTION)
    assert whole.startswith(heard.text)
    assert len(heard.text) >= len(whole) * 0.3


async def test_the_servers_own_words_are_told(ask, protocol):
    assert "while running the model" in (await ask(protocol, "error-line")).error.detail
    assert "too long for this model" in (await ask(protocol, "refuse-400")).error.detail


async def test_a_busy_server_says_when_to_come_back(ask, protocol):
    assert (await ask(protocol, "limited-429")).error.retry_after == 7


async def test_no_key_gets_into_a_sentence(ask, protocol, fake):
    for model in ("unauthorised-401", "forbidden-403", "refuse-400", "error-line"):
        fake.script(
            status={"unauthorised-401": 401, "forbidden-403": 403, "refuse-400": 400, "error-line": 200}[model],
            end="error",
            part=0.5,
            error=f"bad key {KEY} or sk-proj-abcdefgh12345678 at http://user:pass@host/x\nTraceback: line 1",
        )
        detail = (await ask(protocol, model)).error.detail
        assert KEY not in detail
        assert "sk-proj" not in detail
        assert "pass" not in detail
        assert "Traceback" not in detail


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_cut_at_any_byte_keeps_an_exact_prefix(connect, protocol, fake, reset):
    provider = connect(protocol)
    dice = random.Random(f"{protocol} {reset}")
    for number in range(CUTS):
        question = f"Question {number} tokens=40"
        fake.script(cut_at=dice.randint(0, 4000), reset=reset)
        heard = await listen(provider.stream(model="fast", messages=[Message("user", question)], options=Options()))
        assert heard.code == "model_interrupted"
        assert answer_text(model="fast", message=question).startswith(heard.text)
        assert "\ufffd" not in heard.text


async def test_a_cut_keeps_all_that_had_arrived(connect, protocol, fake):
    provider = connect(protocol)
    message, cut_at = "A long one tokens=400", 30_000
    tokens = answer_tokens(model="fast", message=message)
    said, behaviour = Said(tokens=tokens), behaviour_of("fast")
    if protocol == "ollama":
        whole = ollama.reply(model="fast", behaviour=behaviour, said=said, prompt_words=0)
    else:
        whole = openai.reply(model="fast", behaviour=behaviour, said=said, prompt_words=0, include_usage=True)
    complete = sum(end <= cut_at for end in accumulate(map(len, whole.pieces)))
    fake.script(cut_at=cut_at)
    heard = await listen(provider.stream(model="fast", messages=[Message("user", message)], options=Options()))
    assert heard.code == "model_interrupted"
    assert heard.text == "".join(tokens[:complete])
    assert 50 < complete < 400


async def test_a_cut_while_reading_rests_keeps_all_that_had_arrived(connect, protocol, fake):
    message = "Paced tokens=100"
    fake.script(rate=200, cut_at=None, end="none", part=0.5)
    heard = await listen(connect(protocol).stream(model="fast", messages=[Message("user", message)], options=Options()))
    assert heard.code == "model_interrupted"
    assert heard.text == "".join(answer_tokens(model="fast", message=message)[:50])


async def test_a_stream_that_broke_is_not_asked_for_again(ask, protocol, fake):
    await ask(protocol, "cut-at-900")
    assert len(fake.chats) == 1


async def test_nobody_listening_is_unreachable(ask, protocol):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        heard = await ask(protocol, "fast", **{f"{protocol}_base_url": url})
    assert heard.code == "model_unreachable"
    assert heard.error.retryable


async def test_a_name_that_does_not_resolve_is_unreachable(ask, protocol):
    heard = await ask(protocol, "fast", **{f"{protocol}_base_url": "http://no-such-host.invalid:11434/v1"})
    assert heard.code == "model_unreachable"


async def test_a_connection_closed_without_an_answer_is_tried_once_more(ask, protocol, fake):
    fake.script(drop=True)
    assert (await ask(protocol, "fast")).text == answer_text(model="fast", message=QUESTION)
    assert len(fake.chats) == 2


async def test_a_server_that_never_answers_is_interrupted_not_asked_for_ever(ask, protocol, fake):
    heard = await ask(protocol, "drop")
    assert heard.code == "model_interrupted"
    assert len(fake.chats) == 2


async def test_a_cut_after_the_head_is_interrupted(ask, protocol, fake):
    heard = await ask(protocol, "cut-at-0")
    assert (heard.code, heard.text) == ("model_interrupted", "")
    assert len(fake.chats) == 1
