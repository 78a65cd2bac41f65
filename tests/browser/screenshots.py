"""Takes the pictures of docs/images from a real site with a scripted answer: `make screenshots`."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import chain
from math import dist
from pathlib import Path
from threading import Thread

import httpx
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.fake_model.behaviours import NAMED, Behaviour
from tests.fake_model.server import FakeModel
from tests.support.server import ROOT, Server

from . import chromium
from .people import Person, sign_up
from .screen import Screen

IMAGES = ROOT / "docs" / "images"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SETTLE_MILLISECONDS = 600
# A picture gets this many colours: the most common ones, and of the vivid ones, which are rare, those that differ.
COLOURS = 256
COMMON_COLOURS = 160
VIVID_SATURATION = 70
VIVID_DISTANCE = 17

# What the models of the pictures are called: not like any real one, because nothing real answers.
MODELS = {
    "example-8b": Behaviour(rate=200),
    "example-large": Behaviour(rate=100, capabilities=("completion", "vision")),
}

QUESTION = "We need to heat 120 m² in an old house. Heat pump or gas? Compare the running costs."
ANSWER = """\
For a house that needs **14,000 kWh** of heat a year, the heat pump is cheaper to run as soon as it delivers about
three units of heat for one of electricity.

| System | Efficiency | Energy bought | Cost a year |
|---|---:|---:|---:|
| Heat pump | 3.4 | 4,118 kWh | 1,153 € |
| Gas boiler | 0.92 | 15,217 kWh | 1,674 € |

With your own prices:

```python
def yearly_cost(heat_kwh: float, efficiency: float, price: float) -> float:
    \"\"\"Return what a year of heating costs.\"\"\"
    return heat_kwh / efficiency * price

print(f"{yearly_cost(14_000, 3.4, 0.28):,.0f} €")
```

Before you decide:

1. Ask for the **flow temperature** on the coldest day; above 55 °C the efficiency drops.
2. Insulate the roof first. It often pays back within *eight years*.
3. Compare the subsidies, they change every year.
"""
LATER = "And if we keep the old radiators?"
LATER_ANSWER = """\
Then the flow temperature decides. Old radiators were sized generously, so many rooms stay warm at **50 °C**, where a
heat pump still works well.

Try it this winter: turn the boiler down to 50 °C for a cold week. Rooms that stay warm need nothing. For the others,
"""
LEASE = "The lease ends on 31 May. Whoever wants to end it earlier gives three months’ notice in writing.\n\n" * 40
EARLIER = (
    "Summarise the minutes of Monday in five points",
    "A kind reply to a late delivery",
    "Translate the safety leaflet into plain English",
    "What does error 28P01 of PostgreSQL mean?",
)


def roof() -> bytes:
    """Return a picture of a roof under the sun."""
    picture = Image.new("RGB", (900, 600), "#bcd6ee")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((690, 70, 800, 180), fill="#fdf0c8")
    draw.polygon([(0, 380), (240, 150), (660, 150), (900, 380), (900, 600), (0, 600)], fill="#a9624b")
    for left in (250, 400, 550):
        draw.rectangle((left, 190, left + 110, 300), fill="#24385e", outline="#8fa9d6", width=4)
    content = BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


# Pages that are shown as they are.
PAGES = {
    "archive": "/chat/archive/",
    "tags": "/chat/tags/",
    "search": "/search/?q=house",
    "usage": "/usage/",
    "readings": "/readings/",
    "keys": "/accounts/keys/",
    "data": "/data/",
    "password": "/accounts/password/change/",
    "api": "/api/docs/",
}

ATTACHED = (("roof.png", roof()), ("lease.txt", LEASE.encode()))


def main() -> None:
    """Take the pictures; with --all, those of every page, theme and size into a folder of your own."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="every page in both themes and sizes, into FOLDER")
    folder = parser.parse_args().all
    with stage_models() as fake, tempfile.TemporaryDirectory() as data, chromium.launch() as browser:
        settings = {"OLLAMA_BASE_URL": fake, "DEFAULT_MODEL": "ollama/example-8b", "LOG_LEVEL": "WARNING"}
        server = Server(folder=Path(data), **settings)
        try:
            server.start("--no-jobs")
            studio = Studio(browser, fake, sign_up(server.url, name="Ada Lovelace"))
            if folder:
                studio.take_all(folder)
            else:
                studio.take_documented()
        finally:
            server.close()


