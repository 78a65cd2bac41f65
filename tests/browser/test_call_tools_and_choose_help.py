"""What tools did is shown beside the answer, live as later; the kind of help is shown and changed by a click."""

import pytest
from playwright.sync_api import expect

from .screen import Screen, too_wide
from .test_read_with_any_ability import examine

pytestmark = pytest.mark.browser

SUM = {"tool_calls": [{"name": "calculate", "arguments": {"expression": "19 * 23"}}], "text": "Let me see."}


def cards(screen: Screen):
    return screen.page.locator("#thread > [data-role=tool]")


def test_a_call_is_a_card_before_the_answer_live_as_later(screen, fake):
    fake.script(**SUM)
    screen.ask_whole("How much is 19 * 23?", model="tools")
    expect(cards(screen)).to_have_count(1)
    expect(cards(screen)).to_contain_text("Calculation")
    cards(screen).locator("summary").click()
    expect(cards(screen)).to_contain_text("19 * 23 = 437")
    roles = "nodes => nodes.map(node => node.dataset.role)"
    messages = screen.page.locator("#thread > chat-message")
    assert messages.evaluate_all(roles) == ["user", "tool", "assistant"]
    live = screen.shown()
    screen.reload()
    assert messages.evaluate_all(roles) == ["user", "tool", "assistant"]
    assert screen.shown() == live
    expect(cards(screen)).to_contain_text("Calculation")


def test_another_tab_sees_the_card_too(screen, window, ada, fake):
    fake.script(text="We begin.")
    screen.ask_whole("We begin")
    other = Screen(window(ada).new_page(), ada).open(screen.path)
    fake.script(**SUM)
    screen.ask_whole("How much is 19 * 23?", model="tools")
    expect(cards(other)).to_have_count(1)
    expect(other.ends).to_have_count(2)
    assert other.shown() == screen.shown()


def test_a_tool_that_writes_asks_first_in_every_tab_and_through_a_reload(screen, window, ada, fake):
    fake.script(text="We begin.")
    screen.ask_whole("We begin")
    other = Screen(window(ada).new_page(), ada).open(screen.path)
    for answer, outcome in (("Allow this call", "Written."), ("Refuse", "did not allow")):
        fake.script(tool_calls=[{"name": "notes__write_note", "arguments": {"text": "milk"}}], text="Let me see.")
        screen.ask("Please write down: milk", model="tools")
        card, theirs = cards(screen).last, cards(other).last
        expect(card).to_contain_text("asks for your permission")
        expect(theirs).to_contain_text("milk")
        # Whoever does not see the card hears of it.
        expect(other.page.locator("[data-announce]")).to_have_text("A tool asks for your permission.")
        screen.reload()
        expect(card).to_contain_text("asks for your permission")
        assert examine(screen.page) == {}
        card.get_by_role("button", name=answer).click()
        expect(theirs.get_by_role("button")).to_have_count(0)
        expect(card.locator("summary")).to_be_focused()
        expect(theirs).to_contain_text(outcome)
        expect(card).to_contain_text(outcome)
        expect(screen.ends.last).to_be_visible()
    assert other.shown() == screen.shown()


def test_the_kind_of_help_is_shown_and_another_one_is_a_click_away(screen, fake):
    fake.script(text="Hello to you.")
    screen.ask_whole("Hello!")
    chip = screen.ends.locator(".mode > summary")
    expect(chip).to_contain_text("Chat")
    chip.click()
    fake.script(text="def hello(): ...")
    screen.ends.get_by_role("button", name="Code assistant").first.click()
    expect(screen.prose).to_have_text("def hello(): ...")
    expect(chip).to_contain_text("Code assistant")
    screen.reload()
    expect(chip).to_contain_text("Code assistant")
    chip.click()
    expect(screen.ends.locator(".mode-choice")).to_contain_text("You chose it for this question.")


def test_it_can_be_chosen_for_the_conversation(screen, fake):
    fake.script(text="Hello to you.")
    screen.ask_whole("Hello!")
    screen.ends.locator(".mode > summary").click()
    with screen.page.expect_response("**/mode/") as answered:
        screen.ends.locator("[data-verb=mode]").get_by_role("button", name="Tutorial").click()
    assert answered.value.status == 204
    fake.script(text="Step one.")
    screen.ask_whole("My code throws an error")
    expect(screen.ends.last.locator(".mode > summary")).to_contain_text("Tutorial")


def test_there_is_no_barrier_and_a_phone_is_wide_enough(screen, fake):
    fake.script(**SUM)
    screen.ask_whole("How much is 19 * 23?", model="tools")
    cards(screen).locator("summary").click()
    screen.ends.locator(".mode > summary").click()
    assert examine(screen.page) == {}
    assert too_wide(screen.page) <= 0


def test_without_javascript_too(window, ada, fake):
    plain = Screen(window(ada, java_script_enabled=False).new_page(), ada).open()
    fake.script(text="Hello to you.")
    plain.composer.fill("Hello!")
    with plain.page.expect_navigation():
        plain.send_button.click()
    plain.until(lambda: plain.reload() or plain.ends.count() == 1)
    plain.ends.locator(".mode > summary").click()
    fake.script(text="class Hello: ...")
    with plain.page.expect_navigation():
        plain.ends.locator("[data-verb=retry]").get_by_role("button", name="Code assistant").click()
    plain.until(lambda: plain.reload() or plain.ends.count() == 1)
    expect(plain.ends.locator(".mode > summary")).to_contain_text("Code assistant")
