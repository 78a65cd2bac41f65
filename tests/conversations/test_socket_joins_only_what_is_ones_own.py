"""Whoever may not watch a conversation is never among its listeners, and whoever leaves is forgotten."""

import pytest

from chatsite.threads import in_database
from conversations import live, sockets, turns
from conversations.live import feeds
from tests.conversations.door import knock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def joined(monkeypatch) -> list[str]:
    """The conversations that anybody joined."""
    asked = []

    async def watch(conversation_id, watcher):
        asked.append(str(conversation_id))
        return await feeds.watch(conversation_id, watcher)

    monkeypatch.setattr(live, "watch", watch)
    return asked


@pytest.fixture(autouse=True)
def room_for_one(settings) -> None:
    """With one socket open, this process is full."""
    settings.SOCKETS_PER_PROCESS = 1


async def test_the_owner_joins_and_is_forgotten_on_leaving(alice, new_id, joined):
    await in_database(turns.start, conversation_id=new_id, author=alice, text="Mine")
    client = await knock(alice, new_id)
    assert (await client.receive_json_from())["type"] == "conversation.snapshot"
    assert joined == [new_id]
    assert len(live.current()[new_id].watchers) == 1
    assert sockets.full()
    await client.disconnect()
    assert new_id not in live.current()
    assert not sockets.full()


async def test_a_stranger_joins_nothing(alice, bob, new_id, joined):
    await in_database(turns.start, conversation_id=new_id, author=alice, text="Not yours")
    client = await knock(bob, new_id)
    assert (await client.receive_json_from())["code"] == "not_found"
    assert (await client.receive_output())["code"] == 4404
    assert joined == []
    assert new_id not in live.current()
    assert not sockets.full()


@pytest.mark.parametrize(
    ("conversation", "query"), [("x", ""), ("3a5cf5d3-1f5c-4f0e-9a86-6a1f4d4be0f5", "?format=xml")]
)
async def test_who_asks_for_what_is_none_joins_nothing(alice, conversation, query, joined):
    client = await knock(alice, conversation, query)
    assert (await client.receive_json_from())["code"] == "bad_request"
    assert (await client.receive_output())["code"] == 4400
    assert joined == []
    assert not sockets.full()
