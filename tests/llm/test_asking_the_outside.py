"""Requests that leave the house: JSON from public servers, and no way into an inner network."""

import asyncio
import datetime
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from llm import outgoing
from llm.connections import PerLoop
from llm.outgoing import OutgoingError, fetch_json

from .test_telling_addresses import INNER, PUBLIC

GOOD = b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"answer":1}'


def names(*addresses: str) -> Callable:
    """Return a resolver that gives these addresses for every name, and counts how often it was asked."""
    asked = []

    async def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return list(addresses)

    resolver.asked = asked
    return resolver


@pytest.fixture
def sent(monkeypatch) -> list[httpx.Request]:
    """What would have gone out, and a server that answers all of it."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b'{"answer":1}'))

    monkeypatch.setattr(outgoing, "transports", PerLoop(lambda: httpx.MockTransport(answer)))
    return requests


@asynccontextmanager
async def served(*pieces: bytes | float, context: ssl.SSLContext | None = None) -> AsyncIterator["Served"]:
    """A server on this machine that answers every request with these bytes; a number is a pause in seconds."""
    served = Served()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        try:
            served.heads.append(await reader.readuntil(b"\r\n\r\n"))
            for piece in pieces:
                if isinstance(piece, bytes):
                    writer.write(piece)
                    await writer.drain()
                else:
                    await asyncio.sleep(piece)
        except (OSError, asyncio.IncompleteReadError):
            served.broken_off += 1
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context, limit=1024 * 1024)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


class Served:
    """What a server of the test saw."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.broken_off = 0
        self.heads: list[bytes] = []

    async def get(self, path: str = "/", *, host: str = "127.0.0.1", scheme: str = "http", **options) -> object:
        """Ask this server as one that the administrator configured."""
        options = {"port": self.port, "allow_inner": True, "resolver": names("127.0.0.1")} | options
        return await fetch_json(f"{scheme}://{host}:{self.port}{path}", **options)


async def refused(*args, **options) -> str:
    with pytest.raises(OutgoingError) as caught:
        await fetch_json(*args, **options)
    return caught.value.code


@pytest.mark.parametrize("address", INNER)
async def test_a_name_that_leads_inside_is_refused(sent, address):
    assert await refused("https://inner.example/", resolver=names(address)) == "blocked_url"
    assert sent == []


@pytest.mark.parametrize("address", INNER)
async def test_an_inner_address_is_refused(sent, address):
    host = f"[{address}]" if ":" in address else address
    assert await refused(f"http://{host}/", resolver=names(PUBLIC)) == "blocked_url"
    assert sent == []


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0", "1.1", "0x"]
    + ["127.0.0.1.", "2130706433.", "127。0。0。1", "１２７.0.0.1", "①②⑦.0.0.1", "0000:0000::1"]
    + ["%31%32%37.0.0.1", "[fe80::1%25eth0]", "[::1%25lo]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]"]
    + ["a..example", "exa mple.org", "exa\\mple.org", "example.org\\@127.0.0.1", "-", "é" * 70, "a" * 64 + ".example"]
    + ["", ".", "[", "[]", "example.org\n127.0.0.1", "exa\0mple.org", "*.example.org", "169.254.169.254."],
)
async def test_an_unusual_way_to_write_a_host_is_refused(sent, host):
    assert await refused(f"http://{host}/", resolver=names(PUBLIC)) == "blocked_url"
    assert sent == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://example.org/", "ftp://example.org/", "dict://example.org:11211/", "unix:/run/x"]
    + ["data:application/json,1", "javascript:1", "//example.org/", "example.org", "/", "", "ws://example.org/"]
    + ["http+unix://%2Frun%2Fdocker.sock/", "jar:http://example.org!/", "https:example.org", "http:/example.org"],
)
async def test_another_scheme_is_refused(sent, url):
    assert await refused(url, resolver=names(PUBLIC)) == "blocked_url"
    assert sent == []


@pytest.mark.parametrize("port", [1, 22, 25, 6379, 8080, 11434, 65535, 99999])
async def test_another_port_is_refused(sent, port):
    assert await refused(f"http://example.org:{port}/", resolver=names(PUBLIC)) == "blocked_url"
    assert sent == []


@pytest.mark.parametrize("who", ["user", "user:password", ":password", "example.com%2F", "127.0.0.1"])
async def test_credentials_are_refused(sent, who):
    assert await refused(f"https://{who}@example.org/", resolver=names(PUBLIC)) == "blocked_url"
    assert sent == []


