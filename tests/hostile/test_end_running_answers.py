"""Whoever loses the right to read an answer hears no more of it within five seconds, however it is told to them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import httpx
import pytest

from tests.hostile.conftest import House, Person
from tests.support.client import wait_for
from tests.support.promises import within
from tests.support.streams import Listener, events

pytestmark = pytest.mark.process

SECONDS = 5
SWEPT_SECONDS = 4
MODEL = "ollama/paced-50"
# Long enough to be told for a minute.
QUESTION = "Go on and on. tokens=3000"
MESSAGES = [{"role": "user", "content": QUESTION}]


@dataclass(frozen=True)
class Program:
    """A program that came with a key of somebody's."""

    somebody: Person
    key: dict

    @property
    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.key["key"]}

    def revoke(self) -> None:
        """End its key over the API."""
        address = f"{self.somebody.house.url}/api/auth/keys/{self.key['id']}/"
        assert httpx.delete(address, headers=self.somebody.bearer, timeout=30).status_code == 204

    def ask(self, conversation: str) -> str:
        """Return the turn of a question that is being answered."""
        address = f"{self.somebody.house.url}/api/conversations/{conversation}/turns/"
        asked = httpx.post(address, json={"text": QUESTION, "model": MODEL}, headers=self.headers, timeout=30)
        return asked.raise_for_status().json()["turn"]["id"]

    def stop(self, turn: str) -> None:
        """Stop an answer, as the person whose it is."""
        address = f"{self.somebody.house.url}/api/turns/{turn}/stop/"
        httpx.post(address, headers=self.somebody.bearer, timeout=30).raise_for_status()

    def elsewhere(self, verb: str) -> None:
        """Let another process change what it may do."""
        self.somebody.house.server.manage(
            "shell",
            "-c",
            "from accounts import keys, people; from accounts.models import ApiKey, User; "
            f"user = User.objects.get(email='{self.somebody.email}'); key = ApiKey.objects.get(id='{self.key['id']}'); "
            + verb,
        )

    @asynccontextmanager
    async def stream(self, path: str, body: dict | None = None, **headers: str) -> AsyncIterator[AsyncIterator[str]]:
        """Give the lines of an answer that is told while it is written, once it has begun."""
        address, sent = f"{self.somebody.house.url}{path}", {**self.headers, **headers}
        async with httpx.AsyncClient(timeout=30) as client:
            method = "POST" if body else "GET"
            async with client.stream(method, address, json=body, headers=sent) as answer:
                assert answer.status_code == 200, await answer.aread()
                yield answer.aiter_lines()


def come(house: House, *scopes: str) -> Program:
    """Return the program of somebody new."""
    somebody = house.make_person()
    address = f"{house.url}/api/auth/keys/"
    made = httpx.post(address, json={"name": "Test", "scopes": scopes}, headers=somebody.bearer, timeout=30)
    return Program(somebody, made.raise_for_status().json())


def openai(**more) -> tuple[str, dict]:
    return "/v1/chat/completions", {"model": MODEL, "messages": MESSAGES, "stream": True, **more}


def anthropic(**more) -> tuple[str, dict]:
    return "/v1/messages", {"model": MODEL, "messages": MESSAGES, "stream": True, "max_tokens": 9000, **more}


def running(house: House) -> bool:
    """Whether the model server is still answering."""
    seen = httpx.get(f"{house.fake}/_seen", timeout=30).json()
    return any(one["path"] == "/api/chat" and not one["ended"] for one in seen)


async def last_said(lines: AsyncIterator[str], end: Callable[[], None]) -> dict:
    """Let the right end in the middle of an answer, and return what was said last, within five seconds."""
    said: list[str] = []
    async for line in lines:
        said.append(line)
        if len(said) == 20:
            break
    ending = asyncio.create_task(asyncio.to_thread(end))
    began = None
    async for line in lines:
        if ending.done() and began is None:
            began = time.monotonic()
        said.append(line)
    await ending
    assert began is None or time.monotonic() - began < within(SECONDS)
    return json.loads([line for line in said if line.startswith("data: ")][-1].removeprefix("data: "))


