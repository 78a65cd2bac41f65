"""What all of a person's pages are told: which chat is being answered, which has an answer, and what has changed."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from channels.layers import InMemoryChannelLayer
from channels.testing import WebsocketCommunicator

from accounts.models import User
from chatsite.threads import in_database
from conversations import events, lifecycle, live, tags, turns
from conversations.live import feeds, persons
from conversations.live.relay import Relay
from conversations.models import Turn
from tests.conversations.door import knock, open_list
from tests.pages.conftest import plain_static_files  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture(autouse=True)
async def loop() -> AsyncIterator[None]:
    live.attach(asyncio.get_running_loop())
    yield
    live.detach()


async def heard(client: WebsocketCommunicator) -> list[dict]:
    """Return what the socket was told of the list."""
    told = []
    while not await client.receive_nothing(timeout=0.2):
        frame = await client.receive_json_from()
        if frame["type"].startswith("chats."):
            told.append(frame)
    return told


async def open_page(user: User, conversation: str) -> WebsocketCommunicator:
    """Return a page's open socket that has had its snapshot."""
    client = await knock(user, conversation, "?format=html")
    assert (await client.receive_json_from())["type"] == "conversation.snapshot"
    return client


async def test_every_page_of_a_person_hears_of_a_turn_and_nobody_else_does(alice, bob, new_id):
    pages = [await open_page(alice, str(uuid.uuid4())), await open_list(alice)]
    strangers = [await open_page(bob, str(uuid.uuid4())), await open_list(bob)]
    started = await in_database(turns.start, conversation_id=new_id, author=alice, text="Mine")
    running = {"type": "chats.running", "chat": new_id, "running": True}
    for page in pages:
        assert running in await heard(page)
    live.publish(new_id, *events.ended(await in_database(_ended, started.turn)), owner=alice.pk)
    for page in pages:
        assert await heard(page) == [{**running, "running": False}]
    for page in strangers:
        assert await heard(page) == []
    for page in pages + strangers:
        await page.disconnect()
    assert new_id not in live.current()
    assert not {persons.key_of(alice.pk), persons.key_of(bob.pk)} & set(persons.keys())


async def test_who_watches_it_end_has_seen_it_and_all_pages_know(alice, new_id):
    started = await in_database(turns.start, conversation_id=new_id, author=alice, text="Mine")
    watching, beside = await open_page(alice, new_id), await open_list(alice)
    await heard(beside)
    live.publish(new_id, *events.ended(await in_database(_ended, started.turn)), owner=alice.pk)
    told = await heard(beside)
    assert told[0] == {"type": "chats.running", "chat": new_id, "running": False}
    # Once at once, and once when it is put down.
    assert {frame["type"] for frame in told[1:]} == {"chats.seen"}
    await watching.disconnect()
    await beside.disconnect()


async def test_what_changes_the_list_is_told(alice, bob, new_id):
    page = await open_list(alice)
    conversation = await in_database(lifecycle.create, owner=alice, id=uuid.UUID(new_id), title="House")
    await heard(page)

    def restore() -> None:
        lifecycle.restore(conversation_id=new_id, user=alice)

    for change in (
        lambda: lifecycle.rename(conversation=conversation, title="Garden"),
        lambda: lifecycle.change(conversation=conversation, changes={"pinned": True}),
        lambda: lifecycle.change(conversation=conversation, changes={"tags": ["Work"]}),
        lambda: tags.change(tag=tags.listing(user=alice).get(), name="Home"),
        lambda: lifecycle.delete(conversation=conversation),
        restore,
    ):
        await in_database(change)
        assert {"type": "chats.changed"} in await heard(page)
    await in_database(lambda: lifecycle.create(owner=bob, title="Bob's"))
    await in_database(lambda: tags.make(owner=bob, name="Bob's"))
    assert await heard(page) == []
    await page.disconnect()


async def test_other_processes_tell_their_pages_too(alice, new_id):
    layer = InMemoryChannelLayer()
    here = Relay(layer, "here", lambda command: None)
    there = Relay(layer, "there", lambda command: None)
    live.attach(asyncio.get_running_loop(), here)
    await here.start()
    try:
        page = await open_list(alice)
        # Whoever comes before the way to the others is open is looked after by the engine, every two seconds.
        await asyncio.sleep(0.05)
        await here.follow_watched()
        there.send(persons.key_of(alice.pk), [{"type": "chats.seen", "chat": new_id}])
        await there._send_all()
        assert await heard(page) == [{"type": "chats.seen", "chat": new_id}]
        await page.disconnect()
    finally:
        await here.close()
        feeds.attach(asyncio.get_running_loop())


async def test_the_socket_of_the_list_takes_pings_only(alice):
    page = await open_list(alice)
    await page.send_json_to({"type": "ping"})
    assert await page.receive_json_from() == {"type": "pong"}
    await page.send_json_to({"type": "turn.stop", "turn": str(uuid.uuid4())})
    assert (await page.receive_json_from())["code"] == "bad_request"
    await page.send_to(bytes_data=b"x")
    assert (await page.receive_json_from())["type"] == "error"
    await page.disconnect()


def _ended(turn: Turn) -> Turn:
    Turn.objects.filter(pk=turn.pk).update(status="completed", finished_at=turn.created_at)
    return Turn.objects.with_messages().get(pk=turn.pk)
