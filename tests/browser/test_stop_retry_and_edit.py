"""Ending an answer early, asking again, asking differently, and going between the versions."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.durability.site import Ledger
from tests.fake_model import answer_text

pytestmark = pytest.mark.browser

MODEL = "paced-200"
LONG = "tokens=3000"


@pytest.mark.parametrize("way", ["button", "escape"])
def test_stop_keeps_the_text_so_far(screen, server, fake, way):
    question = f"A long one to stop by {way}, {LONG}"
    screen.ask(question)
    screen.writing()
    if way == "button":
        screen.stop_button.click()
    else:
        screen.page.keyboard.press("Escape")
    expect(screen.ends).to_have_attribute("data-status", "stopped")
    expect(screen.send_button).to_be_visible()
    expect(screen.ends).to_contain_text("Stopped before the end")
    kept = screen.html()
    text = Ledger(Path(server.environment["DATA_DIR"]) / "chatsite.sqlite3").of(screen.conversation)[0].text
    assert answer_text(model=MODEL, message=question).startswith(text)
    assert kept == screen.rendered(text) != ""
    screen.until(lambda: fake.asked(question)[0]["ended"] == "client gone", what="the model server is told as well")
    screen.reload()
    assert screen.html() == kept


def test_stop_before_the_first_word_is_kept_as_stopped(screen, fake):
    fake.script(delay=60)
    screen.ask("Nothing comes")
    expect(screen.working).to_be_visible()
    expect(screen.stop_button).to_be_enabled()
    screen.until(lambda: fake.asked("Nothing comes"))
    screen.page.keyboard.press("Escape")
    expect(screen.ends).to_have_attribute("data-status", "stopped")
    expect(screen.working).to_be_hidden()
    expect(screen.questions).to_have_count(1)
    screen.reload()
    expect(screen.questions).to_have_count(1)


def test_answer_again_makes_a_second_version_and_both_can_be_read(screen, fake):
    fake.script(text="The **first** answer.")
    screen.ask_whole("Say it twice")
    fake.script(text="The *second* answer.")
    screen.page.get_by_role("button", name="Answer again").click()
    expect(screen.prose).to_have_text("The second answer.")
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")
    expect(screen.questions).to_have_count(1)

    screen.page.get_by_role("button", name="Previous version").click()
    expect(screen.page.locator(".versions")).to_contain_text("1 / 2")
    assert screen.html() == screen.rendered("The **first** answer.")
    expect(screen.page.get_by_role("button", name="Previous version")).to_be_disabled()
    screen.reload()
    expect(screen.page.locator(".versions")).to_contain_text("1 / 2")
    screen.page.get_by_role("button", name="Next version").click()
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")
    assert screen.html() == screen.rendered("The *second* answer.")


def test_an_answer_that_failed_says_why_and_can_be_tried_again(screen, fake):
    fake.script(end="error", part=0, error="out of memory")
    screen.ask("Fails at first")
    expect(screen.ends).to_have_attribute("data-status", "failed")
    expect(screen.ends.locator(".notice")).to_contain_text("The answer could not be finished")
    expect(screen.ends.locator(".notice")).to_contain_text("out of memory")
    fake.script(text="Whole this time.")
    screen.page.get_by_role("button", name="Try again").click()
    expect(screen.prose).to_have_text("Whole this time.")
    expect(screen.ends).to_have_attribute("data-status", "completed")
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")


def test_an_answer_that_the_model_server_broke_off_is_kept_and_marked(screen, fake):
    fake.script(text="Half of an answer, and then the rest of it.", end="error", part=0.5, error="out of memory")
    screen.ask("Breaks off")
    expect(screen.ends).to_have_attribute("data-status", "interrupted")
    expect(screen.ends.locator(".notice")).to_contain_text("Interrupted before the end")
    expect(screen.ends.locator(".notice")).to_contain_text("out of memory")
    expect(screen.prose).to_contain_text("Half of an")
    screen.reload()
    expect(screen.prose).to_contain_text("Half of an")
    expect(screen.page.get_by_role("button", name="Try again")).to_be_visible()


def test_edit_asks_differently_and_keeps_what_was_said(screen, fake):
    fake.script(text="About rivers.")
    screen.ask_whole("What about rivers?")
    fake.script(text="More about rivers.")
    screen.ask_whole("And more?")
    fake.script(text="About lakes.")
    first = screen.questions.first
    first.hover()
    first.locator(".edit > summary").click()
    field = first.get_by_label("Your question, changed")
    expect(field).to_be_focused()
    expect(field).to_have_value("What about rivers?")
    field.fill("What about lakes?")
    first.get_by_role("button", name="Send").click()

    expect(screen.prose).to_have_text(["About lakes."])
    expect(screen.questions.locator("[data-text]")).to_have_text(["What about lakes?"])
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")
    screen.page.get_by_role("button", name="Previous version").click()
    expect(screen.prose).to_have_text(["About rivers.", "More about rivers."])
    fake.script(text="On this branch.")
    screen.ask_whole("Where are we?")
    asked = fake.asked("Where are we?")[0]["body"]["messages"]
    said = [message["content"] for message in asked if message["role"] != "system"]
    assert said == [
        "What about rivers?",
        "About rivers.",
        "And more?",
        "More about rivers.",
        "Where are we?",
    ]


def test_an_edit_is_left_by_escape_and_sent_by_control_enter(screen, fake):
    fake.script(text="Four.")
    screen.ask_whole("Two and two?")
    question = screen.questions.first
    question.hover()
    question.locator(".edit > summary").click()
    field = question.get_by_label("Your question, changed")
    field.fill("Something else")
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(question.locator("[data-text]")).to_be_visible()
    question.locator(".edit > summary").press("Enter")
    expect(field).to_have_value("Two and two?")
    fake.script(text="Six.")
    field.fill("Three and three?")
    field.press("Control+Enter")
    expect(screen.prose).to_have_text("Six.")


def test_the_keyboard_alone_is_enough(screen, fake):
    fake.script(text="By keyboard.")
    screen.page.keyboard.type("Hands off the mouse")
    screen.page.keyboard.press("Enter")
    expect(screen.prose).to_have_text("By keyboard.")
    screen.at_rest()
    expect(screen.composer).to_be_focused()
    fake.script(text="Again by keyboard.")
    again = screen.page.get_by_role("button", name="Answer again")
    for _ in range(12):
        screen.page.keyboard.press("Shift+Tab")
        if again.evaluate("node => node === document.activeElement"):
            break
    screen.page.keyboard.press("Enter")
    expect(screen.prose).to_have_text("Again by keyboard.")
