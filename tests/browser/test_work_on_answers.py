"""What one does with an answer: goes on with it, asks another model, steps through, copies, quotes and rates it."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def test_a_stopped_answer_goes_on_where_it_ended(screen, fake):
    fake.script(text="The tide comes in twice a day.", end="hang", part=0.6)
    screen.ask("When is the tide?")
    screen.writing()
    screen.until(lambda: "tide" in screen.prose.inner_text())
    screen.page.keyboard.press("Escape")
    expect(screen.ends).to_have_attribute("data-status", "stopped")
    said = screen.prose.inner_text()
    word = said.split()[-1]
    fake.script(text=f"{word}, as everywhere.", thinking="Where was I?")
    screen.page.get_by_role("button", name="Continue").click()
    expect(screen.prose).to_have_text(f"{said}, as everywhere.")
    expect(screen.ends.locator(".meta")).to_contain_text("Continued")
    expect(screen.page.locator("[data-thought-label]")).to_contain_text("Thought for")
    expect(screen.page.locator(".turn-end .versions")).to_contain_text("2 / 2")
    screen.reload()
    expect(screen.prose).to_have_text(f"{said}, as everywhere.")
    expect(screen.page.locator("[data-thought-label]")).to_contain_text("Thought for")
    screen.page.get_by_role("button", name="Previous version").click()
    expect(screen.prose).to_have_text(said)


def test_another_model_answers_and_versions_of_question_and_answer_are_stepped_through(screen, fake):
    fake.script(text="By the **first** model.")
    screen.ask_whole("Who are you?")
    fake.script(text="By another model.")
    screen.page.get_by_role("button", name="Ask another model").click()
    screen.page.locator("#again-menu").get_by_role("button", name="paced-50").first.click()
    expect(screen.prose).to_have_text("By another model.")
    expect(screen.ends.locator(".meta")).to_contain_text("paced-50")
    expect(screen.page.locator("[data-model-name]")).to_contain_text("paced-50")
    expect(screen.page.locator(".turn-end .versions")).to_contain_text("2 / 2")
    expect(screen.page.locator(".user .versions")).to_have_count(0)

    fake.script(text="To other words.")
    question = screen.questions.first
    question.hover()
    question.locator(".edit > summary").click()
    question.get_by_label("Your question, changed").fill("And what are you?")
    question.get_by_role("button", name="Send").click()
    expect(screen.prose).to_have_text("To other words.")
    expect(screen.page.locator(".user .versions")).to_contain_text("2 / 2")
    expect(screen.page.locator(".turn-end .versions")).to_have_count(0)
    note = "document.getElementById('thread').insertAdjacentHTML('afterbegin', '<p data-read-by>Read by somebody</p>')"
    screen.page.evaluate(note)
    # By keyboard: what was pressed keeps the focus in the other version.
    screen.page.get_by_role("button", name="Previous version").press("Enter")
    expect(screen.questions.locator("[data-text]")).to_have_text("Who are you?")
    expect(screen.prose).to_have_text("By another model.")
    expect(screen.page.locator(".user [aria-label='Next version']")).to_be_focused()
    screen.page.locator(".turn-end [aria-label='Previous version']").press("Enter")
    expect(screen.prose).to_have_text("By the first model.")
    # Who has read it is told whichever version is open.
    expect(screen.page.locator("[data-read-by]")).to_have_count(1)
    expect(screen.page.locator(".turn-end [aria-label='Next version']")).to_be_focused()


def test_an_answer_is_copied_quoted_and_rated(window, ada, fake):
    context = window(ada)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    screen = Screen(context.new_page(), ada).open()
    page = screen.page
    text = "# Tides\n\nThey come **twice** a day.\n\n- high\n- low"
    fake.script(text=text)
    screen.ask_whole("Tides?")

    def copied(name: str) -> str:
        page.get_by_role("button", name="Other ways to copy").click()
        page.get_by_role("button", name=name).click()
        expect(page.locator("[data-announce]")).to_have_text("Copied.")
        page.evaluate("document.querySelector('[data-announce]').textContent = ''")
        return page.evaluate("navigator.clipboard.readText()")

    assert copied("Copy as Markdown") == text
    assert copied("Copy as plain text").split("\n")[0] == "Tides"

    screen.composer.fill("Really?")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.prose p'))")
    quote = page.get_by_role("button", name="Quote", exact=True)
    expect(quote).to_be_in_viewport()
    page.keyboard.press("Alt+KeyQ")
    expect(screen.composer).to_have_value("Really?\n\n> They come twice a day.\n\n")
    expect(screen.composer).to_be_focused()
    expect(quote).to_have_count(0)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.prose li'))")
    quote.click()
    expect(screen.composer).to_have_value("Really?\n\n> They come twice a day.\n\n> high\n\n")
    # To the letter, although nothing was sent and no page was left in order.
    screen.reload()
    expect(screen.composer).to_have_value("Really?\n\n> They come twice a day.\n\n> high\n\n")

    page.get_by_role("button", name="Bad answer").click()
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("Say why").click()
    page.get_by_label("Why?").fill("It depends on the place.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your reason")).to_be_visible()
    screen.reload()
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "false")
    screen.reload()
    expect(page.locator(".feedback [aria-pressed=true]")).to_have_count(0)
