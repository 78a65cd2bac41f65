"""The field a question is written in."""

import pytest
from playwright.sync_api import expect

from .screen import Screen

pytestmark = pytest.mark.browser


def height(screen: Screen) -> float:
    return screen.composer.bounding_box()["height"]


def test_it_grows_with_the_text_and_shrinks_again(screen):
    small = height(screen)
    screen.composer.fill("one\ntwo\nthree\nfour\nfive")
    grown = height(screen)
    assert grown > small + 60
    screen.composer.fill("\n".join("line" for _ in range(200)))
    assert grown < height(screen) <= 0.5 * screen.page.viewport_size["height"]
    screen.composer.fill("")
    assert height(screen) == small


def test_shift_enter_makes_a_new_line_and_enter_sends(screen, fake):
    fake.script(text="Two lines.")
    screen.composer.press_sequentially("one")
    screen.composer.press("Shift+Enter")
    screen.composer.press_sequentially("two")
    expect(screen.composer).to_have_value("one\ntwo")
    assert screen.questions.count() == 0
    screen.composer.press("Enter")
    expect(screen.questions.locator("[data-text]")).to_have_text("one\ntwo")
    expect(screen.composer).to_have_value("")
    expect(screen.prose).to_have_text("Two lines.")


def test_enter_that_ends_a_composition_does_not_send(screen, fake):
    keyboard = screen.page.context.new_cdp_session(screen.page)
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    screen.page.evaluate("addEventListener('keydown', event => (window.composing = event.isComposing), true)")
    screen.composer.focus()
    keyboard.send("Input.imeSetComposition", {"text": "かんじ", "selectionStart": 3, "selectionEnd": 3})
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    assert screen.page.evaluate("window.composing") is True
    keyboard.send("Input.insertText", {"text": "漢字"})
    expect(screen.composer).to_have_value("漢字")
    assert screen.questions.count() == screen.pending.count() == 0
    fake.script(text="はい。")
    screen.composer.press("Enter")
    expect(screen.questions.locator("[data-text]")).to_have_text("漢字")
    expect(screen.prose).to_have_text("はい。")


def test_nothing_but_spaces_is_not_sent(screen):
    expect(screen.send_button).to_have_attribute("data-idle", "")
    screen.ask("  \n ")
    expect(screen.composer).to_have_value("  \n ")
    assert screen.questions.count() == screen.pending.count() == 0


def test_too_long_a_question_is_refused_with_its_reason_and_stays(screen):
    screen.ask("a" * (128 * 1024 + 1))
    expect(screen.problem).to_contain_text("128 KB at most")
    assert len(screen.composer.input_value()) == 128 * 1024 + 1
    screen.problem.get_by_role("button", name="Close this notice").click()
    expect(screen.problem).to_be_hidden()
    screen.composer.fill("")


def test_a_draft_is_kept_for_each_conversation(screen, window, fake):
    fake.script(text="One.")
    screen.ask_whole("Conversation with a draft")
    first = screen.path
    screen.composer.fill("Half a thought")
    screen.open()
    expect(screen.composer).to_have_value("")
    screen.composer.fill("Half of another")
    screen.open(first)
    expect(screen.composer).to_have_value("Half a thought")
    screen.reload()
    expect(screen.composer).to_have_value("Half a thought")
    screen.open()
    expect(screen.composer).to_have_value("Half of another")


def test_a_suggestion_is_sent_as_it_stands(screen, fake):
    fake.script(text="Warm.")
    screen.page.get_by_role("button", name="Explain something").click()
    expect(screen.questions.locator("[data-text]")).to_have_text("Explain how a heat pump works, in plain words.")
    expect(screen.prose).to_have_text("Warm.")
    expect(screen.page.locator(".suggestions, .welcome")).to_have_count(0)


def test_enter_makes_a_new_line_on_a_touch_keyboard(window, ada, fake):
    screen = Screen(window(ada, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}).new_page(), ada)
    screen.open()
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    screen.composer.press_sequentially("one")
    screen.composer.press("Enter")
    screen.composer.press_sequentially("two")
    expect(screen.composer).to_have_value("one\ntwo")
    fake.script(text="Tapped.")
    screen.send_button.tap()
    expect(screen.prose).to_have_text("Tapped.")
