"""A temporary chat: answered like any other, and gone with its page."""

import pytest
from playwright.sync_api import expect

from .screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def temporary(window, ada) -> Screen:
    screen = Screen(window(ada).new_page(), ada).open("/chat/temporary/")
    expect(screen.page.locator("chat-temporary:defined")).to_be_attached()
    return screen


def ask(screen: Screen, text: str) -> None:
    """Ask and wait for the end of the answer."""
    before = screen.answers.count()
    screen.composer.fill(text)
    screen.composer.press("Enter")
    expect(screen.answers).to_have_count(before + 1)
    expect(screen.send_button).to_be_visible()
    expect(screen.stop_button).to_be_hidden()


def stored(screen: Screen) -> str:
    return screen.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")


def test_it_is_found_and_says_that_nothing_is_kept(screen):
    screen.page.get_by_role("link", name="Temporary chat", exact=True).click()
    expect(screen.page.get_by_role("note")).to_contain_text("Nothing of this chat is kept")
    expect(screen.composer).to_be_focused()


def test_a_chat_goes_on_and_remembers_what_was_said_before(temporary, fake):
    fake.script(text="The first **answer**.")
    ask(temporary, "A first secret?")
    expect(temporary.prose.last.locator("strong")).to_have_text("answer")
    fake.script(text="The second answer.")
    ask(temporary, "A second secret?")
    expect(temporary.questions.locator("[data-text]")).to_have_text(["A first secret?", "A second secret?"])
    expect(temporary.prose.last).to_have_text("The second answer.")
    [seen] = fake.asked("A second secret?")
    assert [each["content"] for each in seen["body"]["messages"]] == [
        "A first secret?",
        "The first **answer**.",
        "A second secret?",
    ]
    assert "secret" not in stored(temporary)
    assert temporary.path == "/chat/temporary/"
    expect(temporary.chats.filter(has_text="secret")).to_have_count(0)


def test_it_is_gone_with_the_page_and_the_browser_asks_before(temporary):
    ask(temporary, "A third secret? tokens=10")
    asked = []
    temporary.page.on("dialog", lambda dialog: asked.append(dialog.type))
    temporary.page.evaluate("location.reload()")
    temporary.until(lambda: asked == ["beforeunload"])
    expect(temporary.questions).to_have_count(1)
    again = Screen(temporary.page.context.new_page(), temporary.person).open("/chat/temporary/")
    expect(again.page.locator("chat-temporary:defined")).to_be_attached()
    expect(again.questions).to_have_count(0)
    expect(again.composer).to_have_value("")


def test_what_is_written_there_is_no_draft_anywhere(temporary):
    temporary.composer.fill("A fourth secret")
    assert "secret" not in stored(temporary)
    other = Screen(temporary.page.context.new_page(), temporary.person).open()
    expect(other.page.locator("chat-thread:defined")).to_be_attached()
    expect(other.composer).to_have_value("")


def test_stop_keeps_the_words_so_far(temporary):
    temporary.composer.fill("Tell me of tides. tokens=4000")
    temporary.composer.press("Enter")
    temporary.writing()
    temporary.stop_button.click()
    expect(temporary.send_button).to_be_visible()
    expect(temporary.answers.last).to_have_attribute("data-status", "stopped")
    expect(temporary.prose.last).not_to_be_empty()
    expect(temporary.problem).to_be_hidden()


def test_a_question_that_is_refused_comes_back_to_the_composer(temporary, fake):
    fake.script(status=500, error="out of breath")
    temporary.composer.fill("Will you answer?")
    temporary.composer.press("Enter")
    expect(temporary.problem).to_contain_text("out of breath")
    expect(temporary.composer).to_have_value("Will you answer?")
    expect(temporary.questions).to_have_count(0)
    ask(temporary, "And now? tokens=10")
    expect(temporary.problem).to_be_hidden()


def test_a_chat_that_the_server_does_not_take_at_all_says_so(temporary):
    """The server itself refuses what is far too long, without a sentence of ours."""
    temporary.page.route("**/api/chat/temporary/", lambda route: route.fulfill(status=413, body="Too large"))
    temporary.composer.fill("What is a tide?")
    temporary.composer.press("Enter")
    expect(temporary.problem).to_contain_text("It may be too long by now")
    expect(temporary.composer).to_have_value("What is a tide?")