async def test_the_port_that_the_administrator_named_is_asked(sent):
    assert await fetch_json("https://example.org:8443/", port=8443, resolver=names(PUBLIC)) == {"answer": 1}
    assert sent[0].headers["host"] == "example.org:8443"


async def test_the_name_is_looked_up_once_and_the_request_goes_to_that_address(sent):
    resolver = names(PUBLIC)
    answer = await fetch_json(
        "https://Weather.Example/v1?a=1", params={"place": "São Paulo", "b": 2}, resolver=resolver
    )
    assert answer == {"answer": 1}
    assert resolver.asked == [("weather.example", 443)]
    [request] = sent
    assert (request.url.scheme, request.url.host, request.url.path) == ("https", PUBLIC, "/v1")
    assert dict(request.url.params) == {"a": "1", "place": "São Paulo", "b": "2"}
    assert request.headers["host"] == "weather.example"
    assert request.extensions["sni_hostname"] == "weather.example"


async def test_a_name_that_changes_after_the_check_changes_nothing(sent):
    answers = [[PUBLIC], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> list[str]:
        return answers.pop(0)

    await fetch_json("http://rebind.example/", resolver=rebinding)
    assert sent[0].url.host == PUBLIC
    assert answers == [["127.0.0.1"]]


@pytest.mark.parametrize("mixed", [[PUBLIC, "127.0.0.1"], [PUBLIC, "::1"], ["fd00::1", PUBLIC], [PUBLIC] * 5 + ["::"]])
async def test_one_inner_address_among_public_ones_is_enough_to_refuse(sent, mixed):
    assert await refused("https://mixed.example/", resolver=names(*mixed)) == "blocked_url"
    assert sent == []


async def test_a_name_outside_ascii_is_asked_for_in_its_own_alphabet(sent):
    resolver = names(PUBLIC)
    await fetch_json("https://bücher.example/", resolver=resolver)
    assert resolver.asked == [("xn--bcher-kva.example", 443)]
    assert sent[0].extensions["sni_hostname"] == "xn--bcher-kva.example"


@pytest.mark.parametrize("found", [[], ["not an address"], OSError("no such name"), UnicodeError("label too long")])
async def test_a_name_without_addresses_is_told(sent, found):
    async def resolver(host: str, port: int) -> list[str]:
        if isinstance(found, Exception):
            raise found
        return found

    assert await refused("https://nowhere.example/", resolver=resolver) == "not_resolved"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST"])
async def test_this_machine_is_refused_by_its_own_name(sent, host):
    """The system's own resolver knows this name without asking anybody."""
    assert await refused(f"http://{host}/") == "blocked_url"


async def test_an_inner_server_is_not_connected_to():
    async with served(GOOD) as server:
        assert await refused(f"http://127.0.0.1:{server.port}/", port=server.port) == "blocked_url"
        resolver = names("127.0.0.1")
        assert await refused(f"http://a.example:{server.port}/", port=server.port, resolver=resolver) == "blocked_url"
        assert server.connections == 0


async def test_a_server_that_the_administrator_configured_is_asked():
    async with served(GOOD) as server:
        assert await server.get("/v1", host="inner.example", params={"q": "a b"}) == {"answer": 1}
        head = server.heads[0].decode()
    assert head.startswith("GET /v1?q=a+b HTTP/1.1\r\n")
    assert f"\r\nHost: inner.example:{server.port}\r\n" in head
    assert "cookie" not in head.lower()


async def test_not_even_a_configured_name_may_lead_to_metadata(sent):
    options = {"allow_inner": True, "resolver": names("169.254.169.254")}
    assert await refused("http://inner.example/", **options) == "blocked_url"


async def test_the_next_address_is_tried_when_the_first_is_away():
    async with served(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n42") as server:
        assert await server.get(host="two.example", resolver=names("127.0.0.2", "127.0.0.1")) == 42


async def test_nobody_at_home_is_told():
    async with served() as server:
        pass
    with pytest.raises(OutgoingError, match="cannot be reached"):
        await server.get()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status):
    async with served(GOOD) as inner:
        where = f"http://127.0.0.1:{inner.port}/"
        head = f"HTTP/1.1 {status} Go\r\nlocation: {where}\r\ncontent-length: 0\r\n\r\n"
        async with served(head.encode()) as server:
            with pytest.raises(OutgoingError) as caught:
                await server.get()
        assert caught.value.code == "blocked_url"
        assert inner.connections == 0


@pytest.mark.parametrize(
    ("status", "code"),
    [(201, "refused"), (400, "refused"), (404, "refused"), (429, "busy"), (500, "failed"), (503, "busy")],
)
async def test_another_status_is_an_error_without_the_servers_words(status, code):
    head = f"HTTP/1.1 {status} Oh\r\nretry-after: 7\r\ncontent-length: 6\r\n\r\nsecret"
    async with served(head.encode()) as server:
        with pytest.raises(OutgoingError) as caught:
            await server.get()
    assert caught.value.code == code
    assert "secret" not in str(caught.value)
    assert caught.value.retry_after == (7 if code == "busy" else None)


@pytest.mark.parametrize("head", [b"content-length: 10000000\r\n", b"x: y\r\n"], ids=["with its length", "without"])
async def test_a_large_body_is_given_up_early(head):
    async with served(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n", *[b"[" + b" " * 99_999] * 100) as server:
        with pytest.raises(OutgoingError) as caught:
            await server.get(allowed_bytes=300_000)
        assert caught.value.code == "too_large"
        await asyncio.sleep(0.1)
        assert server.broken_off == 1


async def test_a_body_that_grows_in_unpacking_is_not_unpacked():
    packed = gzip.compress(b" " * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
    async with served(head, packed) as server:
        with pytest.raises(OutgoingError, match="compressed"):
            await server.get()
        assert b"Accept-Encoding: identity\r\n" in server.heads[0]


@pytest.mark.parametrize(
    "pieces",
    [
        [5.0],
        [b"HTTP/1.1 200 OK\r\n", 5.0],
        [b"HTTP/1.1 200 OK\r\n\r\n", *[b" ", 0.05] * 100],
        [*[b"HTTP/1.1 102 Wait\r\n\r\n", 0.05] * 100],
    ],
    ids=["nothing", "half a head", "a byte at a time", "always wait"],
)
async def test_a_slow_server_is_given_up_in_time(pieces):
    async with served(*pieces) as server:
        began = time.monotonic()
        with pytest.raises(OutgoingError) as caught:
            await server.get(seconds=0.3)
        assert caught.value.code == "timeout"
        assert time.monotonic() - began < 3


async def test_a_slow_resolver_counts_as_well(sent):
    async def slow(host: str, port: int) -> list[str]:
        await asyncio.sleep(5)
        return [PUBLIC]

    assert await refused("https://slow.example/", seconds=0.1, resolver=slow) == "timeout"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"x: " + b"y" * 10_000 + b"\r\n"] * 100],
        [b"SSH-2.0-OpenSSH_9.2\r\n"],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"],
        [b""],
    ],
    ids=["endless head", "no HTTP", "broken off", "closed at once"],
)
async def test_a_server_that_misbehaves_is_told(pieces):
    async with served(*pieces) as server:
        with pytest.raises(OutgoingError) as caught:
            await server.get()
        assert caught.value.code == "failed"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"[" * 100_000])
