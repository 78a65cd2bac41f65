"""A small HTTP/1.1 server that can break every rule of HTTP on purpose."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from typing import Any, cast

import httptools

REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
LAST_CHUNK = b"0\r\n\r\n"


class Exchange(asyncio.Protocol):
    """One connection: hands every whole request to `handle(exchange, method, target, body)`."""

    def __init__(self, handle: Callable[["Exchange", str, str, bytes], None], connections: set["Exchange"]) -> None:
        self.handle = handle
        self.connections = connections
        self.on_gone: Callable[[], None] | None = None
        self.on_writable: Callable[[], None] | None = None
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.parser = httptools.HttpRequestParser(self)
        self.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        if self.on_gone:
            self.on_gone()

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        if self.on_writable:
            self.on_writable()

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_json({"error": "not HTTP"}, status=400)
            self.transport.close()

    def on_message_begin(self) -> None:
        self.target = b""
        self.body = bytearray()

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.handle(self, self.parser.get_method().decode(), self.target.decode(), bytes(self.body))

    def send_json(self, value: Any, *, status: int = 200, headers: str = "") -> None:
        body = json.dumps(value).encode()
        self.transport.write(
            f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    def send_empty(self) -> None:
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def send_stream_head(self, *, content_type: str) -> None:
        self.transport.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )

    def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        if sock := self.transport.get_extra_info("socket"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


def frame(data: bytes) -> bytes:
    """Return data as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
