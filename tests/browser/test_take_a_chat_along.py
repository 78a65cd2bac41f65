"""Taking a chat along sharing it, and bringing it in again, in the browser."""

import json

import pytest
from playwright.sync_api import expect

from .screen import Screen, too_wide
from .test_read_with_any_ability import examine

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


def test_a_chat_is_exported_shared_and_imported_again(window, ada, fake):
    context = window(ada, accept_downloads=True, permissions=["clipboard-read", "clipboard-write"])
    screen = Screen(context.new_page(), ada).open()
    fake.script(text="Two **metres**.", rate=None)
    screen.ask_whole("How high is the tide?")
    page = screen.page
    page.get_by_role("button", name="Options for this session").click()
    page.get_by_role("button", name="Export…").click()
    dialog = page.get_by_role("dialog", name="Take this chat with you")
    with page.expect_download() as found:
        dialog.get_by_role("link", name="JSON", exact=True).click()
    assert found.value.suggested_filename == "How high is the tide.json"
    assert json.loads(found.value.path().read_text())["turns"][0]["messages"][1]["text"] == "Two **metres**."
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    screen.reload()
    page.get_by_role("button", name="Options for this session").click()
    page.get_by_role("link", name="Share…").click()
    page.get_by_role("button", name="Make link").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("[data-said]")).to_have_text("The link is copied.")
    conversation = page.url.split("/")[4]
    address = page.locator("#address").inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == address
    # Somebody who is not signed in, on a phone.
    phone = window(ada, signed_in=False, viewport=PHONE).new_page()
    phone.goto(address)
    expect(phone.get_by_role("heading", name="How high is the tide?")).to_be_visible()
    expect(phone.locator("strong")).to_have_text("metres")
    assert too_wide(phone) == 0
    assert examine(phone) == {}
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("revoked")
    assert phone.goto(address).status == 404

    # Brought in again, without a script.
    plain = window(ada, java_script_enabled=False, viewport=PHONE).new_page()
    plain.goto(f"{ada.url}/data/")
    plain.get_by_label("File", exact=True).set_input_files({"name": "x.json", "mimeType": "", "buffer": b"{}"})
    plain.get_by_role("button", name="Import").click()
    expect(plain.get_by_role("alert").filter(has_text="This is no export")).to_be_visible()
    plain.get_by_label("File", exact=True).set_input_files(found.value.path())
    plain.get_by_role("button", name="Import").click()
    expect(plain.get_by_role("heading", name="How high is the tide?")).to_be_visible()
    assert "/chat/" in plain.url and conversation not in plain.url
