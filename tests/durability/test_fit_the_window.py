"""A conversation that outgrows the model's window: the instructions and the last question always go along."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations import context
from llm.tokens import estimate
from llm.values import Message as Said

# A busy machine proves nothing against the text.
in_its_own_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

texts = st.text(max_size=60).flatmap(lambda text: st.integers(1, 30).map(lambda times: text * times))
turns = st.tuples(texts, texts).map(
    lambda pair: context.Past(messages=(Said(role="user", text=pair[0]), Said(role="assistant", text=pair[1])))
)
questions = texts.map(lambda text: context.Past(messages=(Said(role="user", text=text),)))


def tokens(messages) -> int:
    """Return what messages cost by the estimate."""
    return sum(estimate(message.text) + context.MESSAGE_TOKENS for message in messages)


@in_its_own_time
@given(
    earlier=st.lists(turns, max_size=30),
    last=questions,
    instructions=texts,
    window=st.integers(64, 16_384),
    ratio=st.floats(0.5, 3),
)
def test_what_is_sent_fits_and_holds_what_must_be_there(earlier, last, instructions, window, ratio):
    built = context.build(history=[*earlier, last], instructions=instructions, window=window, ratio=ratio)
    opening = (Said(role="system", text=instructions),) if instructions else ()
    must = opening + last.messages
    assert built.messages[: len(opening)] == opening
    assert built.messages[-len(last.messages) :] == last.messages
    free = window - min(context.ANSWER_TOKENS, int(window * context.ANSWER_SHARE))
    assert tokens(built.messages) <= max(free / ratio, tokens(must))
    kept = built.messages[len(opening) : len(built.messages) - len(last.messages)]
    recent = [message for past in earlier[built.left_out :] for message in past.messages]
    assert list(kept) == recent


@in_its_own_time
@given(earlier=st.lists(turns, min_size=1, max_size=30), last=questions, window=st.integers(64, 4096))
def test_nothing_is_left_out_that_would_have_fitted(earlier, last, window):
    built = context.build(history=[*earlier, last], instructions="", window=window)
    if built.left_out:
        next_one = earlier[built.left_out - 1]
        free = window - min(context.ANSWER_TOKENS, int(window * context.ANSWER_SHARE))
        assert tokens(built.messages) + tokens(next_one.messages) > free


def test_a_model_that_does_not_tell_its_window_gets_a_cautious_one():
    long = context.Past(messages=(Said(role="user", text="word " * 20_000),))
    last = context.Past(messages=(Said(role="user", text="And?"),))
    built = context.build(history=[long, last], instructions="Be brief.", window=None)
    assert [message.text for message in built.messages] == ["Be brief.", "And?"]
    assert built.left_out == 1
