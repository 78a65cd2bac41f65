"""Make an API key on its page, copy it, use it, and revoke it."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from .people import Person, sign_up
from .screen import until
from .test_read_with_any_ability import examine, too_wide

pytestmark = pytest.mark.browser

SECRET = re.compile(r"^cs_[0-9a-f]{8}_[0-9A-Za-z]{43}$")
# What a program that writes on the clipboard finds there, read by a paste.
PASTE = "navigator.clipboard.readText()"


@pytest.fixture
def maker(server) -> Person:
    """Somebody who has no key yet."""
    return sign_up(server.url)


def make(page: Page, name: str) -> str:
    """Make a key and return its secret."""
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make key").click()
    expect(page.locator("#secret")).to_have_text(SECRET)
    return page.locator("#secret").inner_text()


def status(person: Person, secret: str) -> int:
    return httpx.get(f"{person.url}/api/auth/me/", headers={"x-api-key": secret}, timeout=30).status_code


def test_make_copy_use_and_revoke(window, maker):
    context = window(maker)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{maker.url}/chat/")
    page.locator("[popovertarget=user-menu]").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Settings").get_by_role("link", name="API keys").click()
    expect(page.get_by_text("You have no key in use.")).to_be_visible()
    secret = make(page, "Home dashboard")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert until(page, lambda: page.evaluate(PASTE)) == secret
    assert status(maker, secret) == 200
    page.goto(page.url)
    expect(page.locator("#secret")).to_have_count(0)
    expect(page.locator(".key-list li strong")).to_have_text(["Home dashboard"])
    page.get_by_role("link", name="Revoke Home dashboard").click()
    expect(page.get_by_role("heading", name="Revoke this key?")).to_be_visible()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text("“Home dashboard” was revoked.")).to_be_visible()
    assert status(maker, secret) == 401


def test_reloading_the_page_with_the_key_neither_shows_it_again_nor_makes_another(window, maker):
    page = window(maker).new_page()
    page.goto(f"{maker.url}/accounts/keys/")
    make(page, "Once")
    page.reload()
    expect(page.locator("#secret")).to_have_count(0)
    expect(page.get_by_text("This key was already made.")).to_be_visible()
    expect(page.locator(".key-list li strong")).to_have_text(["Once"])


def test_without_scripts(window, maker):
    page = window(maker, java_script_enabled=False).new_page()
    page.goto(f"{maker.url}/accounts/keys/")
    secret = make(page, "Plain")
    expect(page.locator(".needs-script:visible")).to_have_count(0)
    assert status(maker, secret) == 200
    page.get_by_role("link", name="Revoke Plain").click()
    page.get_by_role("button", name="Revoke key").click()
    page.get_by_text("Revoked and expired keys (1)").click()
    expect(page.locator(".key-list .badge[data-tone=warn]")).to_have_text("revoked")
    assert status(maker, secret) == 401


def test_no_page_of_keys_has_a_barrier_or_outgrows_a_narrow_window(window, maker):
    page = window(maker).new_page()
    address = f"{maker.url}/accounts/keys/"
    page.goto(address)
    assert examine(page) == {}
    make(page, "W" * 100)
    assert examine(page) == {}
    assert too_wide(page) <= 0
    page.get_by_role("link", name="Revoke").click()
    assert examine(page) == {}
    assert too_wide(page) <= 0
    page.get_by_role("button", name="Revoke key").click()
    page.locator(".fold > summary").click()
    assert examine(page) == {}
    page.get_by_label("Name").fill("x")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Make key").click()
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    assert examine(page) == {}
    assert too_wide(page) <= 0
