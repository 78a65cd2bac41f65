"""One HTTP client per server and event loop, and what its failures mean."""

import asyncio
import re
import ssl
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Generic, TypeVar

import aiohttp
import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from .errors import ModelError
from .pacing import Wheel

Client = TypeVar("Client")

KEEPALIVE_SECONDS = 60
LONGEST_DETAIL = 300
SECRETS = re.compile(r"(?i)\b(sk|gsk|key|pk)[-_][\w*.-]{6,}|bearer\s+\S+|(?<=://)[^/\s@]+@|\b[\w-]{40,}\b")


class PerLoop(Generic[Client]):
    """Keeps one client, and makes a new one when the running event loop is another."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self.make = make
        self.client: Client | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def get(self) -> Client:
        """Return the client of the running loop."""
        loop = asyncio.get_running_loop()
        if self.client is None or self.loop is not loop:
            self.client = self.make()
            self.loop = loop
        return self.client

    def take(self) -> Client | None:
        """Give the client away for closing, None if the running loop has none."""
        client, self.client = self.client, None
        return client if self.loop is asyncio.get_running_loop() else None


class Transport(AiohttpTransport):
    """The transport of httpx-aiohttp, whose responses also tell which response of aiohttp they are."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, aiohttp's under `extensions["aiohttp"]`."""
        response = await super().handle_async_request(request)
        response.extensions["aiohttp"] = getattr(response.stream, "_aiohttp_response", None)
        return response


def rest_reading(response: httpx.Response) -> None:
    """Leave a response's connection alone for a moment, so that the next read finds more than one token."""
    inner = response.extensions.get("aiohttp")
    if inner is not None and inner.connection is not None and inner.connection.transport is not None:
        wheels.get().rest(inner.connection.transport)


def unread(response: httpx.Response) -> bytes:
    """Return what has arrived and can no longer be read, because aiohttp reports a broken connection first."""
    content = getattr(response.extensions.get("aiohttp"), "content", None)
    data = b"".join(getattr(content, "_buffer", ()))
    return data[getattr(content, "_buffer_offset", 0) :]


wheels = PerLoop(Wheel)


@cache
def ssl_context() -> ssl.SSLContext:
    """Return the one TLS context of this process; making one costs 15 ms of CPU."""
    return httpx.create_ssl_context()


def http_options(*, base_url: str, connect_seconds: float) -> dict[str, Any]:
    """Return the arguments with which both SDKs make their httpx client, over aiohttp at half of the CPU a token.

    There is no limit on connections, because every running answer holds one, and no redirect is followed, because
    a request carries a key.
    """

    def open_session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0, ssl=ssl_context(), keepalive_timeout=KEEPALIVE_SECONDS)
        # A server on the internet may only be reachable through the machine's proxy; one in the house never is.
        return aiohttp.ClientSession(connector=connector, trust_env=base_url.startswith("https:"))

    return {
        "transport": Transport(verify=ssl_context(), client=open_session),
        # `pool` is the whole of connecting, name resolution included; reading has deadlines of its own.
        "timeout": httpx.Timeout(None, connect=connect_seconds, pool=connect_seconds),
        "follow_redirects": False,
    }


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, down to the first one."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def explain(error: Exception, *, server: str, answering: bool) -> ModelError | None:
    """Return what a failed request means, None when it is no failure of the network.

    The causes are asked instead of the error: httpx-aiohttp calls every failure to connect a `ConnectTimeout`.
    """
    problem = None
    for link in causes(error):
        match link:
            case aiohttp.ConnectionTimeoutError():
                return ModelError("model_timeout_connect", f"{server} did not accept a connection.", retryable=True)
            case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
                return ModelError("model_unreachable", f"{server} has no certificate that this machine trusts.")
            case aiohttp.ClientConnectorError() | aiohttp.ClientProxyConnectionError():
                return ModelError("model_unreachable", f"{server} cannot be reached. Is it running?", retryable=True)
            case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
                return ModelError("model_unreachable", f"The address of {server} is not a valid URL.")
            case aiohttp.ClientPayloadError() | aiohttp.ClientConnectionError() | ConnectionError():
                when = "in the middle of the answer" if answering else "without an answer"
                return ModelError("model_interrupted", f"{server} closed the connection {when}.", retryable=True)
            case aiohttp.ClientResponseError() | httpx.HTTPError():
                problem = ModelError("model_protocol", f"{server} sent something that is not HTTP.")
    return problem


def refuse(*, status: int, headers: Any, body: bytes, server: str, model: str, secret: str = "") -> ModelError:
    """Return the error for an answer whose status is not 200."""
    said = sentence(message_of(body), secret=secret)
    because = f": {said}" if said else "."
    match status:
        case 404:
            return ModelError("model_not_found", f"{server} has no model named {model}.")
        case 429 | 503:
            retry_after = seconds(headers.get("retry-after"))
            return ModelError("model_busy", f"{server} is busy{because}", retryable=True, retry_after=retry_after)
        case 401:
            detail = f"{server} did not accept the API key of this installation. Tell the people who run it."
            return ModelError("model_misconfigured", detail)
        case 403:
            return ModelError("model_misconfigured", f"{server} does not let this installation in{because}")
        case _ if 300 <= status < 400:
            return ModelError("model_misconfigured", f"{server} answers with a redirect. Is its address right?")
        case _ if status < 500:
            return ModelError("model_refused", f"{server} refused the request{because}")
        case _:
            return ModelError("model_error", f"{server} failed{because}", retryable=True)


def message_of(body: bytes) -> Any:
    """Return the message in an error body: `{"error": "..."}`, `{"error": {"message": "..."}}` or nothing."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return value.get("error") or value.get("message") or value.get("detail") if isinstance(value, dict) else ""


def sentence(value: Any, *, secret: str = "") -> str:
    """Return a server's own words as one short line without keys, credentials or anything after the first line."""
    if isinstance(value, dict):
        value = value.get("message") or value.get("detail") or ""
    text = value if isinstance(value, str) else ""
    line = "".join(character for character in text.strip().partition("\n")[0] if character.isprintable())
    if secret:
        line = line.replace(secret, "…")
    return SECRETS.sub("…", line)[:LONGEST_DETAIL]


def seconds(value: str | None) -> float | None:
    """Return the seconds of a `Retry-After` header, None for a date or nothing."""
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
