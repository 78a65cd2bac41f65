"""A client that speaks HTTP and WebSocket byte by byte, so that it can speak them wrongly."""

import asyncio
import base64
import json
import os
import struct
from dataclasses import dataclass, field

from tests.support.promises import within

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
# How long an answer may take.
SECONDS = 10


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """Return one WebSocket frame; `reserved` sets the bits that need an extension."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, bit | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, bit | 127, len(payload))
    # A mask of zeros is as good as any other, and leaves the bytes as they are.
    return head + (bytes(4) if masked else b"") + payload


def text(**fields) -> bytes:
    """Return a text frame that holds a JSON object."""
    return frame(TEXT, json.dumps(fields).encode())


def request(path: str, headers: dict[str, str], *, method: str = "GET") -> bytes:
    """Return the head of an HTTP request."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def handshake(host: str, path: str, headers: dict[str, str]) -> bytes:
    """Return the request that opens a WebSocket."""
    usual = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    return request(path, usual | headers)


@dataclass
class Wire:
    """An open TCP connection to the server, after its answer to the first request."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def connect(cls, host: str) -> "Wire":
        """Return a connection on which nothing was said yet."""
        name, _, port = host.partition(":")
        return cls(*await asyncio.open_connection(name, int(port)))

    @classmethod
    async def open(cls, host: str, path: str, headers: dict[str, str] | None = None) -> "Wire":
        """Return a connection that asked for a WebSocket at `path`, with the answer's status and headers."""
        wire = await cls.connect(host)
        await wire.send(handshake(host, path, headers or {}))
        await wire.read_head()
        return wire

    async def read_head(self) -> None:
        """Read the status and the headers of an answer; the status stays 0 when the connection just ends."""
        async with asyncio.timeout(within(SECONDS)):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
        status, *lines = head.decode("latin-1").splitlines()
        self.status = int(status.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def receive(self) -> tuple[int, bytes]:
        """Return the opcode and the payload of the next frame."""
        async with asyncio.timeout(within(SECONDS)):
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(length)

    async def news(self) -> dict:
        """Return the next JSON frame."""
        opcode, payload = await self.receive()
        assert opcode == TEXT, (opcode, payload)
        return json.loads(payload)

    async def until(self, kind: str, code: str = "") -> dict:
        """Return the next JSON frame of a type, and of an error code."""
        while True:
            news = await self.news()
            if news["type"] == kind and (not code or news["code"] == code):
                return news

    async def frames_to_the_end(self) -> tuple[list[bytes], int | None]:
        """Return what still comes, and the code that the server closes with; None if it just hangs up."""
        came = []
        while True:
            try:
                opcode, payload = await self.receive()
            except (asyncio.IncompleteReadError, ConnectionError):
                return came, None
            if opcode == CLOSE:
                return came, struct.unpack("!H", payload[:2])[0] if payload else 1005
            came.append(payload)

    async def close_code(self) -> int | None:
        """Return the code that the server closes with."""
        return (await self.frames_to_the_end())[1]

    async def ended(self, seconds: float = SECONDS) -> bool:
        """Whether the server ends the connection within that time, whatever it says before."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(65536):
                    pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True

    def vanish(self) -> None:
        """Be gone without a word of the protocol."""
        self.writer.transport.abort()

    async def close(self) -> None:
        """Close the socket as the protocol says."""
        await self.send(frame(CLOSE, struct.pack("!H", 1000)))
        await self.ended()
        self.writer.close()
