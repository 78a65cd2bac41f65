"""Tools of MCP servers that an administrator names: offered, called, asked for first, and away."""

import asyncio
import json
import sys
import uuid
from asyncio.subprocess import DEVNULL
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts import tokens
from chatsite.threads import in_database
from conversations import tools
from conversations.models import Message, Turn
from llm import mcp
from llm.errors import ToolError
from tests.pages.conftest import plain_static_files  # noqa: F401
from tests.support.client import wait_for
from tests.support.ports import free_port
from tests.support.server import ROOT
from tests.tools.conftest import calls, messages

MODEL = "ollama/tools"
QUESTION = "Please write this down for me."
# These decide only over what never comes: on a busy machine a server takes longer than half a minute to start.
PATIENCE_SECONDS = 180
SILENCE_SECONDS = 60


def serve(notes: Path, *more: str) -> list[str]:
    return ["-m", "tests.support.mcp_server", str(notes), *more]


def named(settings, folder: Path, **servers) -> Path:
    """Name servers in a file, and return the file in which the server keeps its notes."""
    notes = folder / "notes.txt"
    command = {"command": sys.executable, "args": serve(notes), "env": {"PYTHONPATH": str(ROOT)}}
    config = folder / "mcp.json"
    config.write_text(json.dumps({"servers": {name: command | given for name, given in servers.items()}}))
    settings.MCP_CONFIG = str(config)
    return notes


@pytest.fixture
def patience(monkeypatch) -> None:
    """No server is given up while it starts."""
    monkeypatch.setattr("llm.mcp.servers.START_SECONDS", PATIENCE_SECONDS)


@pytest.fixture
async def connected(stage, patience):
    """Connect to what is named; ends with the test."""

    async def connect(*names: str) -> None:
        await tools.outside.start()
        await wait_for(lambda: all(tools.outside.states()[name] == "ok" for name in names), seconds=PATIENCE_SECONDS)

    yield connect
    await tools.outside.close()


def tool_of(rows: list[Message]) -> Message:
    (row,) = [row for row in rows if row.role == "tool"]
    return row


async def waiting(turn: Turn) -> Message:
    """Return the call of a turn that waits for its person."""

    async def found() -> Message | None:
        return next((row for row in await messages(turn) if row.waits_for_permission), None)

    return await wait_for(found, seconds=PATIENCE_SECONDS)


async def test_what_only_reads_is_called_and_its_failure_is_told(stage, alice, settings, tmp_path, connected):
    named(settings, tmp_path, notes={})
    await connected("notes")
    calls(stage, ("notes__count_letters", {"text": "a b c"}))
    turn = await stage.answered(alice, MODEL, "How many letters?")
    assert turn.status == "completed"
    row = tool_of(await messages(turn))
    assert (row.text, row.status, row.tool_name) == ("3", "complete", "notes__count_letters")
    assert tools.label(row.tool_name) == "notes: count_letters"
    sent = stage.fake.seen[-2].body
    assert {each["function"]["name"] for each in sent["tools"]} >= {"notes__count_letters", "notes__write_note"}

    calls(stage, ("notes__fail", {}))
    row = tool_of(await messages(await stage.answered(alice, MODEL, "And now?")))
    assert row.status == "failed"
    assert "the shelf is empty" in row.text


async def test_what_writes_waits_for_its_person(stage, alice, bob, settings, tmp_path, connected):
    notes = named(settings, tmp_path, notes={})
    await connected("notes")
    calls(stage, ("notes__write_note", {"text": "milk"}))
    turn = await stage.ask(alice, MODEL, QUESTION)
    row = await waiting(turn)
    assert not notes.exists()

    def decide(user, address: str, **fields):
        token = tokens.issue(user=user, client="test").access
        program = Client(headers={"authorization": f"Bearer {token}"})
        return program.post(address, fields, content_type="application/json")

    address = f"/api/turns/{turn.pk}/allow/"
    refused = await in_database(lambda: decide(bob, address, message=str(row.pk), allow=True))
    assert refused.status_code == 404
    wrong = await in_database(lambda: decide(alice, address, message=str(uuid.uuid4()), allow=True))
    assert wrong.status_code == 404
    assert not notes.exists()
    allowed = await in_database(lambda: decide(alice, address, message=str(row.pk), allow=True))
    assert (allowed.status_code, allowed.json()["tool_run"]["allowed"]) == (200, True)
    assert (await stage.ended(turn)).status == "completed"
    assert notes.read_text() == "milk\n"
    row = tool_of(await messages(turn))
    assert (row.text, row.status) == ("Written.", "complete")
    assert row.tool_run["by"] == "person"
    late = await in_database(lambda: decide(alice, address, message=str(row.pk), allow=False))
    assert (late.status_code, late.json()["code"]) == (409, "not_waiting")


