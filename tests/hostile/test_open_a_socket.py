"""Who gets in at a socket's door, and what everybody else is told."""

import asyncio
import uuid

import pytest

from tests.hostile.conftest import House, Person
from tests.hostile.wire import TEXT, Wire, frame, text
from tests.support.client import PASSWORD
from tests.support.promises import within

pytestmark = pytest.mark.process

NOBODY = "0" * 32
SOCKETS_PER_USER = 20


async def turned_away(wire: Wire) -> int | None:
    """Return the close code of somebody who is let in to be told to go, after nothing else was said."""
    assert wire.status == 101
    came, code = await wire.frames_to_the_end()
    assert came == []
    return code


async def test_a_page_of_ours_comes_in_with_its_cookie(house: House, person: Person, new_id: str):
    wire = await house.knock(new_id, **person.browser.headers)
    assert (await wire.news())["type"] == "conversation.snapshot"
    await wire.close()


async def test_a_cookie_without_an_origin_is_refused_before_the_socket_opens(house, person, new_id):
    wire = await house.knock(new_id, Cookie=person.browser.cookie)
    assert wire.status == 403


@pytest.mark.parametrize(
    "origin",
    [
        "https://attacker.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://127.0.0.1:{port}.attacker.example",
        "http://attacker.example:{port}",
        "http://127.0.0.1:{port}@attacker.example",
        "http://attacker.example/127.0.0.1:{port}",
        "file://127.0.0.1:{port}",
        "null",
        "",
        "http://[",
        "http://[::1",
        "://",
        "127.0.0.1:{port}",
        "http://127.0.0.1:{port} http://attacker.example",
        "\xe9\xff",
    ],
)
async def test_a_cookie_with_another_origin_is_refused(house, person, new_id, origin):
    origin = origin.format(port=house.server.port)
    wire = await house.knock(new_id, Cookie=person.browser.cookie, Origin=origin)
    assert wire.status == 403


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:80", "[", "[::1", "", "127.0.0.1@x", "\xff"])
async def test_a_cookie_for_a_host_that_is_not_ours_is_refused(house, person, new_id, host):
    wire = await house.knock(new_id, Cookie=person.browser.cookie, Origin=f"http://{host}", Host=host)
    assert wire.status in {400, 403}


async def test_nobody_is_told_to_sign_in_at_once_and_nothing_else(house, new_id):
    # Credentials come with the handshake, so there is no waiting for any after it.
    async with asyncio.timeout(within(5)):
        assert await turned_away(await house.knock(new_id)) == 4401


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "null", "\xff\xfe", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30.", "x" * 6000, "../../etc/passwd"],
)
async def test_a_token_that_is_none_is_turned_away(house, new_id, token):
    assert await turned_away(await house.knock(new_id, Authorization=f"Bearer {token}")) == 4401


@pytest.mark.parametrize(
    "cookie",
    [
        f"sessionid={NOBODY}",
        "sessionid=x",
        'sessionid="\\000\\000\\000\\000\\000\\000\\000\\000"',
        "sessionid=" + "x" * 6000,
        "sessionid=\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8",
        "sessionid",
        ";;;=;sessionid",
        "=" * 100,
    ],
)
async def test_a_cookie_that_nobody_signed_in_with_is_turned_away(house, new_id, cookie):
    assert await turned_away(await house.knock(new_id, Cookie=cookie, Origin=house.url)) == 4401


async def test_an_unknown_cookie_without_an_origin_learns_nothing(house, new_id):
    assert (await house.knock(new_id, Cookie=f"sessionid={NOBODY}")).status == 403


async def test_a_token_in_the_subprotocol_comes_in_and_is_not_sent_back(house, person, new_id):
    wire = await house.knock(new_id, Sec_WebSocket_Protocol=f"bearer, {person.token}")
    assert wire.status == 101
    assert wire.headers["sec-websocket-protocol"] == "bearer"
    assert (await wire.news())["type"] == "conversation.snapshot"
    await wire.close()


@pytest.mark.parametrize("subprotocols", ["bearer", "bearer, x", "bearer, a, b", "x, y", "bearer,", "BEARER, x"])
async def test_other_subprotocols_let_nobody_in(house, new_id, subprotocols):
    assert await turned_away(await house.knock(new_id, Sec_WebSocket_Protocol=subprotocols)) == 4401


async def test_a_token_in_the_address_lets_nobody_in(house, person, new_id):
    query = f"?token={person.token}&access_token={person.token}"
    assert await turned_away(await house.knock(new_id, query=query)) == 4401


async def test_two_identities_at_once_are_turned_away(house, person, stranger, new_id):
    wire = await house.knock(new_id, Cookie=person.browser.cookie, **stranger.bearer)
    assert await turned_away(wire) == 4401


async def test_a_refresh_token_does_not_open_a_socket(house, new_id):
    somebody = house.make_person()
    answer = somebody.browser.client.post(
        f"{house.url}/api/auth/login/",
        json={"email": somebody.email, "password": PASSWORD},
        headers={"X-CSRFToken": somebody.browser.client.cookies["csrftoken"]},
    )
    refresh = answer.json()["refresh_token"]
    assert await turned_away(await house.knock(new_id, Authorization=f"Bearer {refresh}")) == 4401


@pytest.mark.parametrize(
    "conversation",
    [
        "7",
        "x" * 7000,
        "1%27%20OR%20%271%27=%271",
        "%7B00000000-0000-4000-8000-000000000000%7D",
        "00000000-0000-4000-8000-00000000000A",
        "00000000000040008000000000000000",
        "urn:uuid:00000000-0000-4000-8000-000000000000",
        "%00",
        "%ff%fe",
        "00000000-0000-4000-8000-000000000000%0A",
        "%E2%80%AE",
        "..",
    ],
)
async def test_an_address_that_is_no_uuid_in_its_usual_form_is_refused(house, person, conversation):
    wire = await house.knock(conversation, **person.bearer)
    error = await wire.news()
    assert (error["type"], error["code"]) == ("error", "bad_request")
    assert await wire.close_code() == 4400


@pytest.mark.parametrize("path", ["/", "/ws/", "/ws/conversations/", "/ws/conversations/..%2F..%2Fx/", "/chat/", "//"])
async def test_other_addresses_have_no_sockets(house, person, path):
    assert (await Wire.open(house.host, path, person.bearer)).status == 403


@pytest.mark.parametrize(
    "query", ["?format=xml", "?format=HTML", "?format=%00", "?format=%ff", "?format=xml&format=text"]
)
async def test_an_unknown_format_is_refused(house, person, new_id, query):
    wire = await house.knock(new_id, query=query, **person.bearer)
    assert (await wire.news())["code"] == "bad_request"
    assert await wire.close_code() == 4400


async def test_a_format_may_be_named_again_and_again(house, person, new_id):
    wire = await house.knock(new_id, query="?format=text&" + "x=1&" * 1500, **person.bearer)
    assert (await wire.news())["type"] == "conversation.snapshot"
    await wire.close()


@pytest.mark.parametrize(
    "offer", ["permessage-deflate", "permessage-deflate; client_max_window_bits", "x-webkit-deflate"]
)
async def test_compression_is_not_agreed_to(house, person, new_id, offer):
    wire = await house.knock(new_id, Sec_WebSocket_Extensions=offer, **person.bearer)
    assert wire.status == 101
    assert "sec-websocket-extensions" not in wire.headers
    await wire.until("conversation.snapshot")
    await wire.send(frame(TEXT, b"\x78\x9c" + bytes(100), reserved=4))
    assert await wire.close_code() == 1002


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-WebSocket-Version": "8"},
        {"Sec-WebSocket-Version": "x"},
        {"Sec-WebSocket-Key": "short"},
        {"Sec-WebSocket-Key": "\xff" * 24},
        {"Content-Length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"X-Long": "x" * 20_000},
        {f"X-{number}": "x" for number in range(500)},
    ],
    ids=["old version", "no version", "short key", "no key", "body", "chunked body", "long header", "500 headers"],
)
async def test_a_broken_handshake_is_refused(house, person, new_id, headers):
    wire = await Wire.open(house.host, f"/ws/conversations/{new_id}/", {**person.bearer, **headers})
    assert wire.status == 400


async def test_the_twenty_first_socket_of_a_person_is_one_too_many_and_the_others_stay(house):
    somebody = house.make_person()
    wires = [await somebody.sit_down(str(uuid.uuid4())) for _ in range(SOCKETS_PER_USER)]
    one_more = await house.knock(str(uuid.uuid4()), **somebody.bearer)
    assert await turned_away(one_more) == 4429
    for wire in wires:
        await wire.send(text(type="ping"))
        assert (await wire.news())["type"] == "pong"
    await wires[0].close()
    again = await somebody.sit_down(str(uuid.uuid4()))
    await again.close()
    for wire in wires[1:]:
        await wire.close()
