"""When a socket is closed from here: the conversation is gone or became somebody else's, or nobody reads."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from channels.testing import WebsocketCommunicator

from accounts.models import User
from chatsite.threads import in_database
from conversations import consumers, lifecycle, live, sockets, turns
from conversations.models import Conversation, Turn
from tests.conversations.door import client_of, knock
from tests.support.client import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

NOT_FOUND, TOO_SLOW = 4404, 4409


@pytest_asyncio.fixture(autouse=True)
async def server() -> AsyncIterator[None]:
    """News is delivered on this loop, as in a server."""
    live.attach(asyncio.get_running_loop())
    yield
    live.detach()


async def open_mine(user: User, conversation: str) -> WebsocketCommunicator:
    """Return an open socket of a conversation of this person's, which has had its snapshot."""
    await in_database(turns.start, conversation_id=conversation, author=user, text="Mine")
    client = await knock(user, conversation)
    assert (await client.receive_json_from())["type"] == "conversation.snapshot"
    return client


def lose_news(conversation: str) -> None:
    """Leave every reader behind, as if news had been lost on the way."""
    for watcher in live.current()[conversation].watchers:
        watcher.lose()


def forget(conversation: str) -> None:
    """Delete a conversation in another process, whose news never comes."""
    Conversation.objects.get(pk=conversation).delete()


async def test_a_deleted_conversation_closes_its_sockets(alice, new_id):
    client = await open_mine(alice, new_id)
    await in_database(lifecycle.delete, conversation=await in_database(Conversation.objects.get, pk=new_id))
    assert (await client.receive_json_from())["type"] == "conversation.deleted"
    assert (await client.receive_output())["code"] == NOT_FOUND
    assert new_id not in live.current()


async def test_a_conversation_whose_deletion_was_not_heard_of_closes_its_sockets(alice, new_id):
    client = await open_mine(alice, new_id)
    await in_database(forget, new_id)
    lose_news(new_id)
    assert (await client.receive_output())["code"] == NOT_FOUND
    assert new_id not in live.current()


async def test_a_conversation_that_somebody_else_began_anew_tells_nothing_and_closes(alice, bob, new_id, monkeypatch):
    client = await open_mine(alice, new_id)
    await in_database(forget, new_id)
    monkeypatch.setattr(live, "publish", lambda *news, **fields: None)
    await in_database(turns.start, conversation_id=new_id, author=bob, text="Bob's secret")
    lose_news(new_id)
    assert (await client.receive_output())["code"] == NOT_FOUND


async def test_an_id_that_somebody_else_takes_first_tells_nothing_and_closes(alice, bob, new_id):
    client = await knock(alice, new_id)
    assert (await client.receive_json_from())["conversation"] is None
    await in_database(turns.start, conversation_id=new_id, author=bob, text="Bob's secret")
    assert (await client.receive_json_from())["code"] == "not_found"
    assert (await client.receive_output())["code"] == NOT_FOUND


async def test_an_id_that_somebody_else_took_tells_nothing_when_news_was_lost(alice, bob, new_id):
    client = await knock(alice, new_id)
    assert (await client.receive_json_from())["conversation"] is None
    live.detach()
    await in_database(turns.start, conversation_id=new_id, author=bob, text="Bob's secret")
    assert await client.receive_nothing(timeout=0.01)
    await client.send_json_to({"type": "sync", "message": new_id, "seq": 0})
    assert (await client.receive_json_from())["code"] == "not_found"
    assert (await client.receive_output())["code"] == NOT_FOUND


async def test_a_client_that_takes_nothing_is_let_go(alice, new_id, monkeypatch):
    monkeypatch.setattr(consumers, "STALLED_SECONDS", 0.05)
    monkeypatch.setattr(sockets, "SWEEP_SECONDS", 0.02)
    client = await client_of(alice, new_id)
    arrivals: asyncio.Queue[dict] = asyncio.Queue()
    closed: list[int] = []

    async def send(message: dict) -> None:
        if message["type"] == "websocket.close":
            closed.append(message["code"])
        elif message["type"] == "websocket.send":
            # The client does not read, so the server's frame is never gone.
            await asyncio.Event().wait()

    arrivals.put_nowait({"type": "websocket.connect"})
    socket = asyncio.create_task(client.application(client.scope, arrivals.get, send))
    await wait_for(lambda: closed, every=0.01)
    assert closed == [TOO_SLOW]
    socket.cancel()


async def test_a_client_that_takes_what_comes_stays(alice, new_id, monkeypatch):
    monkeypatch.setattr(consumers, "STALLED_SECONDS", 0.05)
    monkeypatch.setattr(sockets, "SWEEP_SECONDS", 0.02)
    client = await open_mine(alice, new_id)
    assert await client.receive_nothing(timeout=0.3)
    await client.disconnect()


async def test_a_stop_is_heard_however_much_was_said_before(alice, new_id):
    client = await open_mine(alice, new_id)
    turn = await in_database(Turn.objects.get, conversation=new_id)
    for _ in range(consumers.FRAMES + 1):
        await client.send_json_to({"type": "ping"})
    said = [(await client.receive_json_from())["type"] for _ in range(consumers.FRAMES + 1)]
    assert said == ["pong"] * consumers.FRAMES + ["error"]
    await client.send_json_to({"type": "turn.stop", "turn": str(turn.pk)})
    await client.send_json_to({"type": "ping"})
    # Of the stop itself nothing is refused; what comes after it is.
    refused = await client.receive_json_from()
    assert (refused["code"], refused["ref"]) == ("rate_limited", None)
    assert (await in_database(Turn.objects.get, pk=turn.pk)).stop_requested_at
    assert await client.receive_nothing()
    for _ in range(consumers.FRAMES_TOO_MANY):
        await client.send_json_to({"type": "turn.stop", "turn": str(turn.pk)})
    assert (await client.receive_output())["code"] == 4429
