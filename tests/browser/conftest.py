"""A real server with a fake model server behind it, and one browser that every test opens a window of."""

import json
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.fake_model import spawn
from tests.support.server import ROOT, Server
from tests.support.services import need, running

from . import chromium, villain
from .people import Person, sign_up
from .screen import PATIENCE_SECONDS, Screen, Watch

# Answers are long enough to be seen being written, and quick enough not to be waited for.
DEFAULT_MODEL = "ollama/paced-200"
WINDOW = {"width": 1280, "height": 800}

# Playwright keeps a loop running in the thread that uses it, so everything here ends with the last test of the folder.
FOLDER = "package"


@pytest.fixture(scope=FOLDER)
def browser() -> Iterator[Browser]:
    """Chromium; without it the test is left out, or fails where nothing may be left out."""
    need(chromium.installed(), "Chromium")
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with chromium.launch() as browser:
        yield browser


class Fake:
    """The fake model server, as far as tests talk to it."""

    def __init__(self, url: str):
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=30)

    def script(self, **reply) -> None:
        """Say how the next answer goes, by fields of its `Behaviour`."""
        self.client.post("/_script", json=reply).raise_for_status()

    def hold(self, *, answers: int = 1, after: float = 0.3) -> None:
        """Stop the next answers after this share of their words, until they are released."""
        for _ in range(answers):
            self.script(held=after)

    def release(self) -> None:
        """Let the answers that are held go on to their ends."""
        self.client.post("/_release").raise_for_status()

    def unscript(self) -> list[dict]:
        """Forget the answers that nobody asked for, and return them."""
        return self.client.delete("/_script").raise_for_status().json()

    def asked(self, question: str) -> list[dict]:
        """Return the chat requests whose last message is this question."""
        chats = [seen for seen in self.client.get("/_seen").json() if seen["path"] == "/api/chat"]
        return [
            seen
            for seen in chats
            if seen["body"]["messages"][-1:] and seen["body"]["messages"][-1]["content"] == question
        ]


@pytest.fixture(scope=FOLDER)
def fake() -> Iterator[Fake]:
    """A running fake model server."""
    with spawn() as url:
        yield Fake(url)


@pytest.fixture(autouse=True)
def _answers_are_asked_for(request) -> Iterator[None]:
    """No test leaves an answer behind that the next one would get for its own question, or one that never ends."""
    yield
    if "fake" in request.fixturenames:
        fake = request.getfixturevalue("fake")
        fake.release()
        assert fake.unscript() == []


@pytest.fixture(scope=FOLDER)
def server(tmp_path_factory, fake: Fake) -> Iterator[Server]:
    """A running site with the fake's models and those of a server that means harm, and with a tool that asks first."""
    folder = tmp_path_factory.mktemp("site")
    notes = {"command": sys.executable, "args": ["-m", "tests.support.mcp_server", str(folder / "notes.txt")]}
    tools = folder / "mcp.json"
    tools.write_text(
        json.dumps({"servers": {"notes": notes | {"env": {"PYTHONPATH": str(ROOT)}, "tools": ["write_note"]}}})
    )
    with villain.serve() as url:
        settings = {"OLLAMA_BASE_URL": fake.url, "OPENAI_BASE_URL": url, "DEFAULT_MODEL": DEFAULT_MODEL}
        settings["TRANSCRIPTION_BASE_URL"] = f"{fake.url}/v1"
        site = Server(folder=folder, LOG_LEVEL="WARNING", MCP_CONFIG=str(tools), **settings)
        yield from running(site, "--no-jobs")


@pytest.fixture(scope=FOLDER)
def small(tmp_path_factory) -> Iterator[Server]:
    """A running site without any model server."""
    yield from running(Server(folder=tmp_path_factory.mktemp("small"), LOG_LEVEL="WARNING"), "--no-jobs")


@pytest.fixture(scope=FOLDER)
def narrow(tmp_path_factory, fake: Fake) -> Iterator[Server]:
    """A running site that writes one answer at a time, slowly."""
    settings = {"OLLAMA_BASE_URL": fake.url, "DEFAULT_MODEL": "ollama/paced-20", "CONCURRENT_TURNS": "1"}
    site = Server(folder=tmp_path_factory.mktemp("narrow"), LOG_LEVEL="WARNING", **settings)
    yield from running(site, "--no-jobs")


@pytest.fixture(scope=FOLDER)
def ada(server: Server) -> Person:
    """Somebody with an account."""
    return sign_up(server.url)


@pytest.fixture(scope=FOLDER)
def bob(server: Server) -> Person:
    """Somebody else."""
    return sign_up(server.url, name="Bob")


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser window, signed in as somebody; holds every page in it to the policy and to this host."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_window(person: Person, *, signed_in: bool = True, **options) -> BrowserContext:
        context = browser.new_context(**{"viewport": WINDOW, "reduced_motion": "reduce", **options})
        opened.append((context, Watch(context, host=person.url.partition("//")[2])))
        return person.enter(context) if signed_in else context

    yield open_window
    for context, _ in opened:
        context.close()
    complaints = [complaint for _, watch in opened for complaint in watch.complaints]
    assert complaints == []


@pytest.fixture
def screen(window, ada: Person) -> Screen:
    """Ada's page, in a window of its own, at an empty chat."""
    return Screen(window(ada).new_page(), ada).open()
