"""What a first visit costs."""

import pytest
from playwright.sync_api import expect

from .screen import Screen

pytestmark = pytest.mark.browser

PAGE_BYTES = 120_000
OWN_SCRIPT_BYTES = 60_000


def test_the_first_chat_page_weighs_little_with_everything_loaded(window, ada):
    screen = Screen(window(ada).new_page(), ada)
    network = screen.page.context.new_cdp_session(screen.page)
    transferred: list[float] = []
    network.on("Network.loadingFinished", lambda event: transferred.append(event["encodedDataLength"]))
    network.send("Network.enable")
    scripts: list = []
    screen.page.on("response", lambda answer: "/static/js/" in answer.url and scripts.append(answer))
    screen.open()
    screen.page.wait_for_load_state("networkidle")
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    assert len(transferred) > 10, "page, styles, scripts and icons were counted"
    assert sum(transferred) <= PAGE_BYTES
    assert len(scripts) >= 10
    assert sum(len(script.body()) for script in scripts) <= OWN_SCRIPT_BYTES


def test_a_second_visit_fetches_the_page_alone(window, ada):
    screen = Screen(window(ada).new_page(), ada).open()
    screen.page.wait_for_load_state("networkidle")
    fetched: list[str] = []
    screen.page.on(
        "requestfinished", lambda request: request.sizes()["responseBodySize"] and fetched.append(request.url)
    )
    screen.open()
    screen.page.wait_for_load_state("networkidle")
    assert [url for url in fetched if "/static/" in url] == []