async def test_what_is_refused_or_not_answered_is_not_called(stage, alice, settings, tmp_path, connected):
    notes = named(settings, tmp_path, notes={})
    await connected("notes")
    calls(stage, ("notes__write_note", {"text": "milk"}))
    turn = await stage.ask(alice, MODEL, QUESTION)
    row = await waiting(turn)

    def refuse():
        browser = Client()
        browser.force_login(alice)
        page = browser.get(f"/chat/{turn.conversation_id}/").content.decode()
        assert "Allow this call" in page
        address = f"/turns/{turn.pk}/allow/"
        assert browser.post(address, {"message": str(row.pk), "allow": "perhaps"}).status_code == 302
        return browser.post(address, {"message": str(row.pk), "allow": "no"}, headers={"HX-Request": "true"})

    assert (await in_database(refuse)).status_code == 204
    assert (await stage.ended(turn)).status == "completed"
    row = tool_of(await messages(turn))
    assert (row.status, row.tool_run["by"]) == ("failed", "person")
    assert "did not allow" in row.text

    settings.TOOL_ASK_SECONDS = 0.1
    calls(stage, ("notes__write_note", {"text": "milk"}))
    turn = await stage.answered(alice, MODEL, QUESTION)
    assert turn.status == "completed"
    assert tool_of(await messages(turn)).tool_run["by"] == "nobody"
    assert not notes.exists()


async def test_whoever_is_asked_holds_nobody_up_and_is_asked_once_if_away(
    stage, alice, bob, settings, tmp_path, connected
):
    settings.CONCURRENT_CALLS = {"ollama": 1}
    notes = named(settings, tmp_path, notes={})
    await connected("notes")
    calls(stage, *[("notes__write_note", {"text": text}) for text in ("milk", "bread")])
    turn = await stage.ask(alice, MODEL, QUESTION)
    await waiting(turn)
    assert (await stage.answered(bob, "ollama/fast")).status == "completed"
    await stage.stop(turn)
    assert (await stage.ended(turn)).status == "stopped"
    assert stage.engine.line_of("ollama").taken == 0

    settings.TOOL_ASK_SECONDS = 0.1
    calls(stage, *[("notes__write_note", {"text": text}) for text in ("milk", "bread")])
    turn = await stage.answered(alice, MODEL, QUESTION)
    assert turn.status == "completed"
    first, second = [row.tool_run for row in await messages(turn) if row.role == "tool"]
    assert (first["by"], first["ok"], second["ok"]) == ("nobody", False, False)
    # Nobody was there to be asked again.
    assert "asks" not in second
    assert not notes.exists()
    assert stage.engine.line_of("ollama").taken == 0


async def test_stop_ends_the_waiting(stage, alice, settings, tmp_path, connected):
    notes = named(settings, tmp_path, notes={"ask": "always"})
    await connected("notes")
    calls(stage, ("notes__count_letters", {"text": "a"}))
    turn = await stage.ask(alice, MODEL, QUESTION)
    row = await waiting(turn)
    await stage.stop(turn)
    assert (await stage.ended(turn)).status == "stopped"
    row = tool_of(await messages(turn))
    assert not row.waits_for_permission
    assert not notes.exists()


async def test_tools_are_for_their_group_and_only_those_that_are_named(
    stage, alice, bob, settings, tmp_path, connected
):
    named(settings, tmp_path, notes={"groups": ["Teachers"], "tools": ["count_letters"]})
    await connected("notes")
    await in_database(lambda: alice.groups.add(Group.objects.create(name="Teachers")))

    async def offered(person) -> set[str]:
        await stage.answered(person, MODEL, "What is a tide? tokens=5")
        sent = [each.body for each in stage.fake.seen if "messages" in each.body]
        return {each["function"]["name"] for each in sent[-1].get("tools", [])}

    assert {name for name in await offered(alice) if "__" in name} == {"notes__count_letters"}
    assert not any("__" in name for name in await offered(bob))


async def test_a_server_that_dies_is_started_again(stage, alice, settings, tmp_path, connected):
    named(settings, tmp_path, notes={})
    await connected("notes")
    calls(stage, ("notes__die", {}))
    turn = await stage.answered(alice, MODEL, "Go away.")
    assert turn.status == "completed"
    assert tool_of(await messages(turn)).status == "failed"
    await wait_for(lambda: tools.outside.states()["notes"] == "ok", seconds=PATIENCE_SECONDS)
    calls(stage, ("notes__count_letters", {"text": "ab"}))
    turn = await stage.answered(alice, MODEL, "And again?")
    assert tool_of(await messages(turn)).text == "2"


