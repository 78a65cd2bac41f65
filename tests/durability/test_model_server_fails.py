"""The model server breaks off, hangs, lies or refuses: what it said is kept, and never shown as a whole answer."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.durability.site import Kept, Site, expected, new_conversation
from tests.support.client import Said

pytestmark = pytest.mark.process

PROTOCOLS = ("ollama", "openai")
CUTS = 120
AT_ONCE = 20
# A cut comes anywhere in so many bytes, which are fewer than either protocol needs for so many tokens.
CUT_BYTES = 6000
CUT_TOKENS = 60

# How each fault ends, and what it is called; those with text end as interrupted, the others as failed.
FAULTS = {
    "error-line": ("interrupted", "model_error"),
    "no-done": ("interrupted", "model_interrupted"),
    "stall-mid": ("interrupted", "model_timeout_between_tokens"),
    "error-first": ("failed", "model_error"),
    "empty-body": ("failed", "model_interrupted"),
    "garbage": ("failed", "model_protocol"),
    "wrong-shape": ("failed", "model_protocol"),
    "huge-line": ("failed", "model_protocol"),
    "busy-503": ("failed", "model_busy"),
    "limited-429": ("failed", "model_busy"),
    "missing-404": ("failed", "model_not_found"),
    "refuse-400": ("failed", "model_refused"),
    "unauthorised-401": ("failed", "model_misconfigured"),
    "forbidden-403": ("failed", "model_misconfigured"),
    "moved-302": ("failed", "model_misconfigured"),
    "crash-500": ("failed", "model_error"),
    "hang": ("failed", "model_timeout_first_token"),
    "hang-headers": ("failed", "model_timeout_first_token"),
}
# What looks broken and is not: the answer is whole.
STRANGE = ("split-utf8", "bad-utf8", "nul", "big-line", "pings", "no-usage", "reject-usage", "length", "thinking")


@dataclass(frozen=True)
class Outcome:
    """What became of one question: as read over the socket, as kept, and as the model server saw it."""

    question: str
    said: Said
    kept: Kept
    finished: dict
    requests: list[dict]


async def ask(site: Site, model: str, question: str) -> Outcome:
    """Ask and read to the end, whatever it is."""
    conversation = new_conversation()
    chat = await site.open(conversation)
    turn = await chat.ask(question, model=model)
    said = await chat.until_finished(turn)
    (finished,) = [frame for frame in chat.reader.frames if frame["type"] == "turn.finished"]
    await chat.close()
    (kept,) = site.ledger.of(conversation)
    name = model.partition("/")[2]
    requests = [seen for seen in site.seen(name) if seen["body"]["messages"][-1]["content"] == question]
    return Outcome(question, said, kept, finished, requests)


def script(site: Site, replies: list[dict]) -> None:
    """Queue replies for the next requests to the model server."""
    httpx.post(f"{site.fake}/_script", json=replies).raise_for_status()


@pytest.fixture
def quiet(embedded_with_both: Site) -> Iterator[Site]:
    """An installation whose model server has no scripted replies and no memory, before and after."""
    httpx.post(f"{embedded_with_both.fake}/_reset").raise_for_status()
    yield embedded_with_both
    httpx.post(f"{embedded_with_both.fake}/_reset").raise_for_status()


async def test_every_fault_keeps_what_was_said_and_is_named(quiet: Site):
    faults = {f"{protocol}/{fault}": ending for protocol in PROTOCOLS for fault, ending in FAULTS.items()}
    asked = (ask(quiet, model, f"Now comes {model}.") for model in faults)
    outcomes = dict(zip(faults, await asyncio.gather(*asked), strict=True))
    ended = {model: (outcome.kept.status, outcome.kept.error_code) for model, outcome in outcomes.items()}
    assert ended == faults
    for model, outcome in outcomes.items():
        status, code = faults[model]
        assert outcome.said.exact
        assert outcome.said.text == outcome.kept.text
        assert outcome.said.status == outcome.kept.message_status == status
        assert outcome.finished["status"] == status
        assert outcome.finished["error"]["code"] == code
        assert outcome.finished["error"]["detail"]
        assert bool(outcome.kept.text) == (status == "interrupted")
        assert expected(model, outcome.question).startswith(outcome.kept.text)
        assert len(outcome.requests) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_cut_at_any_byte_keeps_an_exact_beginning_and_is_not_asked_again(quiet: Site, protocol: str):
    number = CUTS // len(PROTOCOLS)
    # A few more than questions: a reset before the first byte may be tried once more.
    scripts = [{"cut_at": quiet.dice.randint(0, CUT_BYTES), "reset": bool(at % 3 == 0)} for at in range(2 * number)]
    script(quiet, scripts)
    gate = asyncio.Semaphore(AT_ONCE)
    model = f"{protocol}/fast"

    async def cut(at: int) -> Outcome:
        async with gate:
            return await ask(quiet, model, f"Cut number {at}. tokens={CUT_TOKENS}")

    outcomes = await asyncio.gather(*(cut(at) for at in range(number)))
    for outcome in outcomes:
        text = outcome.kept.text
        assert outcome.said.text == text
        assert outcome.kept.status == outcome.said.status == ("interrupted" if text else "failed")
        assert outcome.kept.error_code == "model_interrupted"
        assert expected(model, outcome.question).startswith(text)
        assert "\ufffd" not in text
        assert len(outcome.requests) == 1 or not text
    assert len({outcome.kept.text for outcome in outcomes}) > number // 2


async def test_a_model_that_does_not_exist_fails_without_a_request(quiet: Site):
    outcome = await ask(quiet, "ollama/nonesuch", "Is there anybody?")
    assert (outcome.kept.status, outcome.kept.error_code, outcome.kept.text) == ("failed", "model_not_found", "")
    assert outcome.requests == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_is_odd_but_whole_is_a_whole_answer(quiet: Site, protocol: str):
    asked = (ask(quiet, f"{protocol}/{model}", f"Be {model}, {protocol}.") for model in STRANGE)
    outcomes = await asyncio.gather(*asked)
    for model, outcome in zip(STRANGE, outcomes, strict=True):
        assert (model, outcome.kept.status) == (model, "completed")
        assert outcome.said.exact
        assert outcome.said.text == outcome.kept.text
        if model in {"split-utf8", "pings", "no-usage", "reject-usage", "length", "thinking"}:
            assert outcome.kept.text == expected(f"{protocol}/{model}", outcome.question)


async def test_after_every_fault_the_next_question_is_answered(quiet: Site):
    conversation = new_conversation()
    chat = await quiet.open(conversation)
    for fault in ("error-line", "busy-503", "no-done", "garbage"):
        await chat.until_finished(await chat.ask(f"This breaks: {fault}.", model=f"ollama/{fault}"))
    turn = await chat.ask("And now?", model="ollama/fast")
    said = await chat.until_finished(turn)
    assert (said.status, said.text) == ("complete", expected("ollama/fast", "And now?"))
    await chat.close()
