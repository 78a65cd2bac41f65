"""A phrase is found however it is written, and nothing else is taken for it."""

import json
import time
from pathlib import Path

import pytest

from conversations.moderation import Matcher, masked

from .conftest import matcher, rule
from .evasions import EVASIONS, INNOCENT, RULES

ROOT = Path(__file__).resolve().parent.parent.parent
# The first figure of the roadmap is of all variants together, so one way of writing may be caught less often.
CAUGHT, CAUGHT_OF_EACH, FALSE_ALARMS = 0.95, 0.85, 0.01


@pytest.fixture(scope="module")
def found() -> Matcher:
    return matcher(*RULES)


def ordinary() -> list[str]:
    """Return messages of people who want nothing forbidden, in several languages."""
    lines = [line for name in ("tuning", "held_out") for line in (ROOT / f"benchmarks/intent/{name}.jsonl").open()]
    return [json.loads(line)["text"] for line in lines]


def test_nineteen_of_twenty_evasions_are_caught(found):
    written = [text for texts in EVASIONS.values() for text in texts]
    missed = {kind: [text for text in texts if not found.find(text)] for kind, texts in EVASIONS.items()}
    assert len(written) >= 100
    assert sum(map(len, missed.values())) <= len(written) * (1 - CAUGHT), missed
    for kind, texts in EVASIONS.items():
        assert len(missed[kind]) <= len(texts) * (1 - CAUGHT_OF_EACH), missed[kind]


def test_each_is_caught_in_the_middle_of_a_sentence_too(found):
    for text in (text for texts in EVASIONS.values() for text in texts if found.find(text)):
        assert found.find(f"Please tell me: {text}, if you can."), text


def test_ordinary_messages_raise_no_alarm(found):
    texts = ordinary()
    assert len(texts) >= 1000
    alarms = [text for text in texts if found.find(text)]
    assert len(alarms) <= len(texts) * FALSE_ALARMS, alarms


def test_ordinary_messages_raise_no_alarm_about_personal_data():
    texts = ordinary()
    found = matcher("email", "phone", "iban", "card", kind="personal")
    alarms = [(text, each) for text in texts for each in found.find(text)]
    assert len(alarms) <= len(texts) * FALSE_ALARMS, alarms


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_alike_is_let_through(found, text):
    assert [text[each.start : each.end] for each in found.find(text)] == []


@pytest.mark.parametrize(
    ("line", "text", "place"),
    [
        ("bomb", "A b\u200bomb!", "b\u200bomb"),
        ("bomb", "вомв, says he", "вомв"),
        ("bomb*", "Bombs are loud", "Bomb"),
        ("*gate", "the newgate", "gate"),
        ("爆弾", "これは爆弾です", "爆弾"),
        ("sıkıntı", "bu bir SIKINTI", "SIKINTI"),
        ("straße", "die Strasse", "Strasse"),
        ("Mörder", "der Moerder war", "Moerder"),
        ("й", "й", "й"),
    ],
)
def test_the_place_is_that_of_the_text_itself(line, text, place):
    (found,) = matcher(line).find(text)
    assert text[found.start : found.end] == place


@pytest.mark.parametrize(
    ("line", "text"),
    [
        # Marks make other letters in these.
        ("か", "が"),
        ("и", "й"),
        # A word of one language that is drawn like one of another.
        ("pot", "рот"),
        ("рот", "pot"),
        ("cop", "сор"),
        ("bomb", "bombe"),
        ("rapist", "therapist"),
        ("ass", "class"),
        ("loos", "1005"),
    ],
)
def test_another_word_is_another_word(line, text):
    assert matcher(line).find(text) == []


@pytest.mark.parametrize(
    ("detector", "text", "place"),
    [
        ("email", "write to Jo.Doe+x@mail.example.org.", "Jo.Doe+x@mail.example.org"),
        ("email", "jo\u200b@example.org", "jo\u200b@example.org"),
        ("phone", "call +49 (30) 123 456-78 now", "+49 (30) 123 456-78"),
        ("phone", "030 1234567", "030 1234567"),
        ("phone", "(212) 555-0173", "(212) 555-0173"),
        ("iban", "to DE89 3704 0044 0532 0130 00 and", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB82WEST12345698765432", "GB82WEST12345698765432"),
        ("card", "4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("card", "5500-0055-5555-5559", "5500-0055-5555-5559"),
        ("card", "４１１１１１１１１１１１１１１１", "４１１１１１１１１１１１１１１１"),
    ],
)
def test_personal_data_is_found(detector, text, place):
    found = matcher(detector, kind="personal").find(text)
    assert {text[each.start : each.end] for each in found} == {place}


@pytest.mark.parametrize(
    ("detector", "text"),
    [
        ("card", "4111 1111 1111 1112"),
        ("card", "1234567890123"),
        ("iban", "DE88 3704 0044 0532 0130 00"),
        ("iban", "ZZ89 3704 0044 0532 0130 00"),
        ("phone", "2026-11-21"),
        ("phone", "21.11.2026"),
        ("phone", "192.168.0.1"),
        ("phone", "3.14159265358979"),
        ("phone", "version 10.12.2024"),
        ("email", "@somebody at example.org"),
        ("email", "from x import @decorator"),
    ],
)
def test_what_only_looks_like_personal_data_is_let_through(detector, text):
    assert matcher(detector, kind="personal").find(text) == []


def test_expressions_see_through_look_alikes_and_may_be_of_any_language():
    expression = matcher(r"project\s+falcon(-\d+)?", r"проект\s+сокол", kind="pattern")
    for text in ("Project Falcon-7", "proj\u200bect falcon", "рrоjеct fаlcоn", "PROJECT\n\nFALCON", "Проект  Сокол"):
        assert expression.find(text), text
    assert expression.find("project of a falcon") == []


def test_masks_stand_in_the_place_of_what_was_found():
    both = Matcher([rule("heroin", action="mask"), rule("email", kind="personal", action="mask", number=2)])
    text = "h3r0in from a@b.example.org, heroin"
    assert masked(text, both.find(text)) == "[masked] from [e-mail masked], [masked]"


@pytest.mark.parametrize("word", ["class ", "classé "])
def test_a_long_text_takes_time_in_proportion(word):
    """Each word may be the phrase until its last letter: 4 times as many must not take 16 times as long."""
    found, took = matcher("ass"), []
    for length in (15_000, 60_000):
        text = word * (length // len(word))
        began = time.perf_counter()
        assert found.find(text) == []
        took.append(time.perf_counter() - began)
    assert took[1] < max(1.0, took[0] * 9), took


def test_where_it_stands_is_told_in_signs_of_the_text():
    text = "Ärger, 🙂 ünd h€röin 🙂 h3roin."
    assert [text[each.start : each.end] for each in matcher("heroin").find(text)] == ["h€röin", "h3roin"]
