"""Answers that have to fit a schema: read strictly, asked for once more, and mended when nothing else helps."""

import pytest

from llm import structured
from llm.values import Message

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "mood": {"type": "string", "enum": ["good", "bad"]},
        "things": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
    },
    "required": ["name", "mood", "things"],
}
GOOD = {"name": "x", "mood": "good", "things": ["a"]}
TEXT = '{"name": "x", "mood": "good", "things": ["a"]}'


def test_what_fits_is_returned():
    assert structured.read(TEXT, schema=SCHEMA) == (GOOD, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Here you are: " + TEXT, "It is not a JSON object"),
        ("", "It is not a JSON object"),
        ("[1]", "the answer must be of type object"),
        ('{"name": "x", "mood": "good"}', "'things' is missing"),
        ('{"name": "", "mood": "so", "things": []}', "must be one of good, bad"),
        ('{"name": "x", "mood": "good", "things": []}', "fewer than 1"),
        ('{"name": "x", "mood": "good", "things": ["a"], "more": 1}', "'more' is not known"),
    ],
)
def test_what_does_not_fit_is_told_in_sentences(text, told):
    value, wrong = structured.read(text, schema=SCHEMA)
    assert value is None
    assert any(told in sentence for sentence in wrong)


def test_the_second_question_holds_the_first_answer_and_what_was_wrong():
    first = [Message("user", "Well?")]
    asked = structured.ask_again(first, "no", ["It is wrong."])
    assert [message.role for message in asked] == ["user", "assistant", "user"]
    assert asked[1].text == "no"
    assert "It is wrong." in asked[2].text


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{TEXT}\n```",
        f"Of course! {TEXT} Is there anything else?",
        TEXT.replace('"a"]', '"a",],').replace(",,", ","),
        '{"name": "x", "mood": " Good ", "things": ["a"], "because": {"x": "}"}}',
        '{"wrong": 1} and then ' + TEXT,
        "{ not at all } " + TEXT,
        '{"name": "x", "mood": "good", "things": ["a", 7]}',
    ],
)
def test_an_object_is_found_in_whatever_stands_around_it(text):
    assert structured.mend(text, schema=SCHEMA) == GOOD


def test_what_is_too_much_is_left_away():
    mended = structured.mend('{"name": "x", "mood": "bad", "things": ["a", "b", "c"]}', schema=SCHEMA)
    assert mended == {"name": "x", "mood": "bad", "things": ["a", "b"]}


@pytest.mark.parametrize("text", ["", "No.", "{", "{" * 5000, '{"a": "' + "\\" * 999, '{"name": "x"}', "}{"])
def test_nothing_is_made_of_nothing(text):
    assert structured.mend(text, schema=SCHEMA) is None


def test_a_long_text_full_of_braces_is_looked_through_quickly():
    assert structured.mend('{"' * 100_000, schema=SCHEMA) is None
