"""The `openai` provider against llama.cpp's own server: what it promises holds with an engine that really computes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from llm.config import Config
from llm.errors import ModelError
from llm.events import Event, Finished, Text
from llm.providers.openai import OpenAIProvider
from llm.values import Message, Options
from llm.wire import clean
from tests.engine.process import QUESTION, Engine
from tests.support.client import wait_for
from tests.support.promises import within

pytestmark = pytest.mark.engine

SOON_SECONDS = 1.0
LONG_WINDOW = 8192
SHORT_WINDOW = 256


@dataclass
class Heard:
    """What came out of one stream."""

    pieces: list[str] = field(default_factory=list)
    finished: Finished | None = None
    error: ModelError | None = None

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def take(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, Text):
            self.pieces.append(event.text)
        elif isinstance(event, Finished):
            self.finished = event


@pytest.fixture
async def provider(engine: Engine) -> AsyncIterator[OpenAIProvider]:
    """A provider that knows the engine's address."""
    provider = OpenAIProvider(Config(openai_base_url=engine.url))
    yield provider
    await provider.close()


def ask(provider: OpenAIProvider, question: str = QUESTION, **options):
    """Return the stream of one answer."""
    return provider.stream(model="tiny", messages=[Message("user", question)], options=Options(**options))


async def hear(stream, until: Callable[[Heard], bool] = lambda heard: False) -> Heard:
    """Read a stream to its end, its error, or the moment `until` is true; then it is closed."""
    heard = Heard()
    async with aclosing(stream) as events:
        try:
            async for event in events:
                heard.take(event)
                if until(heard):
                    break
        except ModelError as error:
            heard.error = error
    return heard


def said(engine: Engine, question: str = QUESTION, *, most: int) -> str:
    """Return what the engine says when it is asked directly, as far as a database can hold it."""
    return clean(engine.say(question, most=most))


async def test_the_model_is_listed_with_the_window_that_the_engine_gives_it(engine, models, provider):
    engine.start(models.brief, window=512)
    (model,) = await provider.models()
    assert (model.id, model.window) == ("openai/tiny", 512)
    assert "completion" in model.capabilities


async def test_an_answer_comes_in_many_pieces_and_is_the_engines_to_the_letter(engine, models, provider):
    engine.start(models.endless, window=LONG_WINDOW)
    heard = await hear(ask(provider, max_tokens=800))
    assert heard.text == said(engine, most=800)
    # What comes within a few milliseconds comes together; an engine this fast says 2000 tokens a second, and a busy
    # machine lets it say many before it looks.
    assert len(heard.pieces) > 5
    assert len(heard.pieces[0]) < len(heard.text) / 2
    assert heard.finished.reason == "length"


async def test_single_bytes_never_become_half_characters(engine, models, provider):
    engine.start(models.endless, window=LONG_WINDOW)
    heard = await hear(ask(provider, max_tokens=800))
    assert heard.text.count("😀") > 3, "the model says smiles, byte by byte"
    assert heard.text.count("\ufffd") > 20, "and bytes that are no characters"
    assert "\x00" in engine.say(QUESTION, most=800), "and NUL, which no database takes"
    assert "\x00" not in heard.text
    for piece in heard.pieces:
        assert piece.encode().decode() == piece != ""


async def test_an_answer_ends_when_the_model_says_so(engine, models, provider):
    engine.start(models.brief, window=512)
    heard = await hear(ask(provider))
    assert heard.finished.reason == "stop"
    assert heard.text == said(engine, most=500)


async def test_usage_is_what_the_engine_counts(engine, models, provider):
    engine.start(models.brief, window=512)
    usages = [(await hear(ask(provider, question))).finished.usage for question in (QUESTION, QUESTION + " in rain")]
    counted = engine.counters()
    assert all(usage.exact for usage in usages)
    assert sum(usage.completion_tokens for usage in usages) == counted["tokens_predicted_total"]
    cached = counted["prompt_tokens_cached_total"]
    assert sum(usage.prompt_tokens for usage in usages) == counted["prompt_tokens_total"] + cached
    assert sum(usage.cached_tokens for usage in usages) == cached > 0


async def test_a_limit_on_the_answer_is_kept(engine, models, provider):
    engine.start(models.endless, window=512)
    heard = await hear(ask(provider, max_tokens=7))
    assert (heard.finished.reason, heard.finished.usage.completion_tokens) == ("length", 7)


async def test_a_schema_makes_even_nonsense_well_formed(engine, models, provider):
    engine.start(models.brief, window=512)
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["calm", "glad"]}, "sure": {"type": "boolean"}},
        "required": ["mood", "sure"],
        "additionalProperties": False,
    }
    heard = await hear(ask(provider, format=schema))
    answer = json.loads(heard.text)
    assert answer["mood"] in {"calm", "glad"}
    assert isinstance(answer["sure"], bool)


