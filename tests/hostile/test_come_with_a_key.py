"""Open a socket with an API key: its scopes say what may be done there, and revoking it closes the socket."""

import asyncio
import json
import time
import uuid

import httpx
import pytest

from tests.hostile.conftest import House, Person
from tests.hostile.wire import TEXT, Wire, frame, text
from tests.support.promises import within

pytestmark = pytest.mark.process

SECONDS = 5
NOBODY = "00000000-0000-4000-8000-000000000000"
# Every frame that does something, with the fields that it cannot do without.
DOINGS = {
    "turn.start": {"text": "Hello", "client_id": NOBODY},
    "turn.stop": {"turn": NOBODY},
    "turn.retry": {"turn": NOBODY},
    "turn.edit": {"turn": NOBODY, "text": "Hello"},
    "conversation.end": {},
}


def make_key(somebody: Person, *scopes: str) -> dict:
    """Return a new key as the API tells it, with its secret in `key`."""
    answer = httpx.post(
        f"{somebody.house.url}/api/auth/keys/",
        json={"name": "Test", "scopes": scopes},
        headers=somebody.bearer,
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def sit_down(somebody: Person, conversation: str, *scopes: str, query: str = "") -> Wire:
    """Return an open socket of somebody who came with a new key."""
    wire = await somebody.house.knock(conversation, query=query, x_api_key=make_key(somebody, *scopes)["key"])
    assert wire.status == 101
    return wire


async def alive(wire: Wire) -> bool:
    await wire.send(text(type="ping"))
    return (await wire.until("pong"))["type"] == "pong"


@pytest.mark.parametrize("way", ["Authorization", "X-Api-Key", "Sec-WebSocket-Protocol"])
async def test_a_key_comes_in_each_of_three_ways(house: House, person: Person, new_id: str, way: str):
    secret = make_key(person, "read", "chat")["key"]
    sent = {"Authorization": f"Bearer {secret}", "X-Api-Key": secret, "Sec-WebSocket-Protocol": f"bearer, {secret}"}
    wire = await house.knock(new_id, **{way: sent[way]})
    assert wire.status == 101
    await wire.until("conversation.snapshot")
    assert secret not in str(wire.headers)
    await wire.close()


@pytest.mark.parametrize("ways", [("Authorization", "X-Api-Key"), ("X-Api-Key", "Sec-WebSocket-Protocol")])
async def test_a_key_sent_in_two_ways_is_turned_away(house, person, new_id, ways):
    secret = make_key(person, "read", "chat")["key"]
    sent = {"Authorization": f"Bearer {secret}", "X-Api-Key": secret, "Sec-WebSocket-Protocol": f"bearer, {secret}"}
    wire = await house.knock(new_id, **{way: sent[way] for way in ways})
    assert await wire.frames_to_the_end() == ([], 4401)


async def test_a_key_beside_a_cookie_is_turned_away(house, person, stranger, new_id):
    secret = make_key(stranger, "read", "chat")["key"]
    wire = await house.knock(new_id, x_api_key=secret, Cookie=person.browser.cookie)
    assert await wire.frames_to_the_end() == ([], 4401)


async def test_a_key_that_is_none_is_turned_away(house, person, new_id):
    secret = make_key(person, "chat")["key"]
    for wrong in ("cs_", secret[:-1], secret + "a", secret[:12] + "x" * 43, "cs_\xff\xfe"):
        wire = await house.knock(new_id, x_api_key=wrong)
        assert await wire.frames_to_the_end() == ([], 4401)


async def test_a_key_for_the_account_only_opens_no_socket(house, person, new_id):
    wire = await sit_down(person, new_id, "admin")
    assert await wire.frames_to_the_end() == ([], 4403)


async def test_a_key_to_chat_asks_and_reads_the_answer(person, new_id):
    wire = await sit_down(person, new_id, "chat")
    await wire.send(text(type="turn.start", text="Hello", client_id=str(uuid.uuid4()), model="ollama/fast"))
    assert (await wire.until("turn.finished"))["status"] == "completed"
    await wire.close()


async def test_a_key_to_read_watches(person, new_id):
    watching = await sit_down(person, new_id, "read")
    await watching.until("conversation.snapshot")
    asking = await sit_down(person, new_id, "chat")
    await asking.send(text(type="turn.start", text="Hello", client_id=str(uuid.uuid4()), model="ollama/fast"))
    created = await watching.until("message.created")
    assert created["content"] == "Hello"
    assert (await watching.until("turn.finished"))["status"] == "completed"
    await watching.send(text(type="sync", message=created["message"]))
    assert (await watching.until("message.snapshot"))["content"] == "Hello"
    for wire in (watching, asking):
        await wire.close()


@pytest.mark.parametrize("kind", DOINGS)
async def test_a_key_to_read_does_nothing(house, person, new_id, kind):
    wire = await sit_down(person, new_id, "read")
    await wire.until("conversation.snapshot")
    await wire.send(text(type=kind, **DOINGS[kind]))
    refused = await wire.until("error")
    assert refused["code"] == "insufficient_scope"
    assert refused["detail"] == "This key may not do that: it needs the scope chat."
    assert refused["ref"] in {NOBODY, kind}
    assert await alive(wire)
    assert house.ledger.of(new_id) == []
    await wire.close()


async def test_a_key_to_read_asks_nothing_in_plain_words_either(house, person, new_id):
    wire = await sit_down(person, new_id, "read", query="?format=plain")
    await wire.send(frame(TEXT, b"Hello"))
    opcode, payload = await wire.receive()
    assert (opcode, json.loads(payload)["code"]) == (TEXT, "insufficient_scope")
    assert house.ledger.of(new_id) == []
    await wire.close()


async def test_revoking_a_key_closes_its_sockets_and_no_others(house, person):
    key = make_key(person, "read")
    doomed = await house.knock(str(uuid.uuid4()), x_api_key=key["key"])
    await doomed.until("conversation.snapshot")
    others = [await sit_down(person, str(uuid.uuid4()), "read"), await person.sit_down(str(uuid.uuid4()))]
    began = time.monotonic()
    revoked = await asyncio.to_thread(
        httpx.delete, f"{house.url}/api/auth/keys/{key['id']}/", headers=person.bearer, timeout=30
    )
    assert revoked.status_code == 204
    assert await doomed.close_code() == 4401
    assert time.monotonic() - began < within(SECONDS)
    for wire in others:
        assert await alive(wire)
        await wire.close()
    assert await (await house.knock(str(uuid.uuid4()), x_api_key=key["key"])).close_code() == 4401


@pytest.mark.parametrize(
    "end",
    ["keys.revoke(key=found.get())", "found.update(expires_at=timezone.now())"],
    ids=["revoked in another process", "expired"],
)
async def test_a_key_that_is_over_closes_its_sockets(house, person, end):
    key = make_key(person, "read")
    wire = await house.knock(str(uuid.uuid4()), x_api_key=key["key"])
    await wire.until("conversation.snapshot")
    script = (
        "from accounts import keys; from accounts.models import ApiKey; from django.utils import timezone; "
        f"found = ApiKey.objects.filter(id='{key['id']}'); {end}"
    )
    await asyncio.to_thread(house.server.manage, "shell", "-c", script)
    async with asyncio.timeout(within(SECONDS)):
        assert await wire.close_code() == 4401


async def test_disabling_a_person_closes_the_sockets_of_their_keys(house):
    somebody = house.make_person()
    wire = await sit_down(somebody, str(uuid.uuid4()), "read")
    await wire.until("conversation.snapshot")
    disabled = house.administrator.browser.post(
        f"/admin/accounts/user/{somebody.id}/change/", email=somebody.email, name=""
    )
    assert disabled.status_code == 302
    async with asyncio.timeout(within(SECONDS)):
        assert await wire.close_code() == 4403


async def test_a_new_password_leaves_the_sockets_of_keys_open(house):
    somebody = house.make_person()
    by_key = await sit_down(somebody, str(uuid.uuid4()), "read")
    by_token = await somebody.sit_down(str(uuid.uuid4()))
    await by_key.until("conversation.snapshot")
    house.server.manage(
        "shell",
        "-c",
        "from accounts import people; from accounts.models import User; "
        f"people.sign_out_everywhere(user=User.objects.get(email='{somebody.email}'))",
    )
    assert await by_token.close_code() == 4401
    assert await alive(by_key)
    await by_key.close()
