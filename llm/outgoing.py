"""Requests that leave the house: JSON from a public server, and never a way into an inner network.

The name is looked up once, its addresses are checked, and the connection goes to the checked address itself: a name
that changes between check and connection changes nothing. The host's name is still what `Host` and the certificate say.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Literal

import httpx

from .addresses import Address, is_in_house, is_public
from .connections import PerLoop, ssl_context
from .connections import seconds as seconds_in
from .wire import decode

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
Code = Literal[
    "blocked_url", "not_resolved", "unreachable", "timeout", "too_large", "busy", "refused", "failed", "not_json"
]

LARGEST_BYTES = 2 * 1024 * 1024
LONGEST_SECONDS = 10.0
# A server with several addresses may be away at one of them.
MOST_ADDRESSES = 3
CONNECTIONS = 20
WEB_PORTS = {"http": 80, "https": 443}
LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*\.?")
# "2130706433", "0x7f.1" and "0177.0.0.1" are 127.0.0.1 to the system's resolver.
NUMERIC_ENDING = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")


class OutgoingError(Exception):
    """Why a request brought nothing: a code and a sentence, which holds no address and nothing that the server said.

    `retry_after` is in seconds, None when the server did not say.
    """

    def __init__(self, code: Code, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(code, detail)
        self.code: Code = code
        self.detail = detail
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host by the system's resolver, the best first; `OSError` if it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


async def fetch_json(
    url: str,
    *,
    params: Mapping[str, str | int | float] | None = None,
    allowed_bytes: int = LARGEST_BYTES,
    seconds: float = LONGEST_SECONDS,
    port: int | None = None,
    allow_inner: bool = False,
    resolver: Resolver = resolve,
) -> Any:
    """Return the JSON value that a server answers a GET with; `OutgoingError` if there is none in time and size.

    Only ports 80 and 443 are asked, and `port`, which is for what an administrator's own address names; so is
    `allow_inner`, with which the host may stand in the house's networks. Redirects are not followed.
    """
    target = checked_url(url, params=params, port=port)
    try:
        async with asyncio.timeout(seconds):
            addresses = await checked_addresses(target, allow_inner=allow_inner, resolver=resolver)
            body = await read(target, addresses, allowed_bytes=allowed_bytes)
    except TimeoutError:
        raise OutgoingError("timeout", f"{target.host} did not answer within {seconds:g} seconds.") from None
    try:
        return decode(body)
    except ValueError:
        raise OutgoingError("not_json", f"{target.host} sent something that is not JSON.") from None


def checked_url(url: str, *, params: Mapping[str, str | int | float] | None, port: int | None) -> httpx.URL:
    """Return the parsed URL; `OutgoingError` if it is none that may be asked."""
    try:
        target = httpx.URL(url).copy_merge_params(params or {})
    except (httpx.InvalidURL, ValueError):
        raise OutgoingError("blocked_url", "The address is not a valid URL.") from None
    if target.scheme not in WEB_PORTS:
        raise OutgoingError("blocked_url", "Only http and https addresses are asked.")
    if target.userinfo:
        raise OutgoingError("blocked_url", "An address must not hold a user name or password.")
    if target.port not in (None, port, *WEB_PORTS.values()):
        raise OutgoingError("blocked_url", "Only the ports 80 and 443 are asked.")
    host = target.raw_host.decode("ascii", "replace")
    if literal(host) is None and (not NAME.fullmatch(host) or NUMERIC_ENDING.fullmatch(host)):
        raise OutgoingError("blocked_url", "The host of the address is not a usual name.")
    return target


async def checked_addresses(target: httpx.URL, *, allow_inner: bool, resolver: Resolver) -> list[Address]:
    """Return the addresses of a URL's host; `OutgoingError` if a single one of them may not be asked."""
    host = target.raw_host.decode("ascii")
    if (address := literal(host)) is not None:
        found = [address]
    else:
        try:
            texts = await resolver(host, target.port or WEB_PORTS[target.scheme])
            found = [ip_address(text) for text in dict.fromkeys(texts)]
        except (OSError, ValueError):
            found = []
        if not found:
            raise OutgoingError("not_resolved", f"There is no server named {target.host}.")
    # All of them: a name with one public and one inner address is no public name.
    if not all(is_public(address) or (allow_inner and is_in_house(address)) for address in found):
        raise OutgoingError("blocked_url", f"{target.host} is not on the public internet.")
    return found[:MOST_ADDRESSES]


async def read(target: httpx.URL, addresses: Sequence[Address], *, allowed_bytes: int) -> bytes:
    """Return the body of the answer of the first of the addresses that takes the connection."""
    for address in addresses:
        try:
            response = await transports.get().handle_async_request(request_to(address, target))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
        except httpx.HTTPError:
            raise OutgoingError("failed", f"{target.host} did not answer properly.") from None
        try:
            return await body_of(response, host=target.host, allowed_bytes=allowed_bytes)
        except httpx.HTTPError:
            raise OutgoingError("failed", f"{target.host} broke off in the middle of its answer.") from None
        finally:
            await response.aclose()
    raise OutgoingError("unreachable", f"{target.host} cannot be reached.")


def request_to(address: Address, target: httpx.URL) -> httpx.Request:
    """Return a request that goes to this address and is addressed to the URL's host."""
    name = target.raw_host.decode("ascii").rstrip(".")
    return httpx.Request(
        "GET",
        target.copy_with(host=str(address)),
        headers={
            "Host": target.netloc.decode("ascii"),
            "Accept": "application/json",
            # What is not compressed cannot grow while it is unpacked.
            "Accept-Encoding": "identity",
            "User-Agent": "Chatsite",
        },
        extensions={"timeout": {"connect": LONGEST_SECONDS / MOST_ADDRESSES}}
        | ({"sni_hostname": name} if target.scheme == "https" and literal(name) is None else {}),
    )


async def body_of(response: httpx.Response, *, host: str, allowed_bytes: int) -> bytes:
    """Return the whole body of a good answer; `OutgoingError` for any other."""
    match response.status_code:
        case 200:
            pass
        case 429 | 503:
            retry_after = seconds_in(response.headers.get("retry-after"))
            raise OutgoingError("busy", f"{host} has too much to do.", retry_after=retry_after)
        case status if 300 <= status < 400:
            raise OutgoingError("blocked_url", f"{host} answers with a redirect, which is not followed.")
        case status if status < 500:
            raise OutgoingError("refused", f"{host} refused the request ({status}).")
        case status:
            raise OutgoingError("failed", f"{host} failed ({status}).")
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise OutgoingError("failed", f"{host} sent a compressed answer.")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > allowed_bytes:
            raise OutgoingError("too_large", f"{host} sent more than {allowed_bytes} bytes.")
    return bytes(body)


def port_of(url: str) -> int | None:
    """Return the port that an address names, None if it names none."""
    try:
        return httpx.URL(url).port
    except (httpx.InvalidURL, ValueError):
        return None


def literal(host: str) -> Address | None:
    """Return the address that a host of a URL is written as, None if it is a name; one with a zone is no address."""
    try:
        return ip_address(host) if "%" not in host else None
    except ValueError:
        return None


def open_transport() -> httpx.AsyncBaseTransport:
    """Return what connections are made with.

    It is no client: that would keep cookies, follow redirects and use proxies. No connection is kept either, because
    the next request to this address may be for another host.
    """
    return httpx.AsyncHTTPTransport(
        verify=ssl_context(),
        trust_env=False,
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0),
    )


transports = PerLoop(open_transport)
