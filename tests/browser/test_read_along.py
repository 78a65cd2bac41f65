"""Reading an answer while it is written, and taking parts of it along."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from .screen import Screen

pytestmark = pytest.mark.browser

# As a browser rounds scroll positions.
PIXELS = 2

TABLE_AND_CODE = """\
Here is a **function**:

```python
def double(value):
    return value * 2
```

| name | amount |
|---|---:|
| one | 1 |
"""


def grow(screen: Screen, letters: int) -> None:
    """Wait until the answer is so much longer."""
    begin = screen.length()
    screen.until(lambda: screen.length() > begin + letters)


def scrolled(screen: Screen) -> float:
    return screen.page.evaluate("scrollY")


def test_the_page_follows_the_answer_until_the_reader_scrolls_up(screen):
    jump = screen.page.get_by_role("button", name="Go to the latest message")
    screen.ask("A long read, tokens=4000")
    screen.writing()
    screen.until(lambda: scrolled(screen) > 500)
    screen.until(lambda: screen.distance() <= PIXELS, what="it follows")
    expect(jump).to_be_hidden()

    screen.page.mouse.move(640, 300)
    screen.page.mouse.wheel(0, -450)
    expect(jump).to_be_visible()
    place = scrolled(screen)
    grow(screen, 800)
    assert abs(scrolled(screen) - place) <= PIXELS, "the reader is left alone"

    jump.click()
    screen.until(lambda: screen.distance() <= PIXELS)
    expect(jump).to_be_hidden()
    grow(screen, 800)
    screen.until(lambda: screen.distance() <= PIXELS, what="it follows again")
    screen.page.keyboard.press("Escape")
    screen.at_rest()


def test_asking_brings_the_reader_back_to_the_end(screen, fake):
    fake.script(text="A line.\n\n" * 80)
    screen.ask_whole("Many lines")
    screen.page.evaluate("scrollTo(0, 0)")
    expect(screen.page.get_by_role("button", name="Go to the latest message")).to_be_visible()
    fake.script(text="The end.")
    screen.ask_whole("And then?")
    screen.until(lambda: screen.distance() <= PIXELS)


def test_a_selection_survives_the_words_that_follow(screen):
    screen.ask("Something to quote, tokens=2000")
    screen.until(lambda: screen.prose.locator("p").count() >= 2)
    screen.page.evaluate("getSelection().selectAllChildren(document.querySelector('#thread .prose p'))")
    chosen = screen.page.evaluate("String(getSelection())")
    grow(screen, 600)
    assert screen.page.evaluate("String(getSelection())") == chosen != ""
    screen.page.keyboard.press("Escape")
    screen.at_rest()


@pytest.fixture
def copying(window, ada, fake) -> Screen:
    """A page that may use the clipboard, with an answer worth copying."""
    context = window(ada)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    screen = Screen(context.new_page(), ada).open()
    fake.script(text=TABLE_AND_CODE)
    screen.ask_whole("Something to copy")
    return screen


def clipboard(screen: Screen) -> str:
    return screen.page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("moment", ["live", "after a reload"])
def test_code_is_copied_without_its_frame(copying, moment):
    if moment == "after a reload":
        copying.reload()
    copying.page.get_by_role("button", name="Copy", exact=True).click()
    expect(copying.page.locator("[data-copy-code] use")).to_have_attribute("href", re.compile("#i-check$"))
    assert clipboard(copying) == "def double(value):\n    return value * 2\n"


def test_messages_are_copied_as_they_are_read(copying):
    copying.page.get_by_role("button", name="Copy this answer").click()
    expect(copying.page.locator("[data-announce]")).to_have_text("Copied.")
    text = clipboard(copying)
    assert text.startswith("Here is a function:")
    assert "return value * 2" in text
    assert "Copy" not in text
    copying.questions.hover()
    copying.page.get_by_role("button", name="Copy this question").click()
    copying.until(lambda: clipboard(copying) == "Something to copy")


def test_times_are_those_of_the_reader(window, ada, fake):
    screen = Screen(window(ada, timezone_id="Asia/Tokyo", locale="en-GB").new_page(), ada).open()
    fake.script(text="On time.")
    screen.ask_whole("What time is it?")
    for _ in ("live", "after a reload"):
        time = screen.questions.locator("time")
        when = datetime.fromisoformat(time.get_attribute("datetime")).astimezone(ZoneInfo("Asia/Tokyo"))
        # Whether midnight is 0:00 or 00:00 is the browser's to say.
        expect(time).to_have_text(re.compile(rf"^0?{when.hour}:{when:%M}$"))
        screen.reload()
