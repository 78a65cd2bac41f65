"""Files to attach, and the hands that attach them."""

import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image
from playwright.sync_api import Locator, Route, expect

from .people import Person
from .screen import Screen

UPLOAD = "**/api/attachments/"
NOTES = "The lease ends in May.\n\n" + "Nothing else is said here. " * 40

# Puts files where a reader's hand or clipboard would.
BRING = """
    ([kind, selector, files, text]) => {
      const data = new DataTransfer();
      for (const { name, type, content } of files) {
        const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
      }
      if (text) data.setData("text/plain", text);
      const target = document.querySelector(selector);
      const options = { bubbles: true, cancelable: true, composed: true };
      const event = kind === "paste"
        ? new ClipboardEvent(kind, { ...options, clipboardData: data })
        : new DragEvent(kind, { ...options, dataTransfer: data });
      target.dispatchEvent(event);
      return event.defaultPrevented;
    }
"""


def png(width: int = 120, height: int = 80, colour: str = "teal") -> bytes:
    content = BytesIO()
    Image.new("RGB", (width, height), colour).save(content, "PNG")
    return content.getvalue()


def noise() -> bytes:
    """Return a picture of more than 4 MB."""
    content = BytesIO()
    Image.frombytes("RGB", (1200, 1200), os.urandom(1200 * 1200 * 3)).save(content, "PNG")
    return content.getvalue()


def file(name: str, content: bytes | str) -> dict:
    """Return a file as an input takes it."""
    kind = "image/png" if name.endswith(".png") else "text/plain"
    return {"name": name, "mimeType": kind, "buffer": content.encode() if isinstance(content, str) else content}


def bring(screen: Screen, kind: str, selector: str, *files: dict, text: str = "") -> bool:
    """Drag, drop or paste files; true if the page took them."""
    sent = [
        {"name": each["name"], "type": each["mimeType"], "content": b64encode(each["buffer"]).decode()}
        for each in files
    ]
    return screen.page.evaluate(BRING, [kind, selector, sent, text])


def attach(screen: Screen, *files: dict) -> None:
    """Choose files with the button and wait until they are read."""
    choose(screen, *files)
    # What reads them is fetched with the first file.
    expect(screen.page.locator("chat-uploads:defined")).to_be_attached()
    expect(screen.page.locator("chat-uploads [data-busy]")).to_have_count(0)


def choose(screen: Screen, *files: dict) -> None:
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    screen.page.get_by_label("Attach files").set_input_files(list(files))


def chips(screen: Screen) -> Locator:
    return screen.page.locator("chat-uploads .attachment")


def ready(screen: Screen) -> Locator:
    return screen.page.locator("chat-uploads [data-attachment]")


def sent(screen: Screen) -> Locator:
    return screen.questions.last.locator(".attachment")


@contextmanager
def held(screen: Screen) -> Iterator[list[Route]]:
    """Keep uploads on their way until the end of the block."""
    routes: list[Route] = []
    screen.page.route(UPLOAD, lambda route: routes.append(route))
    yield routes
    # Those that are not held yet go their way, and then those that are.
    screen.page.route(UPLOAD, lambda route: route.continue_())
    for route in routes:
        route.continue_()


def known(person: Person, attachment: str) -> int:
    """Return how the server answers when asked for an attachment."""
    with person.client() as client:
        return client.get(f"/api/attachments/{attachment}/").status_code