@contextmanager
def stage_models() -> Iterator[str]:
    """Run the fake model server, with models of our own alone, in a thread and give its URL."""
    NAMED.clear()
    NAMED.update(MODELS)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    fake = FakeModel()
    asyncio.run_coroutine_threadsafe(fake.start(), loop).result()
    try:
        yield fake.url
    finally:
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


class Studio:
    """A person's browser, and a conversation worth looking at."""

    def __init__(self, browser: Browser, fake: str, person: Person):
        self.browser = browser
        self.fake = fake
        self.person = person
        for question in EARLIER:
            self.ask(question, text="Done.")
        self.conversation = self.ask(
            QUESTION, text=ANSWER, thinking="They ask about running costs, not about the price."
        )

    def script(self, **reply) -> None:
        httpx.post(f"{self.fake}/_script", json=reply).raise_for_status()

    def screen(self, *, size: dict, theme: str) -> Screen:
        """Return a page in a window of its own."""
        touch = size is PHONE
        window = self.browser.new_context(
            viewport=size, color_scheme=theme, reduced_motion="reduce", has_touch=touch, is_mobile=touch
        )
        return Screen(self.person.enter(window).new_page(), self.person)

    def ask(self, question: str, **reply) -> str:
        """Return the address of a new conversation with one answer."""
        screen = self.screen(size=WIDE, theme="light").open()
        self.script(rate=None, **reply)
        screen.ask_whole(question)
        path = screen.path
        screen.page.context.close()
        return path

    def take_documented(self) -> None:
        """Write the pictures that the documents show."""
        IMAGES.mkdir(parents=True, exist_ok=True)
        for name, size, theme in (("chat", WIDE, "light"), ("chat-dark", WIDE, "dark"), ("phone", PHONE, "light")):
            screen = self.screen(size=size, theme=theme)
            self.finished(screen)
            shoot(screen.page, IMAGES / f"{name}.png")
            screen.page.context.close()

    def take_all(self, folder: Path) -> None:
        """Write a picture of every page in each theme and size."""
        folder.mkdir(parents=True, exist_ok=True)
        for size in (WIDE, PHONE):
            for theme in ("light", "dark"):
                for name, show in self.pages().items():
                    screen = self.screen(size=size, theme=theme)
                    show(screen)
                    shoot(screen.page, folder / f"{name}-{size['width']}-{theme}.png")
                    if screen.stop_button.is_visible():
                        screen.page.keyboard.press("Escape")
                        screen.at_rest()
                    screen.page.context.close()

    def pages(self) -> dict[str, Callable[[Screen], None]]:
        """Return how to get to each page."""
        return {
            "landing": lambda screen: self.anonymous(screen, "/"),
            "sign-up": lambda screen: self.anonymous(screen, "/accounts/signup/"),
            "sign-in": lambda screen: self.anonymous(screen, "/accounts/login/"),
            "not-found": lambda screen: self.anonymous(screen, "/nothing/"),
            "new-chat": lambda screen: screen.open(),
            "chat": self.finished,
            "end": self.ended,
            "streaming": self.streaming,
            "waiting": self.waiting,
            "failed": self.failed,
            "edit": self.editing,
            "menu": self.choosing,
            "attaching": self.attaching,
            "attached": self.attached,
            "file": self.opened,
            "summary": lambda screen: screen.open(f"{self.conversation}summary/"),
            "share": lambda screen: screen.open(f"{self.conversation}share/"),
            "palette": self.searching,
            "temporary": lambda screen: screen.open("/chat/temporary/"),
            **{name: self.opener(path) for name, path in PAGES.items()},
        }

    def opener(self, path: str) -> Callable[[Screen], None]:
        return lambda screen: screen.open(path) and None

    def searching(self, screen: Screen) -> None:
        screen.open()
        expect(screen.page.locator("chat-thread:defined")).to_be_attached()
        screen.page.keyboard.press("Control+k")
        expect(screen.page.locator("#palette [role=option]").first).to_be_visible()

    def anonymous(self, screen: Screen, path: str) -> None:
        screen.page.context.clear_cookies()
        screen.open(path)

    def finished(self, screen: Screen) -> None:
        screen.open(self.conversation)
        screen.page.evaluate("scrollTo(0, 0)")

    def ended(self, screen: Screen) -> None:
        screen.open(self.conversation)

    def streaming(self, screen: Screen) -> None:
        screen.open(self.conversation)
        self.script(text=LATER_ANSWER, end="hang")
        say(screen, LATER)
        expect(screen.prose.last).to_contain_text("For the others,")

    def waiting(self, screen: Screen) -> None:
        screen.open()
        self.script(delay=60)
        say(screen, "Which of the two is quieter?")
        expect(screen.working.locator("[data-elapsed]")).to_have_text("3 s")

    def failed(self, screen: Screen) -> None:
        screen.open()
        self.script(text="Both are quiet enough, but where the pump", end="error", error="out of memory")
        say(screen, "Which of the two is quieter?")
        expect(screen.ends).to_be_visible()

    def editing(self, screen: Screen) -> None:
        screen.open(self.conversation)
        screen.page.evaluate("scrollTo(0, 0)")
        screen.questions.first.hover()
        screen.questions.first.locator(".edit > summary").click()

    def attaching(self, screen: Screen) -> None:
        screen.open()
        attach(screen, *ATTACHED, ("holiday.mov", b"moving"))

    def attached(self, screen: Screen) -> None:
        screen.open()
        attach(screen, *ATTACHED)
        screen.page.get_by_role("button", name="Use example-large").click()
        self.script(text="The lease ends on 31 May, after three months’ notice [lease.txt].")
        say(screen, "When does the lease end?")
        expect(screen.ends).to_be_visible()

    def opened(self, screen: Screen) -> None:
        self.attached(screen)
        screen.questions.locator(".attachment").filter(has_text="lease.txt").click()
        expect(screen.page.locator(".passage").first).to_be_visible()

    def choosing(self, screen: Screen) -> None:
        screen.open()
        screen.page.locator("[popovertarget=model-menu]").click()