@pytest.mark.parametrize("protocol", [openai, anthropic])
async def test_a_revoked_key_ends_an_answer_of_the_protocols(house, protocol):
    program = come(house, "chat")
    async with program.stream(*protocol()) as lines:
        last = await last_said(lines, program.revoke)
    assert last["error"]["type"] == "authentication_error"
    assert last["error"]["message"] == "This key is not valid, or no longer."
    assert (last["error"].get("code") or last["error"]["details"]["error_code"]) == "token_not_valid"
    # Nobody reads it any more: the model server is told to stop.
    await wait_for(lambda: not running(house), seconds=SECONDS)


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("keys.revoke(key=key)", "token_not_valid"),
        ("people.deactivate(user=user)", "user_inactive"),
        ("user.delete()", "user_inactive"),
    ],
    ids=["revoked", "disabled", "deleted"],
)
async def test_what_another_process_takes_away_ends_an_answer_of_the_protocols(house, verb, code):
    program = come(house, "chat")
    async with program.stream(*openai()) as lines:
        last = await last_said(lines, lambda: program.elsewhere(verb))
    assert last["error"]["type"] == "authentication_error"
    assert last["error"]["code"] == code


async def test_a_revoked_key_ends_what_is_told_of_a_kept_conversation_but_not_the_turn(house, new_id):
    program = come(house, "chat")
    async with program.stream(*openai(metadata={"conversation_id": new_id})) as lines:
        last = await last_said(lines, program.revoke)
    assert last["error"]["code"] == "token_not_valid"
    (kept,) = house.ledger.of(new_id)
    assert kept.status == "running"
    await asyncio.to_thread(program.stop, kept.turn)


async def test_an_answer_that_is_waited_for_as_a_whole_is_401_when_its_key_is_revoked(house):
    program = come(house, "chat")
    path, body = openai(stream=False)
    async with httpx.AsyncClient(timeout=30, headers=program.headers) as client:
        waiting = asyncio.create_task(client.post(house.url + path, json=body))
        await wait_for(lambda: running(house))
        await asyncio.to_thread(program.revoke)
        async with asyncio.timeout(within(SECONDS)):
            answer = await waiting
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_not_valid")


async def test_a_key_of_the_same_person_reads_on(house):
    program, other = come(house, "chat"), come(house, "chat")
    async with program.stream(*openai()) as lines:
        await asyncio.to_thread(other.revoke)
        await asyncio.to_thread(
            program.elsewhere, "keys.revoke(key=keys.make(user=user, name='x', scopes=['chat'])[0])"
        )
        # Longer than it takes to be turned out.
        end, said = time.monotonic() + SWEPT_SECONDS, []
        async for line in lines:
            said.append(line)
            if time.monotonic() > end:
                break
    assert len(said) > 50
    assert not any("error" in line for line in said)


@pytest.mark.parametrize("way", ["this process", "another process"])
async def test_a_revoked_key_ends_the_stream_of_a_conversation(house, new_id, way):
    program = come(house, "read", "chat")
    turn = await asyncio.to_thread(program.ask, new_id)
    listener = Listener()
    async with (
        httpx.AsyncClient(timeout=30, headers=program.headers) as client,
        client.stream("GET", f"{house.url}/api/conversations/{new_id}/stream/") as answer,
    ):
        stream = events(answer.aiter_text())
        await listener.read(stream, until=lambda said: any(said.texts.values()))
        end = program.revoke if way == "this process" else partial(program.elsewhere, "keys.revoke(key=key)")
        await asyncio.to_thread(end)
        async with asyncio.timeout(within(SECONDS)):
            await listener.read(stream)
    assert (listener.errors[-1]["code"], listener.errors[-1]["detail"]) == (
        "token_not_valid",
        "This key is not valid, or no longer.",
    )
    await asyncio.to_thread(program.stop, turn)


async def test_the_answer_to_a_chat_in_pieces_ends_too(house):
    program = come(house, "chat")
    async with program.stream("/api/chat/stream/", {"message": QUESTION, "model": MODEL}) as lines:
        last = await last_said(lines, program.revoke)
    assert last["done"]
    assert last["error"]["code"] == "token_not_valid"
    await asyncio.to_thread(program.stop, last["turn"])
