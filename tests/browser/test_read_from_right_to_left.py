"""A language that is read from right to left turns the page; words in it stand right on any page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.support.server import Server
from tests.support.services import running

from .people import Person, sign_up
from .screen import Screen

pytestmark = pytest.mark.browser

QUESTION = "كيف حالك اليوم؟"


@pytest.fixture(scope="module")
def turned(tmp_path_factory, fake) -> Iterator[Server]:
    """A running site that offers Arabic."""
    settings = {"OLLAMA_BASE_URL": fake.url, "DEFAULT_MODEL": "ollama/paced-200", "LANGUAGES": "en,ar"}
    yield from running(Server(folder=tmp_path_factory.mktemp("turned"), LOG_LEVEL="WARNING", **settings), "--no-jobs")


@pytest.fixture(scope="module")
def reader(turned: Server) -> Person:
    return sign_up(turned.url)


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_turned_and_nothing_sticks_out(window, reader, width):
    screen = Screen(window(reader, locale="ar", viewport={"width": width, "height": 800}).new_page(), reader).open()
    page = screen.page
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    screen.ask_whole(QUESTION)
    for path in (screen.path, "/settings/looks/", "/usage/", "/data/"):
        screen.open(path)
        # What sticks out on either side makes the page wider than the window.
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    # What points back points to the right, and what points up stays.
    assert page.locator("a > .sideways").first.evaluate("icon => getComputedStyle(icon).scale") == "-1 1"
    screen.open()
    assert page.locator("#composer .icon").first.evaluate("icon => getComputedStyle(icon).scale") == "none"
    if width > 1000:
        box = page.locator("#sidebar").bounding_box()
        assert box and box["x"] > width / 2
    else:
        page.locator("[data-open-sidebar]").click()
        expect(page.locator("#sidebar")).to_be_in_viewport()
        box = page.locator("#sidebar").bounding_box()
        assert box and box["x"] + box["width"] > width - 20


def test_a_question_in_arabic_stands_right_on_an_english_page(window, reader):
    screen = Screen(window(reader, locale="en-GB").new_page(), reader).open()
    screen.ask_whole(QUESTION)
    said = screen.questions.last.locator("[data-text]")
    assert said.evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert screen.page.evaluate("getComputedStyle(document.documentElement).direction") == "ltr"
