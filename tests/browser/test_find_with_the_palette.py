"""⌘K: chats, commands and settings by what is typed, and the way to a message that was found."""

import re
import time

import pytest
from playwright.sync_api import expect

from .people import sign_up
from .screen import Screen

pytestmark = pytest.mark.browser


def test_find_a_message_in_another_version_and_far_back(server, window, fake):
    person = sign_up(server.url)
    screen = Screen(window(person).new_page(), person).open()
    page = screen.page
    fake.script(text="The lighthouse of Alexandria.")
    screen.ask_whole("Tell me of a tower")
    fake.script(text="The tower of Babel.")
    page.get_by_role("button", name="Answer again").click()
    expect(screen.prose).to_have_text("The tower of Babel.")
    screen.at_rest()
    path = screen.path

    # From another page, by keyboard alone, with the beginning of a word.
    screen.open("/usage/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search chats, commands and settings")
    expect(field).to_be_focused()
    expect(page.get_by_role("option", name="Tell me of a tower")).to_be_visible()
    field.press_sequentially("alexandr")
    found = page.get_by_role("option").filter(has_text="lighthouse")
    expect(found).to_have_attribute("aria-selected", "true")
    expect(found.locator("mark")).to_have_text("Alexandria")
    expect(field).to_have_attribute("aria-activedescendant", re.compile("palette-hit"))
    page.keyboard.press("Enter")
    # In the version that it is in.
    expect(screen.prose).to_have_text("The lighthouse of Alexandria.")
    expect(page.locator(".sought")).to_be_focused()
    expect(page.locator(".sought")).to_be_in_viewport()
    assert screen.path == path

    # Commands: the ones that fit, and what they do.
    page.keyboard.press("Control+k")
    field.fill("dark")
    expect(page.get_by_role("option")).to_have_text(["Dark theme"])
    with page.expect_response("**/theme/"):
        page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#palette")).to_be_hidden()
    page.get_by_role("link", name="Search and commands").click()
    field.fill("zzz nothing of the kind")
    expect(page.locator("#palette-list")).to_contain_text("Nothing was found.")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()

    page.keyboard.press("Control+k")
    field.fill("archive")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.get_by_role("option", name="Archive this chat").click()
    expect(page.get_by_role("heading", name=re.compile("^Hello"))).to_be_visible()
    expect(screen.chats).to_have_count(0)

    screen.open("/search/?q=tower")
    expect(page.locator(".hits li")).to_have_count(4)
    page.locator(".hits a").filter(has_text="Babel").click()
    expect(page.locator(".sought .prose")).to_have_text("The tower of Babel.")


def test_jump_far_back_into_a_long_thread(server, window):
    person = sign_up(server.url)
    conversation = "7c5b2e0e-6b0f-4b9c-9a53-3a8d2f1f0a11"
    with person.client() as client:
        token = client.get("/chat/").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        headers = {"X-CSRFToken": token, "Referer": person.url}
        for number in range(75):
            text = f"Question number {number}, tokens=1"
            asked = client.post(
                f"/api/conversations/{conversation}/turns/",
                json={"text": text, "model": "ollama/fast"},
                headers=headers,
            )
            assert asked.status_code == 202, asked.text
            turn = asked.json()["turn"]["id"]
            while client.get(f"/api/turns/{turn}/").json()["status"] in {"queued", "running"}:
                time.sleep(0.02)
    screen = Screen(window(person).new_page(), person).open("/search/?q=%22number+7%22")
    screen.page.locator(".hits a").click()
    expect(screen.page.locator(".sought [data-text]")).to_have_text("Question number 7, tokens=1")
    expect(screen.page.locator(".sought")).to_be_in_viewport()
    # What came before is near, so it comes by itself.
    expect(screen.questions).to_have_count(8 + 10 + 18)
    # What is missing between comes without moving what is being read, until nothing is missing.
    later = screen.page.get_by_role("link", name="Show what came after this")
    top = screen.page.locator(".sought").bounding_box()["y"]
    for count in (8 + 28 + 18, 8 + 46 + 18, 75):
        later.evaluate("link => link.click()")
        expect(screen.questions).to_have_count(count)
    expect(later).to_have_count(0)
    assert abs(screen.page.locator(".sought").bounding_box()["y"] - top) < 2
    numbers = [int(re.findall(r"\d+", each)[0]) for each in screen.questions.locator("[data-text]").all_text_contents()]
    assert numbers == list(range(75))
