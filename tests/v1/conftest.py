"""One server for the whole package, with the fake model server twice behind it, and both official clients."""

from collections.abc import Iterator

import anthropic
import httpx
import openai
import pytest

from tests.durability.site import wait_for_models
from tests.fake_model import spawn
from tests.support.client import sign_up
from tests.support.server import Server

SETTINGS = {
    "LOG_LEVEL": "WARNING",
    # The models are sent what the programs sent, and nothing else.
    "DETECT_INTENT": "false",
    "MODEL_FIRST_TOKEN_SECONDS": "2",
    "MODEL_BETWEEN_TOKENS_SECONDS": "2",
}


class Fake:
    """The fake model server, asked by a test what it was sent."""

    def __init__(self, url: str) -> None:
        self.url = url

    def seen(self) -> list[dict]:
        """Return the chats it was asked for, oldest first."""
        paths = {"/api/chat", "/v1/chat/completions"}
        return [seen for seen in httpx.get(f"{self.url}/_seen", timeout=30).json() if seen["path"] in paths]

    def last(self) -> dict:
        """Return the body of the last chat."""
        return self.seen()[-1]["body"]

    def text(self, model: str, question: str) -> dict:
        """Return what a model will say: `text`, `thinking`, `tokens`."""
        name = model.partition("/")[2]
        return httpx.get(f"{self.url}/_text", params={"model": name, "message": question}, timeout=30).json()

    def script(self, **reply) -> None:
        """Queue one reply."""
        httpx.post(f"{self.url}/_script", json=reply, timeout=30).raise_for_status()


@pytest.fixture(scope="session")
def fake() -> Iterator[Fake]:
    with spawn() as url:
        yield Fake(url)


@pytest.fixture(scope="session")
def server(tmp_path_factory, fake: Fake) -> Iterator[Server]:
    """A real server on SQLite."""
    settings = {**SETTINGS, "OLLAMA_BASE_URL": fake.url, "OPENAI_BASE_URL": f"{fake.url}/v1"}
    server = Server(folder=tmp_path_factory.mktemp("v1"), **settings)
    try:
        server.start("--no-jobs")
        wait_for_models(server)
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def token(server: Server) -> str:
    """The access token of one person."""
    return sign_up(server.url)


@pytest.fixture(scope="session")
def stranger(server: Server) -> str:
    """The access token of another one."""
    return sign_up(server.url)


@pytest.fixture(scope="session")
def gpt(server: Server, token: str) -> openai.OpenAI:
    """OpenAI's own client, as anybody would set it up."""
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=token, max_retries=0)


@pytest.fixture(scope="session")
def claude(server: Server, token: str) -> anthropic.Anthropic:
    """Anthropic's own client, as anybody would set it up."""
    return anthropic.Anthropic(base_url=server.url, api_key=token, max_retries=0)


@pytest.fixture(params=["ollama", "openai"])
def provider(request) -> str:
    """Each protocol of model servers in turn."""
    return request.param