def attach(screen: Screen, *files: tuple[str, bytes]) -> None:
    """Attach files and wait until they are read."""
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    # What the picture before this one left in the composer.
    for button in reversed(screen.page.locator("chat-uploads [data-remove]").all()):
        button.click()
    sent = [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    screen.page.get_by_label("Attach files").set_input_files(sent)
    expect(screen.page.locator("chat-uploads .attachment")).to_have_count(len(files))
    expect(screen.page.locator("chat-uploads [data-busy]")).to_have_count(0)


def say(screen: Screen, question: str) -> None:
    """Send a question by the button: on a touch keyboard Enter makes a new line."""
    screen.composer.fill(question)
    screen.send_button.click()


def shoot(page: Page, path: Path) -> None:
    """Write what the window shows, with few enough colours to be small."""
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(palette=palette(picture), dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} KB")


def palette(picture: Image.Image) -> Image.Image:
    """Return the colours that a picture is drawn with."""
    used = picture.getcolors(picture.width * picture.height)
    colours = [colour for _, colour in sorted(used, reverse=True) if max(colour) - min(colour) > VIVID_SATURATION]
    vivid: list[tuple[int, int, int]] = []
    for colour in colours:
        if len(vivid) < COLOURS - COMMON_COLOURS and all(dist(colour, other) > VIVID_DISTANCE for other in vivid):
            vivid.append(colour)
    common = picture.quantize(COMMON_COLOURS).getpalette()[: COMMON_COLOURS * 3]
    drawn = Image.new("P", (1, 1))
    drawn.putpalette([*common, *chain.from_iterable(vivid)])
    return drawn


if __name__ == "__main__":
    main()
