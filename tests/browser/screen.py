"""One open page, in the words of the person in front of it."""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from conversations.rendering import render

from .people import Person

PATIENCE_SECONDS = 45
NARROWEST = {"width": 320, "height": 640}
POLL_MILLISECONDS = 25

# What a browser says by itself when a server is away or answers with an error; tests do both on purpose.
NETWORK_NEWS = re.compile(
    r"Failed to load resource|WebSocket connection to .* failed|net::ERR_|^htmx:(sendError|afterRequest)"
)

# Without what the scripts add (the copy buttons), so that it can be compared with what the server renders.
PROSE = """
    (root, html) => {
      const clone = html === null ? root.cloneNode(true) : document.createElement("div");
      if (html !== null) clone.innerHTML = html;
      clone.querySelectorAll("[data-local]").forEach(node => node.remove());
      return clone.innerHTML;
    }
"""


def until(page: Page, condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, what: str = "") -> Any:
    """Return what `condition()` gives once it is true; the browser goes on meanwhile."""
    end = time.monotonic() + seconds
    while not (met := condition()):
        assert time.monotonic() < end, what or "It never happened"
        page.wait_for_timeout(POLL_MILLISECONDS)
    return met


def too_wide(page: Page) -> int:
    """Return by how many pixels a page is wider than the narrowest window."""
    page.set_viewport_size(NARROWEST)
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


class Watch:
    """Notes what must not happen in any page of a browser window: errors, violations of the policy, other hosts."""

    def __init__(self, *contexts: BrowserContext, host: str):
        self.host = host
        self.complaints: list[str] = []
        for context in contexts:
            context.on("console", self._spoke)
            context.on("weberror", lambda problem: self.complaints.append(f"error: {problem.error}"))
            context.on("dialog", self._asked)
            context.on("request", lambda request: self._requested(request.url))
            context.on("page", lambda page: page.on("websocket", lambda socket: self._requested(socket.url)))

    def _spoke(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not NETWORK_NEWS.search(message.text):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, dialog) -> None:
        if dialog.type != "beforeunload":
            self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in {"data", "blob", "about"} and address.netloc != self.host:
            self.complaints.append(f"another host: {url}")


class Screen:
    """A page of the chat."""

    def __init__(self, page: Page, person: Person):
        self.page = page
        self.person = person
        self.composer = page.locator("#message")
        self.questions = page.locator("#thread > .message.user")
        self.answers = page.locator("#thread > .message.answer")
        self.ends = page.locator("#thread > .turn-end")
        self.prose = page.locator("#thread .prose")
        self.pending = page.locator(".message.pending")
        self.working = page.locator("[data-working]")
        self.pill = page.locator("[data-connection]")
        self.problem = page.locator("[data-problem]")
        self.chats = page.locator("#chats .chat-item")
        self.send_button = page.locator("[data-send]")
        self.stop_button = page.locator("[data-stop]")

    # -- going places -------------------------------------------------------------------------------------------------

    def open(self, path: str = "/chat/") -> "Screen":
        """Go to an address of the site."""
        self.page.goto(self.person.url + path)
        return self

    def reload(self) -> None:
        """Load the page again."""
        self.page.reload()

    @property
    def path(self) -> str:
        """The address the browser shows, without the host."""
        return urlsplit(self.page.url).path

    @property
    def conversation(self) -> str:
        """The id of the conversation, once it has an address."""
        return self.path.split("/")[2]

    # -- doing things -------------------------------------------------------------------------------------------------

    def ask(self, text: str, *, model: str = "") -> None:
        """Write a question and press Enter."""
        expect(self.page.locator("chat-thread:defined")).to_be_attached()
        if model:
            self.choose(model)
        self.composer.fill(text)
        self.composer.press("Enter")

    def choose(self, model: str) -> None:
        """Choose a model from the menu by its name."""
        self.page.locator("[popovertarget=model-menu]").click()
        self.page.locator("#model-menu label").filter(has_text=re.compile(rf"^{re.escape(model)}\b")).first.click()
        self.page.keyboard.press("Escape")
        expect(self.page.locator("#model-menu")).to_be_hidden()

    def ask_whole(self, text: str, *, model: str = "") -> None:
        """Ask and wait for the end of the answer."""
        before = self.ends.count()
        self.ask(text, model=model)
        expect(self.ends).to_have_count(before + 1)
        self.at_rest()

    def close_socket(self) -> None:
        """Lose the connection to the server for a moment."""
        self.page.evaluate("document.querySelector('chat-thread').socket.socket?.close()")

    # -- looking ------------------------------------------------------------------------------------------------------

    def at_rest(self) -> None:
        """Wait until no answer is being written and nothing waits to be sent."""
        expect(self.send_button).to_be_visible()
        expect(self.pending).to_have_count(0)

    def writing(self) -> None:
        """Wait until the first words of an answer stand on the page."""
        expect(self.page.locator("#thread .message.writing .prose")).not_to_be_empty()

    def until(self, condition: Callable[[], Any], **options: Any) -> Any:
        """Return what `condition()` gives once it is true."""
        return until(self.page, condition, **options)

    def html(self, prose: Locator | None = None) -> str:
        """Return an answer as the page has it, the last one unless told otherwise."""
        return (prose or self.prose.last).evaluate(PROSE, None)

    def rendered(self, text: str) -> str:
        """Return the server's rendering of a text, written as the browser writes HTML."""
        return self.page.evaluate(f"html => ({PROSE})(null, html)", render(text))

    def shown(self) -> list[str]:
        """Return all that the thread says, message by message."""
        return [
            element.evaluate(PROSE, None) for element in self.page.locator("#thread :is([data-text], .prose)").all()
        ]

    def length(self) -> int:
        """Return how long the text of the last answer is so far."""
        return self.prose.last.evaluate("node => node.textContent.length")

    def distance(self) -> float:
        """Return how far the end of the page is below the window, in pixels."""
        return self.page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")
