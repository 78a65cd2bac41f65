"""HTTP that no browser speaks: too long, too slow, or no HTTP at all."""

import asyncio
import time

import httpx
import pytest

from chatsite.protocol import body_limit
from tests.hostile.conftest import House
from tests.hostile.wire import Wire, handshake, request
from tests.support.promises import within

pytestmark = pytest.mark.process

# The server waits so long for the head of a request; the rest is for a machine that is busy.
HEAD_SECONDS, SLACK_SECONDS = 5, 3
BODY_MAX_BYTES = 3 * 1024 * 1024


async def answer_to(house: House, *parts: bytes, pause: float = 0) -> int:
    """Return the status of the answer to what was sent; 0 when the server just hangs up."""
    wire = await Wire.connect(house.host)
    try:
        for part in parts:
            await wire.send(part)
            if pause:
                await asyncio.sleep(pause)
    except ConnectionError:
        return 0
    await wire.read_head()
    wire.vanish()
    return wire.status


async def drip(house: House, first: bytes, rest: bytes) -> tuple[int, float]:
    """Send a byte every half second after the first part; return the status and how long the server put up with it."""
    wire = await Wire.connect(house.host)
    if first:
        await wire.send(first)
        await wire.read_head()
        await wire.reader.readexactly(int(wire.headers["content-length"]))
    wire.status = 0
    began = time.monotonic()
    answer = asyncio.create_task(wire.read_head())
    for byte in rest:
        await wire.send(bytes([byte]))
        await asyncio.wait([answer], timeout=0.5)
        if answer.done():
            break
    await answer
    took = time.monotonic() - began
    wire.vanish()
    return wire.status, took


async def test_who_takes_too_long_to_say_what_they_want_is_cut_off(house: House):
    picture = request("/static/favicon.svg", {"Host": house.host})
    outcomes = await asyncio.gather(
        drip(house, b"", handshake(house.host, "/ws/conversations/x/", {})),
        drip(house, b"", picture),
        drip(house, picture, b"GET /" + b"x" * 200),
        drip(house, picture, b"\r\n" * 100),
        drip(house, b"", b""),
    )
    for status, took in outcomes:
        assert status in {0, 408}
        assert took < HEAD_SECONDS + within(SLACK_SECONDS)
    assert [status for status, _ in outcomes[:3]] == [408, 408, 408]


async def test_a_head_in_two_halves_is_a_head(house):
    whole = request("/healthz", {"Host": house.host})
    assert await answer_to(house, whole[:20], whole[20:], pause=0.3) == 200


async def test_requests_one_after_the_other_on_one_connection_are_all_answered(house):
    wire = await Wire.connect(house.host)
    for pause in (0.1, 2, 3):
        await wire.send(request("/static/favicon.svg", {"Host": house.host}))
        await wire.read_head()
        assert wire.status == 200
        await wire.reader.readexactly(int(wire.headers["content-length"]))
        await asyncio.sleep(pause)
    await wire.send(request("/static/favicon.svg", {"Host": house.host}) * 5)
    for _ in range(5):
        await wire.read_head()
        assert wire.status == 200
        await wire.reader.readexactly(int(wire.headers["content-length"]))
    wire.vanish()


async def test_too_long_an_address_is_414_and_too_long_a_head_431(house):
    host = {"Host": house.host}
    assert await answer_to(house, request("/healthz?" + "x" * 7000, host)) == 200
    assert await answer_to(house, request("/healthz", host | {"Cookie": "x" * 60_000})) == 200
    assert await answer_to(house, request("/" + "x" * 100_000, host)) in {414, 431}
    assert await answer_to(house, request("/" + "x" * 10_000, host)) == 414
    assert await answer_to(house, request("/healthz", host | {"Cookie": "x" * 70_000})) == 431
    assert await answer_to(house, request("/healthz", host | {f"X-{number}": "x" for number in range(20_000)})) == 431
    assert await answer_to(house, request("/", host)[:-2] + b"X-Endless: " + b"x" * 70_000) == 431


async def test_a_head_without_an_end_does_not_fill_the_memory(house):
    before = house.resident_bytes()
    assert await answer_to(house, b"GET / HTTP/1.1\r\nX-Endless: ", *[b"x" * 1_000_000] * 50) in {0, 431}
    assert house.resident_bytes() - before < 10_000_000


