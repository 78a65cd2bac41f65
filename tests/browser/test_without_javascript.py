"""With scripts switched off, forms and reloads carry the whole conversation."""

import pytest
from playwright.sync_api import Locator, expect

from .people import PASSWORD
from .screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(window, ada) -> Screen:
    """A page without scripts, at an empty chat."""
    return Screen(window(ada, java_script_enabled=False).new_page(), ada).open()


def press(plain: Screen, button: Locator) -> None:
    """Press a button and wait for the page that answers."""
    with plain.page.expect_navigation():
        button.click()


def ask(plain: Screen, text: str) -> None:
    plain.composer.fill(text)
    press(plain, plain.send_button)


def reload_until_over(plain: Screen, turns: int) -> None:
    """Reload until so many turns are over."""

    def over() -> bool:
        plain.reload()
        return plain.ends.count() == turns

    plain.until(over)


def test_sign_in_ask_and_read(window, ada, fake):
    plain = Screen(window(ada, signed_in=False, java_script_enabled=False).new_page(), ada).open("/accounts/login/")
    plain.page.get_by_label("E-mail").fill(ada.email)
    plain.page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(plain, plain.page.get_by_role("button", name="Sign in", exact=True))
    fake.script(text="No **scripts** needed.")
    ask(plain, "Without scripts?")
    expect(plain.questions.locator("[data-text]")).to_have_text("Without scripts?")
    reload_until_over(plain, 1)
    expect(plain.prose.locator("strong")).to_have_text("scripts")
    fake.script(text="Still none.")
    ask(plain, "And now?")
    reload_until_over(plain, 2)
    expect(plain.prose).to_have_text(["No scripts needed.", "Still none."])
    expect(plain.page.locator(".needs-script:visible")).to_have_count(0)


def test_stop_answer_again_and_step_between_versions(plain, fake):
    ask(plain, "A long one without scripts, tokens=4000")
    hint = plain.page.locator("noscript .notice")
    expect(hint).to_be_visible()
    expect(hint).to_have_text("The answer is being written. Reload to see it.")
    press(plain, plain.page.get_by_role("button", name="Stop answering"))
    reload_until_over(plain, 1)
    expect(plain.ends).to_have_attribute("data-status", "stopped")
    fake.script(text="In short.")
    press(plain, plain.page.get_by_role("button", name="Answer again"))
    reload_until_over(plain, 1)
    expect(plain.prose).to_have_text("In short.")
    expect(plain.page.locator(".versions")).to_contain_text("2 / 2")
    press(plain, plain.page.get_by_role("button", name="Previous version"))
    expect(plain.page.locator(".versions")).to_contain_text("1 / 2")
    expect(plain.ends).to_have_attribute("data-status", "stopped")


def test_edit(plain, fake):
    fake.script(text="Red.")
    ask(plain, "A colour?")
    reload_until_over(plain, 1)
    plain.questions.hover()
    plain.questions.locator(".edit > summary").click()
    plain.page.get_by_label("Your question, changed").fill("Another colour?")
    fake.script(text="Blue.")
    press(plain, plain.questions.get_by_role("button", name="Send"))
    reload_until_over(plain, 1)
    expect(plain.prose).to_have_text("Blue.")
    expect(plain.page.locator(".versions")).to_contain_text("2 / 2")


def test_what_went_wrong_is_told_after_the_form(plain):
    ask(plain, "   ")
    expect(plain.problem).to_be_visible()
    expect(plain.problem).not_to_be_empty()
