"""A temporary chat is answered like any other and leaves no word behind: in no table, no file and no log."""

import json
import sqlite3
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.durability.site import wait_for_models
from tests.fake_model import spawn
from tests.support.client import sign_up
from tests.support.server import Server

pytestmark = pytest.mark.process

PATIENCE_SECONDS = 60
# What a question, an earlier answer and the model say; none of them may be found anywhere.
SECRETS = ("Xanthippe-asks", "Xanthippe-said", "Xanthippe-answers")


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with spawn() as url:
        yield url


@pytest.fixture(scope="module")
def server(tmp_path_factory, fake: str) -> Iterator[Server]:
    """A real server that logs all that it can, and does jobs."""
    settings = {"LOG_LEVEL": "DEBUG", "OLLAMA_BASE_URL": fake, "OPENAI_BASE_URL": f"{fake}/v1"}
    server = Server(folder=tmp_path_factory.mktemp("temporary"), **settings)
    try:
        server.start()
        wait_for_models(server)
        yield server
    finally:
        server.close()


class Person:
    """Somebody with an account of their own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.email = f"{uuid.uuid4().hex[:12]}@example.org"
        token = sign_up(server.url, self.email)
        self.client = httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_SECONDS
        )

    def ask(self, *said: str, model: str = "ollama/fast") -> httpx.Response:
        """Return the answer to the last of what was said, turn by turn."""
        roles = ("user", "assistant")
        messages = [{"role": roles[number % 2], "content": words} for number, words in enumerate(said)]
        return self.client.post("/api/chat/temporary/", json={"messages": messages, "model": model})

    def entries(self, count: int) -> list[tuple]:
        """Return outcome, conversation, turn and tokens of each call in the ledger, once there are so many."""
        query = """
            SELECT outcome, conversation_id, turn_id, completion_tokens
            FROM conversations_usageentry AS entry JOIN accounts_user AS user ON user.id = entry.user_id
            WHERE user.email = ? ORDER BY entry.id"""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = rows(self.server, query, self.email)
            if len(found) >= count or time.monotonic() > end:
                return found
            time.sleep(0.05)


@pytest.fixture
def person(server: Server) -> Person:
    return Person(server)


def folder(server: Server) -> Path:
    return Path(server.environment["DATA_DIR"])


def rows(server: Server, query: str, *values: str) -> list[tuple]:
    with sqlite3.connect(folder(server) / "chatsite.sqlite3", timeout=20) as database:
        return database.execute(query, values).fetchall()


def frames(answer: httpx.Response) -> list[dict]:
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


def script(fake: str, **reply) -> None:
    httpx.post(f"{fake}/_script", json=reply).raise_for_status()


def found_in(server: Server, words: str) -> list[str]:
    """Return the names of all files of this installation, databases and logs among them, that hold some words."""
    names = [path for path in folder(server).rglob("*") if path.is_file() and "static" not in path.parts]
    assert any(path.suffix == ".log" and path.stat().st_size for path in names)
    assert any(path.name == "chatsite.sqlite3" for path in names)
    shapes = [words.encode(), words.encode("utf-16-le"), words.lower().encode()]
    return [path.name for path in names if any(shape in path.read_bytes() for shape in shapes)]


def tables_with(server: Server, words: str) -> list[str]:
    """Return the tables of which a row holds some words."""
    names = [name for (name,) in rows(server, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert "conversations_usageentry" in names
    return [name for name in names if any(words in str(row) for row in rows(server, f'SELECT * FROM "{name}"'))]


def assert_forgotten(server: Server) -> None:
    for words in SECRETS:
        assert tables_with(server, words) == []
        assert found_in(server, words) == []


@pytest.mark.parametrize("provider", ["ollama", "openai"])
def test_what_was_said_is_nowhere_and_what_it_took_is_in_the_ledger(server, person, fake, provider):
    script(fake, text=f"{SECRETS[2]} **indeed**.")
    answer = person.ask(f"{SECRETS[0]}?", f"{SECRETS[1]}.", f"{SECRETS[0]} again?", model=f"{provider}/fast")
    assert answer.status_code == 200
    *_, completed, finished = frames(answer)
    assert completed["content"] == f"{SECRETS[2]} **indeed**."
    assert completed["blocks"] == [f"<p>{SECRETS[2]} <strong>indeed</strong>.</p>"]
    assert (finished["type"], finished["status"]) == ("turn.finished", "completed")
    [entry] = person.entries(1)
    assert entry[:3] == ("completed", None, None)
    assert entry[3] > 0
    assert person.client.get("/api/conversations/").json()["results"] == []
    assert person.client.get("/api/search/?q=indeed").json()["results"] == []
    assert rows(server, "SELECT count(*) FROM conversations_turn") == [(0,)]
    assert_forgotten(server)


def test_the_search_would_find_what_an_ordinary_chat_leaves(server, person, fake):
    script(fake, text="Quokka-answers")
    person.client.post("/api/chat/stream/", json={"message": "Quokka-asks?", "model": "ollama/fast"})
    assert "conversations_message" in tables_with(server, "Quokka-asks")
    assert "conversations_message" in tables_with(server, "Quokka-answers")
    assert found_in(server, "Quokka-answers")


@pytest.mark.parametrize(
    ("model", "outcome"),
    [("ollama/error-line", "interrupted"), ("openai/error-line", "interrupted"), ("ollama/error-first", "failed")],
)
def test_an_answer_that_breaks_leaves_nothing_either(server, person, fake, model, outcome):
    answer = person.ask(f"{SECRETS[0]}? tokens=200", model=model)
    problem = frames(answer)[-1] if answer.status_code == 200 else answer.json()
    assert problem["code"].startswith("model_")
    assert [entry[0] for entry in person.entries(1)] == [outcome]
    assert_forgotten(server)


def test_an_answer_that_nobody_reads_on_is_ended_and_in_the_ledger(server, person):
    body = {"messages": [{"role": "user", "content": f"{SECRETS[0]}? tokens=4000"}], "model": "ollama/paced-50"}
    with person.client.stream("POST", "/api/chat/temporary/", json=body) as answer:
        next(answer.iter_text())
    [entry] = person.entries(1)
    assert entry[0] == "stopped"
    assert entry[3] < 2000
    assert_forgotten(server)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"messages": []}, 400),
        ({"messages": [{"role": "user", "content": " "}]}, 400),
        ({"messages": [{"role": "assistant", "content": f"{SECRETS[0]}"}]}, 400),
        ({"messages": [{"role": "system", "content": f"{SECRETS[0]}"}]}, 400),
        ({"messages": [{"role": "user", "content": f"{SECRETS[0]}", "more": 1}]}, 400),
        ({"messages": [{"role": "user", "content": SECRETS[0] + "x" * 140_000}]}, 413),
        ({"messages": [{"role": "user", "content": SECRETS[0]}] * 201}, 413),
        ({"messages": [{"role": "user", "content": SECRETS[0]}], "model": "ollama/nobody-knows"}, 404),
    ],
)
def test_what_is_refused_leaves_nothing_either(server, person, body, status):
    answer = person.client.post("/api/chat/temporary/", json=body)
    assert answer.status_code == status, answer.text
    assert SECRETS[0] not in answer.text
    assert person.entries(0) == []
    assert_forgotten(server)


def test_whoever_is_not_signed_in_is_refused(server):
    body = {"messages": [{"role": "user", "content": "Hello?"}]}
    assert httpx.post(f"{server.url}/api/chat/temporary/", json=body).status_code == 401
