"""`python -m benchmarks.thread`: what a long conversation costs a browser, and typing while an answer streams.

A real server with a fake model server, a conversation of 10,000 messages, and Chromium without a window; `--slow 4`
takes a processor that is four times slower. The last column says what each figure must not go beyond.
"""

import argparse
import re
import statistics
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.people import CSRF_FIELD, Person
from tests.browser.screen import PATIENCE_SECONDS, Screen, until
from tests.fake_model import answer_text, spawn
from tests.support.server import Server

MODEL = "paced-50"
TOKENS_PER_SECOND = 100
SIGN_IN = re.compile(r"Sign in as (\S+) with the password (\S+)")
KEY_MILLISECONDS = 150
ANSWER_SECONDS = 240

# Runs before anything else of the page.
WATCH = """
    window.seen = { shifted: 0, longest: 0, keys: [], shown: null };
    const watch = (type, hear, options = {}) =>
      new PerformanceObserver(list => list.getEntries().forEach(hear)).observe({ type, buffered: true, ...options });
    watch("layout-shift", entry => { if (!entry.hadRecentInput) seen.shifted += entry.value; });
    watch("longtask", entry => { seen.longest = Math.max(seen.longest, entry.duration); });
    const key = entry => { if (entry.name === "keydown") seen.keys.push(entry.duration); };
    watch("event", key, { durationThreshold: 16 });
    const look = () => {
      const last = [...document.querySelectorAll("#thread > chat-message")].at(-1);
      const box = last?.getBoundingClientRect();
      if (box && box.bottom > 0 && box.top < innerHeight) seen.shown = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
"""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kilobytes", type=int, default=64, help="how long the answer is that streams")
    parser.add_argument("--slow", type=float, default=1, help="how many times slower the processor is taken to be")
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with spawn() as fake, tempfile.TemporaryDirectory() as folder, chromium.launch() as browser:
        server = Server(folder=Path(folder), OLLAMA_BASE_URL=fake, DEFAULT_MODEL=f"ollama/{MODEL}", LOG_LEVEL="WARNING")
        try:
            server.start("--no-jobs")
            person, path = fill(server, options.messages)
            page = open_window(browser, person, options.slow)
            rows = [*loading(page, person, path), *streaming(page, person, fake, options.kilobytes * 1024)]
        finally:
            server.close()
    said = f"{options.kilobytes} KB at {TOKENS_PER_SECOND} tokens/s"
    print(f"{options.messages:,} messages, {said}, processor ÷ {options.slow:g}\n")
    print("| what | measured | at most |\n|---|---|---|")
    for what, measured, most in rows:
        print(f"| {what} | {measured} | {most} |")


def fill(server: Server, messages: int) -> tuple[Person, str]:
    """Return somebody with a conversation of so many messages, and its address."""
    told = server.manage(
        "seed_demo", "--conversations=5", "--messages=20", "--users=1", f"--long={messages}", "--force"
    )
    email, password = SIGN_IN.search(told).groups()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        token = CSRF_FIELD.search(client.get("/accounts/login/").text)[1]
        form = {"csrfmiddlewaretoken": token, "login": email, "password": password}
        assert client.post("/accounts/login/", data=form).status_code == 302
        found = client.get("/api/conversations/?page_size=100").json()["results"]
        longest = max(found, key=lambda each: each["message_count"])
        return Person(server.url, email, tuple(client.cookies.items())), f"/chat/{longest['id']}/"


def open_window(browser: Browser, person: Person, slow: float) -> Page:
    """Return a page that counts what happens in it."""
    page = person.enter(browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
    page.add_init_script(WATCH)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
    return page


def loading(page: Page, person: Person, path: str) -> list[tuple[str, str, str]]:
    """Return what it takes to open the conversation."""
    network, sizes = page.context.new_cdp_session(page), []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.send("Network.enable")
    # The first visit fills what the browser keeps, and the server's own stores.
    page.goto(person.url + path)
    page.wait_for_load_state("networkidle")
    weight, shown = sum(sizes), []
    for _ in range(5):
        page.reload()
        shown.append(until(page, lambda: page.evaluate("seen.shown"), what="The last message is shown"))
        page.wait_for_load_state("networkidle")
    nodes = page.evaluate("document.querySelectorAll('*').length")
    return [
        ("last messages on screen, median of 5", f"{statistics.median(shown):.0f} ms", "500 ms"),
        ("elements of the page", f"{nodes:,}", "3,000"),
        ("all that a first visit fetches", f"{weight / 1000:.0f} KB", "150 KB"),
    ]


def streaming(page: Page, person: Person, fake: str, size: int) -> list[tuple[str, str, str]]:
    """Return what typing and the page do while a long answer is written."""
    question = next(
        words
        for words in (f"Tell me all of it. tokens={count}" for count in range(size // 8, size, 500))
        if len(answer_text(model=MODEL, message=words).encode()) >= size
    )
    screen = Screen(page, person)
    page.evaluate("Object.assign(seen, { longest: 0, keys: [] })")
    before = screen.ends.count()
    httpx.post(f"{fake}/_script", json={"rate": TOKENS_PER_SECOND}).raise_for_status()
    screen.ask(question, model=MODEL)
    screen.writing()
    keys = 0
    while screen.ends.count() == before:
        page.keyboard.press("abcdefgh "[keys % 9])
        keys += 1
        page.wait_for_timeout(KEY_MILLISECONDS)
        assert keys * KEY_MILLISECONDS < ANSWER_SECONDS * 1000
        if keys % 60 == 0:
            screen.composer.fill("")
    expect(screen.ends).to_have_count(before + 1)
    seen = page.evaluate("seen")
    # Those that took less than 16 ms are not told.
    latencies = sorted([*seen["keys"], *[16] * max(0, keys - len(seen["keys"]))])
    p95 = latencies[int(len(latencies) * 0.95)]
    return [
        ("from key to paint while it streams, p95", f"{p95:.0f} ms of {keys} keys", "50 ms"),
        ("longest task while it streams", f"{seen['longest']:.0f} ms", "100 ms"),
        ("layout shift (CLS), opening and streaming", f"{seen['shifted']:.3f}", "0.02"),
    ]


if __name__ == "__main__":
    main()
