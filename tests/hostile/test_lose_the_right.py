"""Whoever signs out, changes the password or is disabled is out of every open socket within five seconds."""

import asyncio
import socket
import uuid

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.hostile.conftest import Browser, House, Person
from tests.hostile.wire import Wire, handshake, text
from tests.support.client import PASSWORD, Chat
from tests.support.promises import within

pytestmark = pytest.mark.process

SECONDS = 5
# A message is sent whole twice a second.
SYNC_SECONDS = 0.6
ANOTHER_PASSWORD = "staple battery horse correct"


async def closed_with(wire: Wire) -> int | None:
    async with asyncio.timeout(within(SECONDS)):
        return await wire.close_code()


async def close_code(chat: Chat) -> int:
    """Read to the end and return the code that the server closed with."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(30):
            while True:
                await chat.connection.recv()
    return closed.value.rcvd.code


async def both_kinds(house: House, somebody: Person) -> list[Wire]:
    """Return a socket opened with a token and one opened by a page."""
    by_page = await house.knock(str(uuid.uuid4()), **somebody.browser.headers)
    await by_page.until("conversation.snapshot")
    return [await somebody.sit_down(str(uuid.uuid4())), by_page]


def elsewhere(house: House, somebody: Person, verb: str) -> None:
    """Let another process change what a person may do."""
    house.server.manage(
        "shell",
        "-c",
        "from accounts import people; from accounts.models import User; "
        f"user = User.objects.get(email='{somebody.email}'); {verb}",
    )


async def test_signing_out_on_a_page_closes_its_sockets_and_no_others(house: House):
    somebody = house.make_person()
    by_token, by_page = await both_kinds(house, somebody)
    other_browser = Browser(house)
    other_browser.sign_in(somebody.email)
    by_other_page = await house.knock(str(uuid.uuid4()), **other_browser.headers)
    await by_other_page.until("conversation.snapshot")
    assert somebody.browser.post("/accounts/logout/").status_code == 302
    assert await closed_with(by_page) == 4401
    for wire in (by_token, by_other_page):
        await wire.send(text(type="ping"))
        assert (await wire.news())["type"] == "pong"
        await wire.close()


async def test_signing_out_a_program_closes_its_sockets_and_its_token_opens_no_more(house):
    somebody = house.make_person()
    by_token, by_page = await both_kinds(house, somebody)
    signed_out = await asyncio.to_thread(
        httpx.post, f"{house.url}/api/auth/logout/", headers=somebody.bearer, json={}, timeout=30
    )
    assert signed_out.status_code == 204
    assert await closed_with(by_token) == 4401
    assert await (await house.knock(str(uuid.uuid4()), **somebody.bearer)).close_code() == 4401
    await by_page.send(text(type="ping"))
    assert (await by_page.news())["type"] == "pong"
    await by_page.close()


async def test_a_new_password_closes_every_socket(house):
    somebody = house.make_person()
    wires = await both_kinds(house, somebody)
    old_cookie = somebody.browser.cookie
    changed = somebody.browser.post(
        "/accounts/password/change/", oldpassword=PASSWORD, password1=ANOTHER_PASSWORD, password2=ANOTHER_PASSWORD
    )
    assert changed.status_code == 302
    for wire in wires:
        assert await closed_with(wire) == 4401
    knocks = [
        await house.knock(str(uuid.uuid4()), **somebody.bearer),
        await house.knock(str(uuid.uuid4()), Cookie=old_cookie, Origin=house.url),
    ]
    for wire in knocks:
        assert await closed_with(wire) == 4401


async def test_disabling_an_account_in_the_admin_closes_its_sockets(house):
    somebody = house.make_person()
    wires = await both_kinds(house, somebody)
    disabled = house.administrator.browser.post(
        f"/admin/accounts/user/{somebody.id}/change/", email=somebody.email, name=""
    )
    assert disabled.status_code == 302
    for wire in wires:
        assert await closed_with(wire) == 4403


async def test_disabling_an_account_in_another_process_closes_its_sockets_and_opens_no_more(house):
    somebody = house.make_person()
    wires = await both_kinds(house, somebody)
    await asyncio.to_thread(elsewhere, house, somebody, "people.deactivate(user=user)")
    for wire in wires:
        assert await closed_with(wire) == 4403
    assert await closed_with(await house.knock(str(uuid.uuid4()), **somebody.bearer)) == 4403
    by_page = await house.knock(str(uuid.uuid4()), **somebody.browser.headers)
    assert await closed_with(by_page) in {4401, 4403}


async def test_signing_out_everywhere_in_another_process_closes_every_socket(house):
    somebody = house.make_person()
    wires = await both_kinds(house, somebody)
    await asyncio.to_thread(elsewhere, house, somebody, "people.sign_out_everywhere(user=user)")
    for wire in wires:
        assert await closed_with(wire) == 4401


async def test_a_running_answer_is_not_told_to_whoever_was_disabled_and_goes_on(house, new_id):
    somebody = house.make_person()
    chat = await somebody.chat(new_id)
    # Long enough to be written for a minute, whatever else this machine does.
    turn = await chat.ask("tokens=3000 Long", model="ollama/paced-50")
    await asyncio.to_thread(elsewhere, house, somebody, "people.deactivate(user=user)")
    assert await close_code(chat) == 4403
    (kept,) = house.ledger.of(new_id)
    assert (kept.turn, kept.status) == (turn, "running")
    stop = f"from conversations import turns; from conversations.models import Turn; turns.stop(turn=Turn(pk='{turn}'))"
    await asyncio.to_thread(elsewhere, house, somebody, stop)


async def test_a_client_that_reads_nothing_does_not_keep_the_others_in(house, new_id):
    stubborn, other = house.make_person(), house.make_person()
    deaf = socket.create_connection(("127.0.0.1", house.server.port))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(handshake(house.host, f"/ws/conversations/{new_id}/", stubborn.bearer))
    reply = {"tokens": ["🌊" * 240_000] * 4}
    await asyncio.to_thread(httpx.post, f"{house.fake}/_script", json=reply, timeout=30)
    chat = await stubborn.chat(new_id)
    turn = await chat.ask("Say more than anybody can swallow", model="ollama/fast")
    await chat.until_finished(turn)
    (message,) = (id for id, said in chat.reader.messages.items() if said.turn == turn)
    for _ in range(3):
        # Four megabytes each time: more than lies between two ends of a connection.
        deaf.sendall(text(type="sync", message=message))
        await asyncio.sleep(SYNC_SECONDS)
    await asyncio.to_thread(elsewhere, house, stubborn, "people.deactivate(user=user)")
    assert await close_code(chat) == 4403
    wire = await other.sit_down(str(uuid.uuid4()))
    await asyncio.to_thread(elsewhere, house, other, "people.deactivate(user=user)")
    assert await closed_with(wire) == 4403
    deaf.close()
