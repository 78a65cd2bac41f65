"""A model's second opinion on a mode, and what each mode tells the model."""

import pytest

from llm.intent import SCHEMA, Mode, prompt, question, read_opinion
from llm.schema import problems


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_has_a_prompt_of_its_own(mode):
    assert prompt(mode) == prompt(str(mode))
    assert [each for each in Mode if prompt(each) == prompt(mode)] == [mode]


def test_an_unknown_mode_has_no_prompt():
    with pytest.raises(ValueError):
        prompt("poetry")


def test_the_question_holds_the_message_and_names_every_mode():
    system, user = question("My printer is on fire")
    assert (system.role, user.role) == ("system", "user")
    assert all(f"{mode}:" in system.text for mode in Mode)
    assert "My printer is on fire" in user.text


def test_a_long_message_is_asked_about_by_its_ends():
    text = question("begin " + "x" * 1_000_000 + " end")[1].text
    assert len(text) < 4000
    assert "begin" in text
    assert " end" in text


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "form", ['{{"mode": "{}"}}', "{}", '"{}".', " {}\n", '```json\n{{"mode": "{}"}}\n```', "**{}**"]
)
def test_an_answer_is_read_in_the_forms_that_models_give_it(form, mode):
    assert read_opinion(form.format(mode)) is mode
    assert read_opinion(form.format(mode.upper())) is mode


@pytest.mark.parametrize(
    "answer",
    [
        "", "{", "{}", '{"mode": 3}', '{"mode": null}', '{"mode": "poetry"}',
        "code or support", "[]", '["code"]', "{" * 100_000, "{\ud800}", "I think it is code",
    ],
)  # fmt: skip
def test_no_clear_answer_is_no_opinion(answer):
    assert read_opinion(answer) is None


def test_the_schema_allows_modes_only():
    assert problems({"mode": "code"}, schema=SCHEMA) == []
    assert problems({"mode": "poetry"}, schema=SCHEMA)
    assert problems({"mode": "code", "why": "so"}, schema=SCHEMA)