async def test_a_body_without_an_end_is_refused(house):
    head = request("/accounts/login/", {"Host": house.host, "Transfer-Encoding": "chunked"}, method="POST")
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    before = house.resident_bytes()
    assert await answer_to(house, head, *[chunk] * (BODY_MAX_BYTES // 0x100000 + 20)) in {0, 413}
    assert house.resident_bytes() - before < 20_000_000


HOST = b"Host: localhost\r\n"
UPGRADE = HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

ODD_HTTP = {
    "words": b"hello\r\n\r\n",
    "zeros": bytes(1000),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "no host": b"GET /chat/ HTTP/1.1\r\n\r\n",
    "method": b"\x00GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "address": b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no address": b"GET  HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "connect": b"CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "header without colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
    "line feed in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "endless length": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "two ends": b"POST / HTTP/1.1\r\n" + HOST + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "odd encoding": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "broken chunk": b"POST / HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\nzz\r\n\r\n",
    "upgrade to another protocol": b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "socket in HTTP/1.0": b"GET /ws/x/ HTTP/1.0\r\n" + UPGRADE,
    "socket by POST": b"POST /ws/x/ HTTP/1.1\r\n" + UPGRADE,
    "socket at an odd address": b"GET /\xff HTTP/1.1\r\n" + UPGRADE,
}


@pytest.mark.parametrize("sent", ODD_HTTP.values(), ids=ODD_HTTP.keys())
async def test_what_is_hardly_http_is_answered_or_hung_up_on_without_a_fault(house, sent):
    wire = await Wire.connect(house.host)
    await wire.send(sent)
    await wire.read_head()
    assert wire.status < 500
    wire.vanish()
    assert (await asyncio.to_thread(httpx.get, f"{house.url}/healthz")).status_code == 200


STRANGE_HOSTS = {
    "odd": b"GET /chat/ HTTP/1.1\r\nHost: [\r\n\r\n",
    "two": b"GET /chat/ HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n\r\n",
    "another": b"GET /chat/ HTTP/1.1\r\nHost: attacker.example\r\n\r\n",
    "in the address": b"GET http://attacker.example/chat/ HTTP/1.1\r\nHost: attacker.example\r\n\r\n",
    "forwarded": b"GET /chat/ HTTP/1.1\r\nHost: attacker.example\r\nX-Forwarded-Host: localhost\r\n\r\n",
}


@pytest.mark.parametrize("sent", STRANGE_HOSTS.values(), ids=STRANGE_HOSTS.keys())
async def test_a_host_that_is_not_ours_is_400_and_one_line_in_the_log(house, sent):
    assert await answer_to(house, sent) == 400
    (line,) = house.faults()
    assert "DisallowedHost" in line


async def test_a_host_without_an_end_does_not_fill_the_log(house):
    before = house.server.log.stat().st_size
    assert await answer_to(house, request("/chat/", {"Host": "x" * 50_000})) == 400
    assert len(house.faults()) == 1
    assert house.server.log.stat().st_size - before < 1000


@pytest.mark.parametrize(
    "path", ["//attacker.example", "//attacker.example/", "/%2Fattacker.example", "/\\attacker.example"]
)
async def test_no_address_leads_to_another_site(house, path):
    wire = await Wire.connect(house.host)
    await wire.send(request(path, {"Host": house.host}))
    await wire.read_head()
    assert wire.status == 404
    assert "location" not in wire.headers
    wire.vanish()


async def test_an_address_of_sockets_is_no_page(house, new_id):
    answer = await asyncio.to_thread(httpx.get, f"{house.url}/ws/conversations/{new_id}/")
    assert answer.status_code == 404


def test_only_what_takes_files_takes_large_bodies(settings):
    files = settings.UPLOAD_MAX_BYTES * settings.UPLOADS_PER_TURN
    for path in (b"/chat/", b"/chat/0198c5a1-7d1c-7cc3-98c4-dc0c0c07398f/", b"/api/chat/stream/"):
        assert body_limit(path) == files + BODY_MAX_BYTES
    for path in (b"/data/import/", b"/api/conversations/import/"):
        assert body_limit(path) == settings.IMPORT_MAX_BYTES + BODY_MAX_BYTES
    for path in (b"/", b"/chat/0198c5a1-7d1c-7cc3-98c4-dc0c0c07398f/rename/", b"/api/conversations/", b"//chat/"):
        assert body_limit(path) == BODY_MAX_BYTES
