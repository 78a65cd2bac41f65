"""Who has a conversation open: put down when a socket or stream comes and goes, and now and then in between."""

import asyncio

import pytest

from chatsite.threads import in_database
from conversations import presence, sessions
from conversations.live import Watcher, feeds
from conversations.models import Conversation
from conversations.wire import FORMATS
from tests.conversations.door import knock
from tests.support.promises import within

from .conftest import answered

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 10


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(presence, "GATHER_SECONDS", 0.05)
    monkeypatch.setattr(presence, "_waiting", {})


async def seen_at(conversation_id):
    return (await in_database(Conversation.objects.get, pk=conversation_id)).seen_at


async def until_seen_after(conversation_id, before):
    async with asyncio.timeout(within(PATIENCE_SECONDS)):
        while (now := await seen_at(conversation_id)) == before:  # noqa: ASYNC110  what is waited for is a row
            await asyncio.sleep(0.02)
    return now


async def test_a_socket_is_noticed_when_it_comes_and_when_it_goes(alice):
    conversation_id = (await in_database(answered, alice)).conversation_id
    client = await knock(alice, str(conversation_id))
    came = await until_seen_after(conversation_id, None)
    await asyncio.sleep(0.3)
    assert await seen_at(conversation_id) == came
    await client.disconnect()
    assert await until_seen_after(conversation_id, came) > came


async def test_while_it_is_open_that_is_said_again_and_again(alice, monkeypatch):
    monkeypatch.setattr(sessions, "SEEN_SECONDS", 0.2)
    conversation_id = (await in_database(answered, alice)).conversation_id
    client = await knock(alice, str(conversation_id))
    first = await until_seen_after(conversation_id, None)
    second = await until_seen_after(conversation_id, first)
    assert await until_seen_after(conversation_id, second) > second
    await client.disconnect()


async def test_all_of_a_process_are_one_statement(alice, monkeypatch):
    monkeypatch.setattr(sessions, "SEEN_SECONDS", 0.2)
    told = []
    monkeypatch.setattr(sessions, "seen", lambda ids: told.append(set(ids)) or set())
    ids = [str((await in_database(answered, alice)).conversation_id) for _ in range(3)]
    feed_of = [(await feeds.watch(id, watcher := Watcher(FORMATS["text"])), watcher) for id in ids]
    for id in ids:
        presence.note(id)
    await asyncio.sleep(0.6)
    assert len(told) in {2, 3, 4}
    assert all(each == set(ids) for each in told)
    for feed, watcher in feed_of:
        await feeds.unwatch(feed, watcher)
    async with asyncio.timeout(within(PATIENCE_SECONDS)):
        await asyncio.wait([presence._keeper])
    assert not presence._waiting
