"""A conversation of many turns: its end first, what is earlier on the way up, and paper."""

import json
import uuid

import pytest
from playwright.sync_api import expect

from .screen import Screen, until

pytestmark = pytest.mark.browser

TURNS = 24
SHOWN = 18
MOST_ELEMENTS = 3000
NEAR_PIXELS = 4
DISTANCE = "document.documentElement.scrollHeight - innerHeight - scrollY"
MOST_SHIFTED = 0.02
PARAGRAPHS = "So it goes on, line by line, until there is more of it than a window shows at a time.\n\n" * 30
WATCH_SHIFTS = """
    window.shifted = 0;
    const add = entry => { if (!entry.hadRecentInput) shifted += entry.value; };
    new PerformanceObserver(list => list.getEntries().forEach(add)).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="package")
def long_talk(ada) -> str:
    """The address of a conversation of many turns."""
    conversation = str(uuid.uuid4())
    with ada.client() as client:
        token = client.get("/chat/").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        for number in range(TURNS):
            body = {"message": f"Question {number}? tokens=60", "conversation_id": conversation, "model": "ollama/fast"}
            client.post("/api/chat/stream/", json=body, headers={"X-CSRFToken": token}).raise_for_status()
    return f"/chat/{conversation}/"


def test_the_end_is_there_first_and_a_page_stays_small(screen, long_talk):
    screen.open(long_talk)
    expect(screen.questions).to_have_count(SHOWN)
    expect(screen.questions.last).to_be_in_viewport()
    assert screen.page.evaluate("document.querySelectorAll('*').length") <= MOST_ELEMENTS
    screen.page.wait_for_load_state("networkidle")
    # The snapshot of the socket names more turns than the page shows: nothing is fetched anew for that.
    expect(screen.questions).to_have_count(SHOWN)


def test_a_reload_ends_at_the_end_and_nothing_moves_meanwhile(window, ada, long_talk):
    page = window(ada).new_page()
    page.add_init_script(WATCH_SHIFTS)
    for _ in range(4):
        page.goto(ada.url + long_talk) if page.url == "about:blank" else page.reload()
        page.wait_for_load_state("networkidle")
        until(page, lambda: page.evaluate(DISTANCE) <= NEAR_PIXELS, what="The end is in view")
        assert page.evaluate("shifted") <= MOST_SHIFTED
        # Wherever the reader was: one who comes back by a reload wants the end, as one who comes anew.
        page.mouse.move(640, 300)
        page.mouse.wheel(0, -700)
        until(page, lambda: page.evaluate(DISTANCE) > NEAR_PIXELS, what="The reader scrolls up")


def test_earlier_messages_come_as_the_reader_gets_there_and_nothing_jumps(screen, long_talk):
    screen.open(long_talk)
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    first = screen.questions.filter(has_text=f"Question {TURNS - SHOWN}?")
    expect(first).to_have_count(1)
    screen.page.evaluate("scrollTo(0, 100)")
    before = first.bounding_box()["y"]
    expect(screen.questions).to_have_count(TURNS)
    expect(screen.page.locator("[data-earlier]")).to_have_count(0)
    assert first.bounding_box()["y"] == pytest.approx(before, abs=2)
    assert screen.page.evaluate("scrollY") > 1000


def test_on_paper_there_is_the_conversation_and_nothing_around_it(screen, long_talk):
    screen.open(long_talk)
    screen.page.emulate_media(media="print")
    for gone in ("#sidebar", ".dock", "#thread [data-verb]", "#thread [data-speak]", "[data-earlier]"):
        assert not any(each.is_visible() for each in screen.page.locator(gone).all()), gone
    expect(screen.questions.last).to_be_visible()
    link = screen.page.locator("#thread .prose a[href^=http]").first
    assert "http" in link.evaluate("link => getComputedStyle(link, '::after').content")


def test_the_site_can_be_installed(screen):
    address = screen.page.locator("link[rel=manifest]").get_attribute("href")
    answer = screen.page.request.get(screen.person.url + address)
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = json.loads(answer.body())
    assert (manifest["start_url"], manifest["display"]) == ("/chat/", "standalone")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])
    for icon in manifest["icons"]:
        assert screen.page.request.get(f"{screen.person.url}/static/{icon['src']}").ok


@pytest.mark.parametrize("place", ["chat", "thread"])
def test_nothing_moves_but_the_thread_itself_while_an_answer_is_written(window, ada, fake, long_talk, place):
    """The dock, its veil and the mark at the end of the text stay where they are, whatever comes above them."""
    fake.script(text=PARAGRAPHS, rate=200)
    screen = Screen(window(ada).new_page(), ada)
    screen.page.add_init_script(WATCH_SHIFTS)
    screen.open(long_talk if place == "thread" else "/chat/")
    ends = screen.ends.count()
    screen.ask("Tell me all of it")
    screen.writing()
    before = screen.page.evaluate("shifted")
    expect(screen.ends).to_have_count(ends + 1)
    screen.at_rest()
    assert screen.page.evaluate("document.documentElement.scrollHeight > 2 * innerHeight")
    assert screen.page.evaluate("shifted") - before <= MOST_SHIFTED
