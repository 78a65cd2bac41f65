"""The composer shows how full the model's window is after each answer, and what was summarised can be unfolded."""

import pytest
from playwright.sync_api import expect

from .screen import Screen, too_wide

pytestmark = pytest.mark.browser


def meter(screen: Screen):
    return screen.page.locator("[data-window-meter]")


def test_the_meter_appears_with_the_first_count_and_stays_after_a_reload(screen):
    expect(meter(screen)).to_be_hidden()
    screen.ask_whole("How full is it? tokens=20", model="fast")
    expect(meter(screen)).to_be_visible()
    label = meter(screen).get_attribute("aria-label")
    assert label and label.startswith("Context window: ") and label.endswith(" of 8,192 tokens used")
    used = int(meter(screen).get_attribute("value") or 0)
    screen.ask_whole("And now? tokens=60", model="fast")
    assert int(meter(screen).get_attribute("value") or 0) > used
    label = meter(screen).get_attribute("aria-label")
    screen.reload()
    expect(meter(screen)).to_have_attribute("aria-label", label or "")


def test_an_answer_that_nobody_counted_hides_it_again(screen):
    screen.ask_whole("How full is it? tokens=20", model="fast")
    expect(meter(screen)).to_be_visible()
    screen.ask_whole("And now? tokens=20", model="no-usage")
    expect(meter(screen)).to_be_hidden()


def test_what_was_summarised_unfolds(screen):
    screen.ask_whole("My name is Ada. tokens=20", model="window-2048")
    for number in range(3):
        screen.ask_whole(f"{'What is to be done with the pump of this hall? ' * 40} {number} tokens=20")
    summary = screen.ends.last.locator("[data-digest]")
    expect(summary.locator("summary")).to_contain_text("earlier messages summarised")
    summary.locator("summary").click()
    expect(summary).to_contain_text("My name is Ada.")
    assert too_wide(screen.page) <= 0
