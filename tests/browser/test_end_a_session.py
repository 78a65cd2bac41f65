"""Ending a session in the browser, seeing what it came to, and rating it; with scripts and without."""

import pytest
from playwright.sync_api import expect

from .screen import Screen

pytestmark = pytest.mark.browser


def end(page) -> None:
    """End the session from its menu."""
    page.get_by_role("button", name="Options for this session").click()
    page.get_by_role("button", name="End session").click()


def test_it_ends_in_every_tab_and_opens_again_with_the_next_question(screen, window, ada, fake):
    fake.script(text="Two metres.", rate=None)
    screen.ask_whole("How high is the tide?")
    other = Screen(window(ada).new_page(), ada).open(screen.path)
    end(screen.page)
    for each in (screen, other):
        expect(each.page.locator("[data-ended]")).to_be_visible()
        expect(each.page.locator("[data-ended]")).to_contain_text("This session has ended. Summary")
        expect(each.page.locator("[data-ended-badge]")).to_be_visible()
    fake.script(text="One metre.", rate=None)
    other.ask_whole("And at night?")
    for each in (screen, other):
        expect(each.page.locator("[data-ended]")).to_be_hidden()
        expect(each.page.locator("[data-ended-badge]")).to_be_hidden()


def test_a_new_chat_has_its_menu_once_it_has_begun(screen, fake):
    menu = screen.page.get_by_role("button", name="Options for this session")
    expect(menu).to_be_hidden()
    fake.script(text="Two metres.", rate=None)
    screen.ask_whole("How high is the tide?")
    menu.click()
    screen.page.get_by_role("link", name="Summary").first.click()
    expect(screen.page.get_by_role("heading", name="How high is the tide?")).to_be_visible()
    assert screen.path.endswith("/summary/")


def test_the_summary_can_be_read_and_the_session_rated(screen, fake):
    fake.script(text="Two metres at noon, and one at night.", rate=None)
    screen.ask_whole("How high is the tide?")
    end(screen.page)
    screen.page.locator("[data-ended] a").click()
    page = screen.page
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Session ended")
    page.locator(".stars label").nth(3).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".stars input:checked")).to_have_value("4")
    expect(page.locator(".timeline")).to_contain_text("Rated")


def test_without_scripts_forms_carry_it(window, ada, fake):
    plain = Screen(window(ada, java_script_enabled=False).new_page(), ada).open()
    fake.script(text="Two metres.", rate=None)
    plain.composer.fill("How high is the tide, without scripts?")
    plain.send_button.click()

    def over() -> bool:
        plain.reload()
        return plain.ends.count() == 1

    plain.until(over)
    end(plain.page)
    page = plain.page
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.locator(".stars label").nth(4).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".stars input:checked")).to_have_value("5")
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.locator("[data-ended]")).to_be_visible()
