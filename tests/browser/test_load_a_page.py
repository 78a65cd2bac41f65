"""What a first visit costs."""

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Response, expect

from .screen import Screen

pytestmark = pytest.mark.browser

PAGE_BYTES = 150_000
OWN_SCRIPT_BYTES = 60_000
# What a page with messages fetches besides.
MESSAGE_SCRIPT_BYTES = 5_000


@dataclass
class Traffic:
    """What went over the line for a page: bytes by address; what came from the browser's own store is not in it."""

    bytes_of: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, page: Page) -> "Traffic":
        """Begin to count."""
        traffic, urls, kept = cls(), {}, set()
        network = page.context.new_cdp_session(page)
        network.on(
            "Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]})
        )
        network.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))

        def finished(event: dict) -> None:
            if event["requestId"] not in kept and event["encodedDataLength"]:
                traffic.bytes_of[urls[event["requestId"]]] = event["encodedDataLength"]

        network.on("Network.loadingFinished", finished)
        network.send("Network.enable")
        return traffic


def load(screen: Screen) -> None:
    screen.open()
    screen.page.wait_for_load_state("networkidle")
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()


def test_the_first_chat_page_weighs_little_with_everything_loaded(window, ada):
    screen = Screen(window(ada).new_page(), ada)
    traffic = Traffic.of(screen.page)
    scripts: list[Response] = []
    screen.page.on("response", lambda answer: "/static/js/" in answer.url and scripts.append(answer))
    load(screen)
    assert len(traffic.bytes_of) > 20, "page, styles, scripts and icons were counted"
    assert sum(traffic.bytes_of.values()) <= PAGE_BYTES
    assert len(scripts) > 10
    assert sum(len(script.body()) for script in scripts) <= OWN_SCRIPT_BYTES


def test_a_conversation_fetches_what_shows_messages_besides(screen):
    screen.ask_whole("What is a tide? tokens=10")
    scripts: list[Response] = []
    screen.page.on("response", lambda answer: "/static/js/" in answer.url and scripts.append(answer))
    screen.reload()
    screen.page.wait_for_load_state("networkidle")
    sizes = {script.url.rpartition("/")[2].partition(".")[0]: len(script.body()) for script in scripts}
    assert "chat-message" in sizes
    assert {"copying", "hands", "palette", "quoting", "chat-uploads"} & sizes.keys() == set()
    assert sum(sizes.values()) <= OWN_SCRIPT_BYTES + MESSAGE_SCRIPT_BYTES


def test_what_is_fetched_on_demand_does_what_the_first_press_asked_for(screen):
    screen.ask_whole("What is a tide? tokens=10")
    screen.reload()
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    fetched: list[str] = []
    screen.page.on("request", lambda request: fetched.append(request.url))
    # No pointer came near before: a press by a program, as by some helps for people, is the first that is heard.
    screen.page.evaluate("document.querySelector('#thread [data-verb=feedback] [value=up]').click()")
    expect(screen.page.get_by_role("button", name="Good answer", exact=True)).to_have_attribute("aria-pressed", "true")
    assert any("/js/hands." in url for url in fetched)
    screen.page.keyboard.press("Control+k")
    expect(screen.page.locator("dialog#palette")).to_be_visible()


def test_a_second_visit_fetches_the_page_alone(window, ada):
    screen = Screen(window(ada).new_page(), ada)
    load(screen)
    traffic = Traffic.of(screen.page)
    load(screen)
    assert list(traffic.bytes_of) == [f"{ada.url}/chat/"]
