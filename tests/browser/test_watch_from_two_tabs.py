"""Several tabs on one conversation show the same, and each can do what the others can."""

import pytest
from playwright.sync_api import expect

from tests.fake_model import answer_text

from .screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def other(window, ada, screen, fake) -> Screen:
    """A second tab on the conversation of the first, in another window."""
    fake.script(text="Here it begins.")
    screen.ask_whole("We begin")
    return Screen(window(ada).new_page(), ada).open(screen.path)


def test_both_show_the_answer_word_for_word(screen, other):
    question = "Seen from two places, tokens=300"
    screen.ask(question)
    other.writing()
    expect(other.questions).to_have_count(2)
    expect(other.ends).to_have_count(2)
    expect(screen.ends).to_have_count(2)
    assert screen.html() == other.html() == screen.rendered(answer_text(model="paced-200", message=question))
    assert screen.shown() == other.shown()


def test_the_other_tab_can_stop_it(screen, other):
    screen.ask("Stopped from elsewhere, tokens=3000")
    other.writing()
    other.stop_button.click()
    for tab in (screen, other):
        expect(tab.ends.last).to_have_attribute("data-status", "stopped")
        expect(tab.send_button).to_be_visible()
    assert screen.html() == other.html() != ""


def test_a_question_asked_while_the_other_tab_gets_its_answer_is_given_back(screen, other, fake):
    fake.script(delay=60)
    screen.ask("Slow one")
    expect(other.stop_button).to_be_visible()
    other.composer.fill("Too early")
    other.composer.press("Enter")
    expect(other.page.locator("[data-hint]")).to_contain_text("when the answer is finished")
    expect(other.composer).to_have_value("Too early")
    assert other.questions.count() == 2
    screen.page.keyboard.press("Escape")
    expect(other.send_button).to_be_visible()
    fake.script(text="Now.")
    other.composer.press("Enter")
    expect(other.prose.last).to_have_text("Now.")
    expect(screen.prose.last).to_have_text("Now.")


def test_retry_and_edit_in_one_tab_show_in_the_other(screen, other, fake):
    fake.script(text="Said anew.")
    screen.page.get_by_role("button", name="Answer again").click()
    expect(other.prose).to_have_text(["Said anew."])
    expect(other.page.locator(".versions")).to_contain_text("2 / 2")
    fake.script(text="Asked anew.")
    question = other.questions.first
    question.hover()
    question.locator(".edit > summary").click()
    question.get_by_label("Your question, changed").fill("We begin otherwise")
    question.get_by_role("button", name="Send").click()
    expect(screen.prose).to_have_text(["Asked anew."])
    expect(screen.page.locator(".versions")).to_contain_text("3 / 3")
    assert screen.shown() == other.shown()


def test_a_new_chat_appears_in_the_list_of_a_tab_that_is_opened_later(screen, window, ada, fake):
    fake.script(text="Listed.")
    screen.ask_whole("Is this listed?")
    later = Screen(window(ada).new_page(), ada).open()
    expect(later.page.locator(f"#chat-{screen.conversation}")).to_contain_text("Is this listed?")
