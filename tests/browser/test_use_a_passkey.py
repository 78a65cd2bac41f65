"""Passkeys and codes on the pages, with an authenticator that Chromium plays itself."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import BrowserContext, Page, expect

from .people import PASSWORD, Person, sign_up
from .screen import too_wide
from .test_read_with_any_ability import examine

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def guarded(server) -> Person:
    """Somebody whose browser calls the site localhost: passkeys are for names and not for numbers."""
    return sign_up(server.url.replace("127.0.0.1", "localhost"))


def authenticator(page: Page, *, verified: bool = True) -> None:
    """Give a page a device that makes passkeys, with a finger that is the right one or is not."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": kind | {"isUserVerified": verified}})


def confirm(page: Page) -> None:
    """Enter the password once more."""
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm", exact=True).click()


def enter_password(page: Page, person: Person) -> None:
    page.goto(f"{person.url}/accounts/login/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(context: BrowserContext) -> None:
    context.clear_cookies()


def add_passkey(page: Page, person: Person) -> None:
    page.goto(f"{person.url}/settings/security/")
    page.get_by_role("link", name="Add a passkey…").click()
    confirm(page)
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE])
def test_a_passkey_is_added_lets_in_by_itself_and_is_removed(window, guarded, viewport):
    context = window(guarded, viewport=viewport)
    page = context.new_page()
    authenticator(page)
    add_passkey(page, guarded)
    assert page.locator(".codes li").count() == 10
    assert too_wide(page) <= 0
    sign_out(context)
    page.goto(f"{guarded.url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()
    page.goto(f"{guarded.url}/settings/security/")
    expect(page.get_by_text("Work laptop", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Remove Work laptop").click()
    # A sign-in is not yet a confirmation, and a password confirms nothing where there is a passkey.
    expect(page.get_by_role("link", name="Use a code instead")).to_be_visible()
    expect(page.get_by_role("link", name="Use the password instead")).to_have_count(0)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("The passkey was removed.")).to_be_visible()
    sign_out(context)
    page.goto(f"{guarded.url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That did not work. Try again.")).to_be_visible()


def test_a_passkey_is_the_second_step_after_a_password(window, guarded):
    context = window(guarded)
    page = context.new_page()
    authenticator(page)
    add_passkey(page, guarded)
    code = page.locator(".codes li").first.inner_text()
    sign_out(context)
    enter_password(page, guarded)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()
    sign_out(context)
    enter_password(page, guarded)
    page.get_by_label("Code from your app").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()


def test_a_wrong_finger_adds_nothing_and_is_told(window, guarded):
    page = window(guarded).new_page()
    authenticator(page, verified=False)
    page.goto(f"{guarded.url}/settings/security/passkeys/add/")
    confirm(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was signed.")


def test_an_app_is_set_up_and_asked_for(window, guarded):
    context = window(guarded, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{guarded.url}/settings/security/")
    page.get_by_role("link", name="Set up…").click()
    confirm(page)
    expect(page.get_by_role("img", name="The secret as a QR code")).to_be_visible()
    page.get_by_text("I cannot scan it").click()
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Code that the app shows").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert len(download.value.path().read_text().split()) == 10
    sign_out(context)
    enter_password(page, guarded)
    page.get_by_label("Code from your app").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("That code is not right")).to_be_visible()
    assert not examine(page)
    page.get_by_label("Code from your app").fill(code_of(secret, ahead=1))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()


def code_of(secret: str, ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))
