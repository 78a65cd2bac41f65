"""A real server with a fake model, and people who come to it with a program, a browser or a bare TCP connection."""

import re
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from tests.durability.site import Ledger
from tests.fake_model import spawn
from tests.hostile.wire import Wire, handshake
from tests.pages.conftest import plain_static_files, talk  # noqa: F401
from tests.schema.conftest import one_connection, things  # noqa: F401
from tests.support.client import PASSWORD, Chat
from tests.support.server import Server


@dataclass
class House:
    """A running server, the address of its fake model, and what its database holds."""

    server: Server
    fake: str
    ledger: Ledger
    administrator: "Person | None" = None
    _log_read: int = 0

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def pid(self) -> int:
        return self.server.process.pid

    def connections(self) -> int:
        """Return how many connections the server holds open; its database threads open files when they first work."""
        return len(psutil.Process(self.pid).net_connections(kind="tcp"))

    def resident_bytes(self) -> int:
        """Return how much memory the server has (RSS)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def faults(self) -> list[str]:
        """Return what the server has logged as an error since this was last asked."""
        whole = self.server.log.read_text(errors="replace")
        text, self._log_read = whole[self._log_read :], len(whole)
        return re.findall(r"^.*(?:Traceback|Fatal error|Exception in| ERROR | CRITICAL ).*$", text, re.MULTILINE)

    async def knock(self, conversation: str, *, query: str = "", **headers: str) -> Wire:
        """Return the connection after a handshake with these headers, let in or not."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await Wire.open(self.host, f"/ws/conversations/{conversation}/{query}", named)

    def make_person(self) -> "Person":
        """Return a new person, signed in with a program and with a browser."""
        email = f"{uuid.uuid4().hex[:12]}@example.org"
        person = Person(house=self, email=email)
        answer = httpx.post(
            f"{self.url}/api/auth/signup/", json={"email": email, "password": PASSWORD}, timeout=30
        ).raise_for_status()
        person.token = answer.json()["access_token"]
        person.id = answer.json()["user"]["id"]
        return person


@dataclass
class Person:
    """Somebody with an account: `token` for programs, `browser` for pages."""

    house: House
    email: str
    token: str = ""
    id: str = ""
    _browser: httpx.Client | None = field(default=None, repr=False)

    @property
    def bearer(self) -> dict[str, str]:
        """The header that lets a program in."""
        return {"Authorization": f"Bearer {self.token}"}

    async def sit_down(self, conversation: str, query: str = "") -> Wire:
        """Return an open socket of a conversation that has had its snapshot."""
        wire = await self.house.knock(conversation, query=query, **self.bearer)
        assert wire.status == 101
        await wire.until("conversation.snapshot")
        return wire

    async def chat(self, conversation: str) -> Chat:
        """Return an open socket that keeps what it reads."""
        return await Chat.open(self.house.url, self.token, conversation)

    @property
    def browser(self) -> "Browser":
        """A browser in which this person is signed in."""
        if self._browser is None:
            self._browser = Browser(self.house)
            self._browser.sign_in(self.email)
        return self._browser


class Browser:
    """Just enough of a browser: it keeps cookies and sends forms with their CSRF token."""

    def __init__(self, house: House):
        self.house = house
        self.client = httpx.Client(base_url=house.url, timeout=30)

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in through the page."""
        answer = self.post("/accounts/login/", login=email, password=password)
        assert answer.status_code == 302, answer.text

    def get(self, path: str, **options) -> httpx.Response:
        """Return a page."""
        return self.client.get(path, **options)

    def post(self, path: str, **fields) -> httpx.Response:
        """Send a form."""
        if "csrftoken" not in self.client.cookies:
            self.client.get("/accounts/login/")
        return self.client.post(path, data={**fields, "csrfmiddlewaretoken": self.client.cookies["csrftoken"]})

    @property
    def cookie(self) -> str:
        """The cookie that says who is signed in."""
        return f"sessionid={self.client.cookies['sessionid']}"

    @property
    def headers(self) -> dict[str, str]:
        """What a page of ours sends with a handshake."""
        return {"Cookie": self.cookie, "Origin": self.house.url}


@pytest.fixture(scope="session")
def house(tmp_path_factory) -> Iterator[House]:
    """One server on SQLite, as `make run` starts it, with a fake model behind it."""
    folder = tmp_path_factory.mktemp("hostile")
    with spawn() as fake:
        server = Server(folder=folder, OLLAMA_BASE_URL=fake, DRAIN_SECONDS="1", LOG_LEVEL="WARNING")
        try:
            server.start("--no-jobs")
            house = House(server=server, fake=fake, ledger=Ledger(folder / "chatsite.sqlite3"))
            # The first account is the administrator; nobody else in these tests is.
            house.administrator = house.make_person()
            yield house
        finally:
            server.close()


@pytest.fixture(scope="session")
def person(house: House) -> Person:
    """Somebody with an account."""
    return house.make_person()


@pytest.fixture(scope="session")
def stranger(house: House) -> Person:
    """Somebody else with an account."""
    return house.make_person()


@dataclass(frozen=True)
class Silence:
    """A client that opened a socket long ago and has not made a sound since; `since` is by the monotonic clock."""

    client: socket.socket
    since: float


@pytest.fixture(scope="session", autouse=True)
def _begin_in_silence(request) -> None:
    """Silence falls before all tests, so that none has to wait the whole time that the server does."""
    if any("silence" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("silence")


@pytest.fixture(scope="session")
def silence(house: House) -> Iterator[dict[str, Silence]]:
    """Clients that opened a socket and make no sound."""
    whom = {"in a conversation": house.make_person().bearer, "told to leave": {}}
    silent = {}
    with ExitStack() as open_sockets:
        for who, headers in whom.items():
            client = open_sockets.enter_context(socket.create_connection(("127.0.0.1", house.server.port)))
            client.sendall(handshake(house.host, f"/ws/conversations/{uuid.uuid4()}/", headers))
            silent[who] = Silence(client, time.monotonic())
        yield silent


@pytest.fixture
def new_id() -> str:
    """The id of a conversation that nobody has used."""
    return str(uuid.uuid4())


@pytest.fixture(autouse=True)
def calm_log(request) -> Iterator[None]:
    """Whatever a test sends, the server logs no fault of its own."""
    yield
    if "house" in request.fixturenames:
        assert request.getfixturevalue("house").faults() == []
