"""A message to a model without tools: which function it asks for, in four languages, and that most ask for none."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.functions import calculator, clock, weather
from llm.functions.expressions import evaluate
from llm.functions.likely import likely_call
from llm.functions.likely.message import LONGEST_MESSAGE
from llm.functions.likely.phrases import phrases
from llm.schema import problems

from .questions import ASKED, NOT_ASKED

ONE_ARGUMENT = {
    "search_chat_history": "query",
    "get_current_time": "timezone",
    "get_weather": "place",
    "calculate": "expression",
}


@pytest.mark.parametrize(("text", "expected"), ASKED, ids=[text for text, _ in ASKED])
def test_it_is_seen_what_is_asked(text, expected):
    name, wanted = expected if isinstance(expected, tuple) else (expected, {})
    call = likely_call(text)
    assert call is not None
    assert (call.name, call.arguments) == (name, wanted if isinstance(wanted, dict) else {ONE_ARGUMENT[name]: wanted})


@pytest.mark.parametrize("text", NOT_ASKED)
def test_nothing_is_asked(text):
    assert likely_call(text) is None


def test_there_are_enough_messages_of_both_kinds():
    assert len({text for text, _ in ASKED}) >= 120
    assert len(set(NOT_ASKED)) >= 120


def test_what_is_quoted_told_or_continued_asks_nothing():
    """A message that holds a question is not the question."""
    for text, _ in ASKED:
        for other in (
            f"Translate into Finnish: {text}",
            f'He said "{text}"',
            f"{text.rstrip('.!?')}. Write a poem about it.",
            f"> {text}",
        ):
            assert likely_call(other) is None, other


def test_case_spaces_and_apostrophes_make_no_difference():
    for text, _ in ASKED:
        call = likely_call(text)
        assert call is not None
        for other in (
            f"  {text}\n",
            text.replace(" ", "\u00a0"),
            text.replace("'", "’"),
            text.upper().replace("ẞ", "ß"),
        ):
            if "ß" in text or "SS" in other:
                continue
            again = likely_call(other)
            assert again is not None, other
            assert again.name == call.name
            assert [str(value).casefold() for value in again.arguments.values()] == [
                str(value).casefold() for value in call.arguments.values()
            ]


def test_the_arguments_fit_the_tools():
    tools = {tool.name: tool for tool in (calculator(), clock(), weather())}
    seen = set()
    for text, _ in ASKED:
        call = likely_call(text)
        assert call is not None
        if call.name in tools:
            seen.add(call.name)
            assert problems(call.arguments, schema=tools[call.name].parameters) == []
        if call.name == "calculate":
            evaluate(call.arguments["expression"])
    assert seen == set(tools)


def test_every_call_has_its_own_id():
    first, second = likely_call("what time is it"), likely_call("what time is it")
    assert first and second and first.id != second.id


def test_a_long_message_is_never_one_question():
    assert likely_call("Did I mention " + "x" * 60 + "?")
    assert likely_call("Did I mention " + "x" * LONGEST_MESSAGE + "?") is None


def test_it_takes_less_than_a_millisecond():
    texts = [text for text, _ in ASKED] + NOT_ASKED
    for text in texts:
        likely_call(text)
    began = time.process_time()
    for text in texts:
        likely_call(text)
    assert (time.process_time() - began) / len(texts) < 0.001


BRICKS = [
    "a ",
    "did i mention ",
    "12*",
    "what is ",
    "weather in ",
    "1+",
    "(",
    "please ",
    "? ",
    "is ",
    ", ",
    "' ",
    "de ",
    "in a ",
]
STARTS = ["", "did I mention ", "weather in ", "what is ", "habe ich ", "what did I say about ", "suche ", "calculate "]


@pytest.mark.parametrize("start", STARTS)
def test_the_worst_message_takes_little_more(start):
    for brick in BRICKS:
        text = (start + brick * LONGEST_MESSAGE)[:LONGEST_MESSAGE]
        began = time.process_time()
        for _ in range(5):
            likely_call(text)
        assert (time.process_time() - began) / 5 < 0.004, brick


@given(st.text(max_size=LONGEST_MESSAGE + 10))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_harm(text):
    likely_call(text)


@pytest.mark.parametrize(
    ("lines", "said", "not_said"),
    [
        ("a [b] c", ["a c", "a b c"], ["ac", "a bc", "a  c"]),
        ("[a] b", ["b", "a b"], [" b", "ab"]),
        ("[a] [b] c", ["c", "a c", "b c", "a b c"], ["a  c"]),
        ("a[b]", ["a", "ab"], ["a b"]),
        ("a [b|c]*", ["a", "a b c b"], ["a b c b c b"]),
        ("a (b|[c] d)", ["a b", "a d", "a c d"], ["a c"]),
        ("a [b [c]]", ["a", "a b", "a b c"], ["a c"]),
        ("<x> b", ["1 b", "2 b"], ["x b"]),
        ("a\n b", ["a", "b"], ["a b"]),
        ("<y> e", ["c e", "d e"], ["c", "c d e"]),
    ],
)
def test_phrases_are_read_as_they_are_written(lines, said, not_said):
    pattern = phrases(lines, x="(<one>|2)", one="1", y="c\nd")
    assert all(pattern.fullmatch(text) for text in said)
    assert not any(pattern.fullmatch(text) for text in not_said)
