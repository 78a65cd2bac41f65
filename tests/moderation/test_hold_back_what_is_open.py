"""What a rule masks or blocks is never told, however the text is cut into pieces; nothing else waits long."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.moderation import Matcher, Openings, Window, masked, patterns
from tests.fake_model import answer_text

from .conftest import matcher, rule
from .evasions import EVASIONS, RULES

in_its_own_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

BEFORE = ("", "I will ", "The answer is:\n\n- ", "heroine ", "mak ", "a@b ", "Ünïcödé 数据 ", "1. ", "kill ")
SAID = ("joe@example.org", "DE89 3704 0044 0532 0130 00", "heroin", "word ", "a.b ", "12 ", "\n", " ")
AFTER = ("", " and so on.", ".\n\nMore", "!", "\u200b)", " 数据")


def pieces(text: str, cuts: list[int]) -> list[str]:
    """Return a text in pieces."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[first:last] for first, last in zip(places, places[1:], strict=False)] or [""]


def told(window: Window, parts: list[str]) -> list[str]:
    """Return what was told after each part, and at the end."""
    return [*(window.take(part) for part in parts), window.rest()]


def openings(*lines: str, **fields) -> Openings:
    return Openings(matcher(*lines, **fields))


BLOCKING = openings(*RULES)
WRITTEN = [text for texts in EVASIONS.values() for text in texts if BLOCKING.matcher.find(text)]


@in_its_own_time
@given(
    forbidden=st.sampled_from(WRITTEN),
    before=st.sampled_from(BEFORE),
    after=st.sampled_from(AFTER),
    cuts=st.lists(st.integers(0, 200), max_size=30),
)
def test_no_part_of_a_blocked_phrase_is_told(forbidden, before, after, cuts):
    text = before + forbidden + after
    (first, *_) = sorted(each.start for each in BLOCKING.matcher.find(text))
    window = Window(BLOCKING)
    said = "".join(told(window, pieces(text, cuts)))
    assert window.stopped is not None
    assert text.startswith(said)
    assert len(said) <= first
    assert window.take("more") == "" == window.rest()


@pytest.mark.parametrize("forbidden", RULES[:-1])
def test_it_is_cut_at_every_place(forbidden):
    text = f"First: {forbidden} and then."
    for first in range(len(text)):
        for second in range(first, len(text)):
            window = Window(BLOCKING)
            said = "".join(told(window, [text[:first], text[first:second], text[second:]]))
            assert said == "First: "
            assert window.stopped is not None


@in_its_own_time
@given(
    said=st.lists(
        st.sampled_from(
            ("joe@example.org", "DE89 3704 0044 0532 0130 00", "heroin", "word ", "a.b ", "12 ", "\n", " ")
        ),
        max_size=12,
    ),
    cuts=st.lists(st.integers(0, 200), max_size=20),
)
def test_masked_text_is_the_same_however_it_is_cut(said, cuts):
    both = Matcher([rule("heroin", action="mask"), rule("email", "iban", kind="personal", action="mask", number=2)])
    text = " ".join(said)
    window = Window(Openings(both))
    shown = "".join(told(window, pieces(text, cuts)))
    assert shown == masked(text, both.find(text))


@in_its_own_time
@given(text=st.text(max_size=120), cuts=st.lists(st.integers(0, 120), max_size=20))
def test_what_is_allowed_arrives_whole(text, cuts):
    if BLOCKING.matcher.find(text):
        return
    window = Window(BLOCKING)
    assert "".join(told(window, pieces(text, cuts))) == text
    assert window.stopped is None and window.found == []


@pytest.mark.parametrize(
    ("line", "text", "shown"),
    [
        (r"project\s+falcon(-\d+)?", "It is Project\n Falcon-77 now", "It is "),
        (r"\bkey-[a-f0-9]{8}\b", "the key-0123abcd here", "the "),
        (r"(foo|bar)+baz", "x foobarfoobaz", "x "),
        (r"start.{0,10}end", "so start and end", "so "),
        (r"[^a-z]{3}z", "abc123z", "abc"),
    ],
)
def test_expressions_are_held_back_while_they_may_match(line, text, shown):
    for first in range(len(text)):
        for second in range(first, len(text)):
            window = Window(openings(line, kind="pattern"))
            assert "".join(told(window, [text[:first], text[first:second], text[second:]])) == shown


def test_an_expression_that_is_not_understood_holds_back_all():
    assert patterns.opening(r"\pL{3}secret") == patterns.ANYTHING
    window = Window(openings(r"\pL{3}secret", kind="pattern"))
    assert window.take("some words, ") == ""
    assert window.rest() == "some words, "


def test_a_match_without_end_is_found_but_has_begun_to_be_told():
    window = Window(openings(r"begin[^#]*#", kind="pattern"))
    said = window.take("begin " + "word " * 200) + window.take("#")
    assert 0 < len(said) < 1010
    assert window.stopped is None or said.startswith("begin")


def delays(openings: Openings, text: str, per_token: float) -> list[float]:
    """Return by how many seconds each letter of a text, told word by word, comes later than without rules."""
    tokens = text.replace(" ", " \x00").split("\x00")
    window, late, waiting = Window(openings), [], []
    for number, token in enumerate(tokens):
        waiting += [number] * len(token)
        for begun in waiting[: len(window.take(token))]:
            late.append((number - begun) * per_token)
        waiting = waiting[len(late) - sum(map(len, tokens[: number + 1])) + len(waiting) :] if waiting else []
    return late


def test_an_ordinary_answer_is_hardly_late():
    text = answer_text(model="fast", message="tokens=2000")
    many = openings(*RULES, *(f"forbidden word {number}" for number in range(300)))
    personal = openings("email", "phone", "iban", "card", kind="personal")
    for each in (many, personal):
        late = sorted(delays(each, text, 1 / 50))
        assert len(late) > 5000
        # So much more than one token is held back at most, but for a few.
        assert late[len(late) // 2] <= 0.02
        assert late[int(len(late) * 0.99)] <= 0.15


def test_looking_takes_no_time():
    text = answer_text(model="fast", message="tokens=1000")
    window, began = Window(BLOCKING), time.perf_counter()
    parts = text.split(" ")
    for part in parts:
        window.take(part + " ")
    assert (time.perf_counter() - began) / len(parts) < 0.001


def test_what_was_cut_off_in_the_middle_is_recognised_when_it_goes_on():
    key = openings("BEGIN KEY[a-z ]{10,300}END KEY", kind="pattern")
    beginning, rest = "Here: BEGIN KEY" + " secret" * 20, " secret END KEY. More."
    window = Window(key)
    assert window.take(beginning) + window.rest() == beginning
    # After a tool, in the same window; and in another one, where it goes on another day.
    for goes_on in (window, Window(key, told=beginning)):
        assert goes_on.take(rest) == "" and goes_on.stopped is not None