async def test_stop_frees_the_engine_within_a_second(engine, models, provider):
    engine.start(models.endless, window=LONG_WINDOW, slots=1)
    stopped = await hear(ask(provider), until=lambda heard: len(heard.pieces) == 3)
    await engine.until_idle(seconds=SOON_SECONDS)
    assert stopped.finished is None
    assert said(engine, most=400).startswith(stopped.text)


async def test_cancelling_the_reader_frees_the_engine_for_the_next_question(engine, models, provider):
    engine.start(models.endless, window=LONG_WINDOW, slots=1)
    heard = Heard()
    reading = asyncio.create_task(hear(ask(provider), until=lambda so_far: heard.pieces.extend(so_far.pieces)))
    await wait_for(lambda: heard.pieces)
    began = time.monotonic()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    following = await hear(ask(provider, max_tokens=3))
    assert following.finished.usage.completion_tokens == 3
    assert time.monotonic() - began < within(SOON_SECONDS)


async def test_a_question_that_is_withdrawn_while_it_waits_in_the_engine_is_not_worked_on(engine, models, provider):
    engine.start(models.endless, window=LONG_WINDOW, slots=1)
    running = ask(provider)
    async with aclosing(running):
        while not isinstance(await anext(running), Text):
            pass
        waiting = asyncio.create_task(hear(ask(provider, " you may ask why")))
        await engine.until((1, 1), seconds=10)
        began = time.monotonic()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert time.monotonic() - began < within(SOON_SECONDS)
    # The engine keeps it in its line, sees at its first token that nobody listens, and does not go on for 8192 tokens.
    await engine.until_idle(seconds=SOON_SECONDS)


async def test_a_prompt_beyond_the_window_is_refused_in_the_engines_own_numbers(engine, models, provider):
    engine.start(models.brief, window=SHORT_WINDOW)
    heard = await hear(ask(provider, "x" * 1000))
    assert heard.error.code == "model_refused"
    assert not heard.error.retryable
    assert f"available context size ({SHORT_WINDOW} tokens)" in heard.error.detail
    assert not heard.pieces


async def test_an_answer_that_fills_the_window_ends_there_and_says_so(engine, models, provider):
    engine.start(models.endless, window=SHORT_WINDOW)
    heard = await hear(ask(provider))
    usage = heard.finished.usage
    assert heard.finished.reason == "length"
    assert usage.exact
    assert usage.prompt_tokens + usage.completion_tokens == SHORT_WINDOW


@pytest.mark.parametrize("pieces", [1, 3, 9])
async def test_an_engine_that_dies_leaves_what_it_had_said_and_no_end(engine, models, provider, pieces):
    engine.start(models.endless, window=LONG_WINDOW)
    expected = said(engine, most=2000)
    heard = await hear(ask(provider), until=lambda heard: len(heard.pieces) == pieces and engine.kill())
    assert heard.finished is None
    assert heard.error.code == "model_interrupted"
    assert heard.error.retryable
    assert len(heard.pieces) >= pieces
    assert expected.startswith(heard.text[: len(expected)])


async def test_an_engine_that_freezes_is_given_up_and_free_when_it_thaws(engine, models):
    engine.start(models.endless, window=LONG_WINDOW, slots=1)
    expected = said(engine, most=2000)
    impatient = OpenAIProvider(Config(openai_base_url=engine.url, between_tokens_seconds=0.5))
    heard = await hear(ask(impatient), until=lambda heard: len(heard.pieces) == 3 and engine.freeze())
    await impatient.close()
    engine.thaw()
    assert heard.error.code == "model_timeout_between_tokens"
    assert expected.startswith(heard.text[: len(expected)])
    await engine.until_idle(seconds=SOON_SECONDS)


async def test_an_engine_that_comes_back_on_its_port_is_used_at_once(engine, models, provider):
    engine.start(models.brief, window=512)
    first = await hear(ask(provider))
    engine.kill()
    assert (await hear(ask(provider))).error.code == "model_unreachable"
    with pytest.raises(ModelError) as raised:
        await provider.models()
    assert raised.value.code == "model_unreachable"
    engine.start(models.brief, window=512)
    assert (await hear(ask(provider))).text == first.text
    assert [model.name for model in await provider.models()] == ["tiny"]


async def test_two_answers_run_side_by_side_and_do_not_mix(engine, models, provider):
    engine.start(models.endless, window=LONG_WINDOW, slots=2)
    questions = (QUESTION, " you may ask why nobody knows")
    both = [asyncio.create_task(hear(ask(provider, question, max_tokens=1000))) for question in questions]
    await engine.until((2, 0), seconds=10)
    answers = await asyncio.gather(*both)
    assert [answer.finished.usage.completion_tokens for answer in answers] == [1000, 1000]
    # Two answers in one batch are added up in another order, so only their beginnings are the same bit for bit.
    for question, answer in zip(questions, answers, strict=True):
        assert answer.text.startswith(said(engine, question, most=40))
    assert answers[0].text != answers[1].text
