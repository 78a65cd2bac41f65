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


def test_both_show_the_answer_word_for_word(screen, other, fake):
    question = "Seen from two places, tokens=300"
    fake.hold()
    screen.ask(question)
    other.writing()
    fake.release()
    expect(other.questions).to_have_count(2)
    expect(other.ends).to_have_count(2)
    expect(screen.ends).to_have_count(2)
    assert screen.html() == other.html() == screen.rendered(answer_text(model="paced-200", message=question))
    assert screen.shown() == other.shown()


def test_the_other_tab_can_stop_it(screen, other, fake):
    fake.hold()
    screen.ask("Stopped from elsewhere, tokens=3000")
    other.writing()
    other.stop_button.click()
    for tab in (screen, other):
        expect(tab.ends.last).to_have_attribute("data-status", "stopped")
        expect(tab.send_button).to_be_visible()
    assert screen.html() == other.html() != ""


def test_questions_asked_while_an_answer_is_written_wait_in_both_tabs_and_go_once_each(screen, fake):
    fake.script(text="Here it begins.")
    screen.ask_whole("Begin here")
    # In the same window: what waits is kept in the browser.
    other = Screen(screen.page.context.new_page(), screen.person).open(screen.path)
    fake.script(delay=60)
    screen.ask("Slow one")
    expect(other.stop_button).to_be_visible()
    for question in ("Too early", "Never mind", "And after that"):
        other.ask(question)
    for tab in (screen, other):
        expect(tab.pending).to_have_count(3)
        expect(tab.pending.first).to_contain_text("It is sent when the answer is finished")
    other.pending.nth(1).get_by_role("button", name="Remove").click()
    screen.pending.nth(1).get_by_role("button", name="Edit").click()
    expect(screen.composer).to_have_value("And after that")
    screen.composer.press("End")
    screen.composer.press_sequentially(", then?")
    # What is written in one tab stands in the other.
    expect(other.composer).to_have_value("And after that, then?")
    screen.composer.press("Enter")
    expect(other.pending).to_have_count(2)
    screen.reload()
    expect(screen.pending.locator("[data-text]")).to_have_text(["Too early", "And after that, then?"])
    fake.script(text="Now.")
    fake.script(text="Then.")
    expect(screen.stop_button).to_be_visible()
    screen.page.keyboard.press("Escape")
    for tab in (screen, other):
        expect(tab.prose.last).to_have_text("Then.")
        expect(tab.questions.locator("[data-text]")).to_have_text(
            ["Begin here", "Slow one", "Too early", "And after that, then?"]
        )
        tab.at_rest()
    assert len(fake.asked("And after that, then?")) == 1


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
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")
    assert screen.shown() == other.shown()


def test_a_new_chat_appears_in_the_list_of_a_tab_that_is_opened_later(screen, window, ada, fake):
    fake.script(text="Listed.")
    screen.ask_whole("Is this listed?")
    later = Screen(window(ada).new_page(), ada).open()
    expect(later.page.locator(f"#chat-{screen.conversation}")).to_contain_text("Is this listed?")


OUTBOX = """
    async () => {
      const { Outbox } = await import("chat/outbox");
      const outbox = new Outbox("nobody");
      const put = (client_id, sent) => outbox.put({ conversation: "c", known: true, sent, frame: { client_id } });
      put("first", 0), put("second", 0), put("first", 1);
      const kept = outbox.entries.map(({ sent, frame }) => `${frame.client_id} ${sent}`);
      outbox.clear();
      return kept;
    }
"""


def test_a_question_that_was_sent_keeps_its_place_before_those_that_wait(screen):
    """Else the other tab would take the next one for the first, and send that."""
    assert screen.page.evaluate(OUTBOX) == ["first 1", "second 0"]
