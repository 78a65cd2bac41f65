"""The estimate of tokens is compared with each server's own count, and the next budget is made of what was learnt."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatsite.threads import in_database
from conversations import calibration, context
from conversations.models import Calibration, Turn
from tests.fake_model import ollama
from tests.fake_model.behaviours import Behaviour
from tests.fake_model.said import count_prompt
from tests.usage.conftest import stage  # noqa: F401

from .branches import sent, talked

LONG = "The housing of the pump was opened, cleaned and closed again, and the seal looks as it should. " * 6
MODEL = "ollama/m"

VOCABULARY = "answer garden river stone window letter morning pump valve housing Straße été señor 2031 Graz"
words = st.sampled_from(VOCABULARY.split())
talks = st.lists(st.lists(words, min_size=1, max_size=120).map(" ".join), min_size=1, max_size=40)
in_its_own_time = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def learn(*ratios: float, estimated: int = 1000) -> Calibration:
    for ratio in ratios:
        calibration.learn(calibration.Learnt(MODEL, estimated, int(estimated * ratio)))
    return calibration.of(MODEL)


def counted(messages, per_word: float) -> int:
    """Return what the fake model server counts for a prompt."""
    wire = [{"role": message.role, "content": message.text} for message in messages]
    return count_prompt(wire, Behaviour(per_word=per_word))


# -- what is learnt ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_answers_make_a_mean():
    assert learn(0.8).ratio == pytest.approx(0.8)
    assert learn(0.6).ratio == pytest.approx(0.7)


@pytest.mark.django_db
def test_that_the_estimate_is_too_low_is_believed_sooner_than_that_it_is_too_high():
    learn(*[1.0] * 20)
    assert learn(2.0).ratio == pytest.approx(1.5)
    assert learn(0.5).ratio == pytest.approx(1.4)


@pytest.mark.django_db
def test_a_ratio_is_never_more_than_any_tokenizer_makes():
    assert learn(*[50.0] * 10).ratio == calibration.MOST


@pytest.mark.django_db
@pytest.mark.parametrize(("ratio", "estimated"), [(0.1, 1000), (2.0, 100)])
def test_counts_that_say_nothing_are_not_learnt(ratio, estimated):
    learn(ratio, estimated=estimated)
    assert not Calibration.objects.exists()


@pytest.mark.django_db
def test_a_steady_ratio_is_not_written_again():
    before = learn(*[0.8] * 10)
    after = learn(0.8)
    assert (after.samples, after.changed_at) == (before.samples, before.changed_at)


@pytest.mark.django_db
def test_the_estimate_is_only_believed_to_be_too_high_after_some_answers():
    assert calibration.budget_ratio(calibration.of(MODEL)) == 1.0
    assert calibration.budget_ratio(learn(0.6)) == 1.0
    assert calibration.budget_ratio(learn(0.6, 0.6)) == pytest.approx(0.66)


async def test_answers_with_an_exact_count_are_learnt_from(stage, alice):  # noqa: F811
    conversation = uuid.uuid4()
    for _ in range(4):
        await stage.answered(alice, "ollama/counting-2", f"{LONG} tokens=60", conversation_id=conversation)
    await stage.answered(alice, "ollama/no-usage", f"{LONG} tokens=60")
    (known,) = await in_database(list, Calibration.objects.all())
    assert known.model == "ollama/counting-2:latest"
    assert 0.5 < known.ratio < 1.5
    assert known.samples >= 3


# -- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@in_its_own_time
@given(talk=talks, question=st.lists(words, min_size=1, max_size=60).map(" ".join), window=st.integers(512, 8192))
def test_before_calibration_the_servers_count_stays_within_the_budget(alice, talk, question, window):
    told = sent(talked(alice, [(text, text) for text in talk]), question, window=window)
    assert counted(told.messages, 1.0) <= told.tokens <= context.budget_of(window)
    assert told.verbatim + told.condensed + told.left_out == 2 * len(talk)
    assert told.messages[-1].text.endswith(question)


@pytest.mark.django_db
@in_its_own_time
@given(
    talk=talks,
    question=st.lists(words, min_size=1, max_size=60).map(" ".join),
    window=st.integers(1024, 8192),
    per_word=st.floats(0.8, 4.5),
)
def test_once_calibrated_the_servers_count_stays_within_the_budget(alice, talk, question, window, per_word):
    Calibration.objects.all().delete()
    last = talked(alice, [(text, text) for text in talk])
    for _ in range(4):
        told = sent(last, question, window=window)
        calibration.learn(calibration.Learnt(MODEL, told.tokens, counted(told.messages, per_word)))
    known = calibration.of(MODEL)
    told = sent(last, question, window=window)
    if known.samples:
        assert counted(told.messages, per_word) <= context.budget_of(window)
    assert told.verbatim + told.condensed + told.left_out == 2 * len(talk)
    assert told.messages[-1].text.endswith(question)


@pytest.mark.django_db
def test_a_tokenizer_that_makes_fewer_tokens_leaves_room_for_more(alice):
    before = sent(talked(alice, [(LONG, LONG)] * 40), "And?", window=8192)
    learn(*[0.55] * 10)
    after = sent(talked(alice, [(LONG, LONG)] * 40), "And?", window=8192)
    assert after.verbatim > before.verbatim
    assert after.tokens <= context.budget_of(8192, 0.55 * calibration.MARGIN)


# -- a question that is too long --------------------------------------------------------------------------------------


async def test_a_question_that_is_too_long_is_refused_before_the_model_is_asked(stage, alice):  # noqa: F811
    turn = await stage.answered(alice, "ollama/window-2048", "word " * 3000)
    assert (turn.status, turn.error_code) == ("failed", "question_too_long")
    assert "about 5,0" in turn.error_detail and "room for 1,920" in turn.error_detail
    assert stage.fake.chats == []
    after = await stage.answered(alice, "ollama/window-2048", "Hello", conversation_id=turn.conversation_id)
    assert after.status == "completed"
    assert len(stage.fake.chats[0].body["messages"]) == 1


async def test_where_nobody_says_the_window_no_question_is_refused(stage, alice):  # noqa: F811
    unknown = next(model for model in stage.engine.catalog.listing().models if model.window is None)
    turn = await stage.answered(alice, unknown.id, "word " * 20_000)
    assert turn.error_code != "question_too_long"


# -- what the server left away ----------------------------------------------------------------------------------------


async def test_a_prompt_that_was_cut_without_a_word_is_told(stage, alice, monkeypatch):  # noqa: F811
    # Loaded anew since the models were listed, with less.
    monkeypatch.setattr(ollama, "window_of", lambda name: 2048)
    stage.fake.script(window=2048)
    turn = await stage.answered(alice, "ollama/fast", "Hello there, what is it? " * 600)
    assert (turn.truncated, turn.window, turn.prompt_tokens) == ("prompt", 2048, 1024)
    assert not await in_database(Calibration.objects.exists), "it says nothing of the tokenizer"


async def test_a_count_without_what_was_in_the_cache_is_no_cut_prompt(stage, alice):  # noqa: F811
    stage.fake.script(window=400)
    turn = await stage.answered(alice, "ollama/fast", "Hello there, what is it? " * 600)
    assert (turn.truncated, turn.prompt_tokens) == ("", 200)
    assert not await in_database(Calibration.objects.exists)


async def test_an_answer_that_fills_the_window_is_told(stage, alice):  # noqa: F811
    stage.fake.script(tokens=["word "] * 1500, reason="length", window=None, per_word=1.0)
    turn = await stage.answered(alice, "ollama/window-2048", "Go on. " * 300)
    assert (turn.truncated, turn.window, turn.window_used) == ("answer", 2048, 2100)


async def test_an_answer_that_ends_at_its_own_limit_is_not_cut_by_the_window(stage, alice):  # noqa: F811
    turn = await stage.answered(alice, "ollama/length", "Go on. tokens=20")
    assert (turn.finish_reason, turn.truncated) == ("length", "")


async def test_each_turn_keeps_how_full_its_window_was(stage, alice):  # noqa: F811
    turn = await stage.answered(alice, "ollama/fast")
    assert turn.window == 8192
    assert turn.window_used == turn.prompt_tokens + turn.completion_tokens
    uncounted: Turn = await stage.answered(alice, "ollama/no-usage")
    assert (uncounted.window, uncounted.window_used) == (8192, None)
