"""While there is no text yet the page says what is going on, and it is true; and it says who answers."""

import re

import pytest
from playwright.sync_api import expect

from .people import Person, sign_up
from .screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="package")
def guest(small) -> Person:
    """Somebody at the site without a model server."""
    return sign_up(small.url, name="")


STAGES = """
    () => {
      const line = document.querySelector("[data-working]");
      const stage = line.querySelector("[data-stage]");
      window.stagesSeen = new Set();
      const note = () => line.hidden || window.stagesSeen.add(stage.textContent);
      const everything = { subtree: true, childList: true, attributes: true, characterData: true };
      new MutationObserver(note).observe(line, everything);
    }
"""


def stages(screen: Screen) -> None:
    """Begin to note every line that says what is going on."""
    screen.page.evaluate(STAGES)


def seen(screen: Screen) -> list[str]:
    return screen.page.evaluate("[...window.stagesSeen]")


def test_a_model_that_must_be_loaded_is_said_to_be_loading(screen):
    stages(screen)
    screen.ask_whole("Wake up, tokens=20", model="loading-1")
    assert "Loading the model into memory" in seen(screen)
    expect(screen.working).to_be_hidden()


def test_a_model_that_reads_is_said_to_be_reading_and_a_clock_runs(screen, fake):
    fake.script(delay=6, text="Read.")
    screen.ask("Read this")
    expect(screen.working.locator("[data-stage]")).to_have_text("Reading your question")
    expect(screen.working.locator("[data-elapsed]")).to_have_text(re.compile(r"^[3-6] s$"))
    expect(screen.prose).to_have_text("Read.")
    expect(screen.working).to_be_hidden()


def test_the_line_is_announced_only_at_its_end(screen, fake):
    fake.script(text="Done.")
    screen.ask_whole("Quietly")
    expect(screen.page.locator("[data-announce]")).to_have_text("The answer is finished.")
    expect(screen.page.locator("#thread")).to_have_attribute("aria-live", "off")


def test_thinking_is_folded_away_and_told_apart_from_the_answer(screen, fake):
    fake.script(thinking="First I count. " * 40 + "Then I know.", text="Seven.", rate=100, held=0.5)
    stages(screen)
    screen.ask("How many?", model="thinking")
    thought = screen.answers.locator("[data-thought]")
    expect(thought).to_be_visible()
    expect(screen.working.locator("[data-stage]")).to_have_text("Thinking")
    expect(thought.locator("summary")).to_have_text("Thoughts so far")
    expect(thought.locator("[data-thinking]")).to_be_hidden()
    thought.locator("summary").click()
    expect(thought.locator("[data-thinking]")).to_contain_text("First I count.")
    fake.release()
    expect(screen.prose).to_have_text("Seven.")
    expect(thought.locator("summary")).to_have_text(re.compile(r"Thought for [\d.]+ s"))
    expect(thought.locator("[data-thinking]")).to_contain_text("Then I know.")
    assert "Thinking" in seen(screen)
    screen.at_rest()
    screen.reload()
    expect(screen.prose).to_have_text("Seven.")
    thought.locator("summary").click()
    expect(thought.locator("[data-thinking]")).to_contain_text("Then I know.")


def test_the_menu_offers_the_models_and_the_chosen_one_answers(screen, fake):
    screen.page.locator("[popovertarget=model-menu]").click()
    menu = screen.page.locator("#model-menu")
    expect(menu.get_by_role("radio", name="paced-200")).to_be_checked()
    expect(menu.locator("label").filter(has_text="images-echo")).to_contain_text("Vision")
    expect(menu.locator("label").filter(has_text="thinking-paced-50")).to_contain_text("Thinking")
    screen.page.keyboard.press("Escape")
    screen.ask_whole("Who answers? tokens=8", model="fast")
    expect(screen.page.locator("[data-model-name]")).to_have_text("fast")
    expect(screen.ends.locator(".meta > span").first).to_have_text("fast")
    assert fake.asked("Who answers? tokens=8")[0]["body"]["model"] == "fast:latest"
    screen.reload()
    expect(screen.page.locator("[data-model-name]")).to_have_text("fast")


def test_without_a_model_the_page_says_that_this_is_no_ai_and_how_to_get_one(window, guest):
    screen = Screen(window(guest).new_page(), guest).open()
    notice = screen.page.locator(".demo")
    expect(notice).to_contain_text("This is the demo model. It is not an AI.")
    notice.locator("summary").click()
    expect(notice.get_by_text("ollama pull")).to_be_visible()
    expect(notice.get_by_text("OPENAI_BASE_URL")).to_be_visible()
    screen.ask("Are you there?")
    expect(screen.prose.locator("h3").first).to_have_text("This is a demonstration, not an AI")
    expect(screen.page.locator(".demo")).to_be_visible()
    screen.page.keyboard.press("Escape")
    screen.at_rest()


def test_who_waits_in_line_sees_how_many_are_ahead(window, narrow):
    somebody = sign_up(narrow.url)
    context = window(somebody)
    tabs = [Screen(context.new_page(), somebody).open() for _ in range(3)]
    places = {tabs[1]: "Next in line", tabs[2]: "Waiting in line, 1 ahead of you"}
    for tab in tabs:
        tab.page.bring_to_front()
        # Longer than anybody looks.
        tab.ask("One after the other, tokens=4000")
        if tab is tabs[0]:
            tab.writing()
        else:
            # Its place is taken before the next one asks.
            expect(tab.working.locator("[data-stage]")).to_have_text(places[tab])
    first, second, third = tabs
    third.reload()
    expect(third.working.locator("[data-stage]")).to_have_text("Waiting in line, 1 ahead of you")
    first.stop_button.click()
    second.writing()
    expect(third.working.locator("[data-stage]")).to_have_text("Next in line")
    third.stop_button.click()
    expect(third.ends).to_have_attribute("data-status", "stopped")
    second.stop_button.click()
    expect(second.ends).to_have_attribute("data-status", "stopped")