async def test_what_is_not_json_is_told(body):
    async with served(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode(), body) as server:
        with pytest.raises(OutgoingError) as caught:
            await server.get()
        assert caught.value.code == "not_json"


async def test_no_proxy_of_the_environment_is_used(monkeypatch):
    async with served(GOOD) as proxy, served(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1") as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await server.get() == 1
        assert proxy.connections == 0


async def test_cookies_are_not_kept():
    head = b"HTTP/1.1 200 OK\r\nset-cookie: who=me\r\ncontent-length: 1\r\n\r\n1"
    async with served(head) as server:
        await server.get()
        await server.get()
        assert b"who=me" not in server.heads[1]


async def test_no_connection_is_shared_by_two_requests():
    async with served(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1", 1.0) as server:
        await server.get(host="one.example")
        await server.get(host="two.example")
        assert server.connections == 2


def certificate(name: str, tmp_path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the TLS contexts of a server with a certificate for this name and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = tmp_path / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    kept.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(kept)
    return server, ssl.create_default_context(cafile=kept)


async def test_the_certificate_must_be_the_names_though_an_address_is_connected_to(tmp_path, monkeypatch):
    context, trusting = certificate("right.example", tmp_path)
    asked_for = []
    context.sni_callback = lambda connection, name, _: asked_for.append(name)
    monkeypatch.setattr(outgoing, "ssl_context", lambda: trusting)
    monkeypatch.setattr(outgoing, "transports", PerLoop(outgoing.open_transport))
    async with served(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1", context=context) as server:
        assert await server.get(host="right.example", scheme="https") == 1
        with pytest.raises(OutgoingError) as caught:
            await server.get(host="wrong.example", scheme="https")
        assert caught.value.code == "unreachable"
        with pytest.raises(OutgoingError):
            await server.get(host="127.0.0.1", scheme="https")
    assert asked_for == ["right.example", "wrong.example", None]
    assert server.connections == 1