async def test_one_that_has_died_offers_nothing_from_that_moment(tmp_path, patience):
    command = {
        "command": sys.executable,
        "args": tuple(serve(tmp_path / "notes.txt")),
        "env": {"PYTHONPATH": str(ROOT)},
    }
    servers = mcp.Servers([mcp.Server(name="notes", **command)])
    try:
        await servers.start()
        await wait_for(lambda: servers.states() == {"notes": "ok"}, seconds=PATIENCE_SECONDS)
        (die,) = [each.tool for each in servers.offered() if each.tool.name == "notes__die"]
        with pytest.raises(ToolError):
            await die.run({})
        assert (servers.offered(), servers.states()) == ([], {"notes": "unreachable"})
    finally:
        await servers.close()


class Breaking:
    """A connection that breaks in a call while it is asked what it offers, says that late, and takes long to close."""

    def __init__(self):
        self.listed, self.asked, self.told, self.closing = 0, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        self.closing.set()
        await asyncio.Event().wait()

    async def list_tools(self, cursor):
        self.listed += 1
        if self.listed > 1:
            self.asked.set()
            await self.told.wait()
        schema = {"type": "object"}
        tool = SimpleNamespace(name="note", input_schema=schema, annotations=None, description="Notes it.")
        return SimpleNamespace(tools=[tool], next_cursor=None)

    async def call_tool(self, name, arguments):
        raise ConnectionResetError


async def test_one_that_breaks_while_it_says_what_it_offers_offers_nothing(monkeypatch):
    client = Breaking()
    monkeypatch.setattr("llm.mcp.servers.connect", lambda server, stack: client)
    monkeypatch.setattr("llm.mcp.servers.LOOK_SECONDS", 0.01)
    servers = mcp.Servers([mcp.Server(name="notes", command="notes")])
    try:
        await servers.start()
        await wait_for(client.asked.is_set, seconds=PATIENCE_SECONDS)
        (offered,) = servers.offered()
        with pytest.raises(ToolError):
            await offered.tool.run({})
        client.told.set()
        await wait_for(client.closing.is_set, seconds=PATIENCE_SECONDS)
        assert (servers.offered(), servers.states()) == ([], {"notes": "unreachable"})
    finally:
        await servers.close()


async def test_one_that_is_away_offers_nothing_and_one_by_http_is_asked(tmp_path, patience):
    port = free_port()
    command = [sys.executable, *serve(tmp_path / "notes.txt", str(port))]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL)
    servers = mcp.Servers(
        [
            mcp.Server(name="away", command=str(tmp_path / "nothing-here")),
            mcp.Server(name="web", url=f"http://127.0.0.1:{port}/mcp", headers={"X-Test": "yes"}),
        ]
    )
    try:
        await servers.start()
        await wait_for(lambda: servers.states() == {"away": "unreachable", "web": "ok"}, seconds=PATIENCE_SECONDS)
        (tool,) = [each.tool for each in servers.offered() if each.tool.name == "web__count_letters"]
        assert await tool.run({"text": "four"}) == "4"
        assert not tool.asks
    finally:
        await servers.close()
        process.kill()
        await process.wait()


def test_a_file_that_cannot_be_meant_is_refused_with_a_sentence(tmp_path, settings):
    path = tmp_path / "mcp.json"
    settings.MCP_CONFIG = str(path)
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        tools.outside.check()
    good = {"command": "x"}
    for given, sentence in (
        ("{", "is not JSON"),
        ("[]", '"servers" as its only name'),
        ({"A b": good}, "needs a name"),
        ({"a": {}}, 'either a "command" or a "url"'),
        ({"a": good | {"url": "http://x"}}, 'either a "command" or a "url"'),
        ({"a": {"url": "file:///etc/passwd"}}, "begins with neither"),
        ({"a": good | {"ask": "sometimes"}}, '"ask" that is none of'),
        ({"a": good | {"shell": True}}, "unknown names: shell"),
        ({"a": good | {"args": "-x"}}, '"args" that is not a list'),
        ({"a": good | {"env": {"A": 1}}}, '"env" that is not text'),
    ):
        path.write_text(given if isinstance(given, str) else json.dumps({"servers": given}))
        with pytest.raises(ImproperlyConfigured, match=sentence):
            tools.outside.check()
    path.write_text(json.dumps({"servers": {"a": good}}))
    tools.outside.check()
