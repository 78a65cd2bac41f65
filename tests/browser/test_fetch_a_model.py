"""A model is fetched while staff look on: the bar moves by itself, is there after a reload, and can be stopped."""

import pytest
from playwright.sync_api import expect

from .people import sign_up
from .test_keep_a_chat import too_wide
from .test_look_into_a_case import RIGHTS
from .test_read_with_any_ability import WIDE, examine

pytestmark = pytest.mark.browser


def test_a_download_is_seen_live_survives_a_reload_and_is_cancelled(window, server):
    person = sign_up(server.url)
    server.manage("shell", "-v0", "-c", RIGHTS.format(email=person.email))
    page = window(person).new_page()
    page.set_viewport_size(WIDE)
    page.goto(f"{server.url}/admin/conversations/modelprofile/models/")
    name = f"slowest-{person.email.partition('@')[0]}"
    page.get_by_label("Its name in Ollama’s library").fill(name)
    page.get_by_role("button", name="Fetch it").click()
    bar = page.get_by_role("progressbar", name=name)
    # Moved by the page itself: what it came with was nothing.
    expect(bar).to_have_attribute("max", "4001000")
    page.reload()
    expect(bar).to_have_attribute("max", "4001000")
    page.get_by_role("button", name=f"Cancel {name}").click()
    expect(page.locator(".tasks li").filter(has_text=name)).to_contain_text("cancelled")
    expect(bar).to_have_count(0)
    assert examine(page) == {} and too_wide(page) <= 0
