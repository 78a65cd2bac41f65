"""A conversation that was deleted in another process, whose news never comes: found out by looking at the rows."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from channels.testing import WebsocketCommunicator

from accounts.credentials import Credential
from accounts.models import User
from chatsite.threads import in_database
from conversations import lifecycle, live, turns
from conversations.models import Conversation, Turn
from conversations.runner import engine as engines
from conversations.sse.formats import Sse
from conversations.sse.stream import Stream
from llm.catalog import Catalog
from llm.config import Config
from tests.conversations.door import knock

pytestmark = pytest.mark.django_db(transaction=True)

NOT_FOUND = 4404


@pytest_asyncio.fixture(autouse=True)
async def engine() -> AsyncIterator[engines.Engine]:
    """The engine of this process, which looks when it is told to."""
    live.attach(asyncio.get_running_loop())
    yield engines.Engine(Catalog(Config()))
    live.detach()


async def look(engine: engines.Engine) -> None:
    """Look once after what other processes do."""
    await engine._watch()


async def open_socket(user: User, conversation: str) -> WebsocketCommunicator:
    """Return an open socket that has had its snapshot."""
    client = await knock(user, conversation)
    assert (await client.receive_json_from())["type"] == "conversation.snapshot"
    return client


def ask(user: User, conversation: str) -> None:
    """Ask a question that was answered long ago."""
    turns.start(conversation_id=conversation, author=user, text="Mine")
    Turn.objects.filter(conversation=conversation).update(status="completed")


def forget(conversation: str) -> None:
    """Delete a conversation as another process does."""
    Conversation.objects.get(pk=conversation).delete()


@pytest.mark.parametrize("looked", [False, True], ids=["before the first look", "after one"])
async def test_a_socket_of_it_is_closed(engine, alice, new_id, looked):
    await in_database(ask, alice, new_id)
    client = await open_socket(alice, new_id)
    if looked:
        await look(engine)
    await in_database(forget, new_id)
    await look(engine)
    assert await client.receive_json_from() == {"type": "conversation.deleted", "conversation": new_id}
    assert (await client.receive_output())["code"] == NOT_FOUND
    assert new_id not in live.current()


async def test_a_stream_of_it_ends(engine, alice, new_id):
    await in_database(lifecycle.create, owner=alice, id=uuid.UUID(new_id))
    credential = Credential(user=alice, kind="session")
    stream = Stream(credential=credential, conversation_id=uuid.UUID(new_id), turn=None, format=Sse(), places={})
    chunks = stream.chunks()
    await anext(chunks)
    await in_database(forget, new_id)
    await look(engine)
    said = "".join([chunk.decode() async for chunk in chunks])
    assert "event: conversation.deleted" in said
    assert json.loads(said.rpartition("event: error\ndata: ")[2])["code"] == "not_found"


async def test_one_that_was_begun_while_somebody_waited_at_its_address_is_missed_too(engine, alice, new_id):
    client = await open_socket(alice, new_id)
    await in_database(ask, alice, new_id)
    while (await client.receive_json_from())["type"] != "message.created":
        pass
    await in_database(forget, new_id)
    await look(engine)
    while (await client.receive_json_from())["type"] != "conversation.deleted":
        pass
    assert (await client.receive_output())["code"] == NOT_FOUND


async def test_one_that_somebody_else_has_begun_anew_is_gone_for_who_had_it(engine, alice, bob, new_id, monkeypatch):
    await in_database(ask, alice, new_id)
    client = await open_socket(alice, new_id)
    await in_database(forget, new_id)
    monkeypatch.setattr(live, "publish", lambda *news, **fields: None)
    await in_database(turns.start, conversation_id=new_id, author=bob, text="Bob's secret")
    await in_database(Turn.objects.filter(conversation=new_id).update, worker="elsewhere", status="running")
    await look(engine)
    assert (await client.receive_json_from())["type"] == "conversation.deleted"
    assert (await client.receive_output())["code"] == NOT_FOUND


async def test_who_comes_to_one_that_was_begun_anew_leaves_nobody_of_before_in_it(alice, bob, new_id, monkeypatch):
    await in_database(lifecycle.create, owner=alice, id=uuid.UUID(new_id))
    client = await open_socket(alice, new_id)
    await in_database(forget, new_id)
    await in_database(lifecycle.create, owner=bob, id=uuid.UUID(new_id))
    other = await open_socket(bob, new_id)
    assert (await client.receive_output())["code"] == NOT_FOUND
    await other.disconnect()


async def test_an_address_that_nobody_has_used_yet_is_not_taken_for_a_deleted_one(engine, alice, new_id):
    client = await open_socket(alice, new_id)
    await look(engine)
    await look(engine)
    assert await client.receive_nothing()
    await client.disconnect()


async def test_one_that_is_begun_while_the_rows_are_read_is_not_taken_for_a_deleted_one(
    engine, alice, new_id, monkeypatch
):
    client = await open_socket(alice, new_id)
    owners = engines.mirror.owners

    def owners_of_before(asked):
        found = owners(asked)
        ask(alice, new_id)
        return found

    monkeypatch.setattr(engines.mirror, "owners", owners_of_before)
    await look(engine)
    told = []
    while not await client.receive_nothing(timeout=0.3):
        told.append((await client.receive_json_from())["type"])
    assert "turn.started" in told
    assert "conversation.deleted" not in told
    await client.disconnect()


async def test_looking_takes_one_more_query_however_many_are_watched(engine, alice, django_assert_num_queries):
    ids = [str(uuid.uuid4()) for _ in range(5)]
    for conversation in ids:
        await in_database(lifecycle.create, owner=alice, id=uuid.UUID(conversation))
    counted = dict.fromkeys(ids, alice.pk)

    def count() -> dict:
        with django_assert_num_queries(1):
            return engines.mirror.owners(ids)

    assert await in_database(count) == counted
