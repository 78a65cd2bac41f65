"""Sending one reply: paced or not, whole or broken, with a record of what became of it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .behaviours import Behaviour
from .http import LAST_CHUNK, Exchange, frame
from .text import STAMP as STAMP_TEXT

UNPACED_PIECES = 64
STAMP = STAMP_TEXT.encode()


@dataclass(slots=True)
class Seen:
    """One request as it was received, and how its reply went; times are seconds since the epoch."""

    id: int
    path: str
    model: str
    body: dict[str, Any]
    at: float = field(default_factory=time.time)
    first_byte_at: float | None = None
    tokens_sent: int = 0
    ended: str = ""  # "done", "cut", "client gone", or empty while it goes on
    ended_at: float | None = None

    def end(self, how: str) -> None:
        if not self.ended:
            self.ended = how
            self.ended_at = time.time()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply ready to send: one piece of the body per token, then the tail."""

    pieces: Sequence[bytes]
    tail: bytes
    content_type: str
    ping: bytes = b""


class Playback:
    """Sends a reply over an exchange with one timer."""

    def __init__(self, *, exchange: Exchange, behaviour: Behaviour, reply: Reply, seen: Seen) -> None:
        self.exchange = exchange
        self.behaviour = behaviour
        self.reply = reply
        self.seen = seen
        self.position = 0
        self.loop = asyncio.get_running_loop()
        self.timer: asyncio.TimerHandle | None = None
        self.headers_sent = False
        self.stop_at = None if behaviour.held is None else int(len(reply.pieces) * behaviour.held)

    def release(self) -> None:
        """Send the rest of an answer that is held, or will be."""
        held, self.stop_at = self.position == self.stop_at, None
        if held and not self.seen.ended:
            self.due = self.loop.time()
            self.send_paced()

    def start(self) -> None:
        self.exchange.on_gone = self.stop
        if self.behaviour.headers_first:
            self.send_head()
        if self.behaviour.delay:
            self.timer = self.loop.call_later(self.behaviour.delay, self.begin)
        else:
            self.begin()

    def stop(self) -> None:
        if self.timer:
            self.timer.cancel()
        self.seen.end("client gone")

    def send_head(self) -> None:
        self.headers_sent = True
        self.seen.first_byte_at = time.time()
        self.exchange.send_stream_head(content_type=self.reply.content_type)

    def begin(self) -> None:
        if not self.headers_sent and (self.reply.pieces or self.behaviour.end != "hang"):
            self.send_head()
        if self.behaviour.cut_at is not None:
            self.send_cut(self.behaviour.cut_at)
        elif self.behaviour.split:
            self.pieces = [body[i : i + 1] for body in (*self.reply.pieces, self.reply.tail) for i in range(len(body))]
            self.send_bytewise()
        elif self.behaviour.rate:
            self.due = self.loop.time()
            self.interval = 1 / self.behaviour.rate
            self.send_paced()
        else:
            self.exchange.on_writable = self.send_unpaced
            self.send_unpaced()

    def send_paced(self) -> None:
        if self.position == self.stop_at:
            return
        if self.position == len(self.reply.pieces):
            self.finish()
            return
        piece = self.reply.pieces[self.position]
        if self.behaviour.stamped:
            piece = piece.replace(STAMP, b"%013d" % (time.time_ns() // 1_000_000))
        piece = frame(piece)
        if self.reply.ping:
            piece = frame(self.reply.ping) + piece
        if self.exchange.writable:
            self.exchange.transport.write(piece)
            self.position += 1
            self.seen.tokens_sent = self.position
        self.due = max(self.due + self.interval, self.loop.time() - self.interval)
        self.timer = self.loop.call_at(self.due, self.send_paced)

    def send_unpaced(self) -> None:
        while self.exchange.writable and self.position < len(self.reply.pieces):
            batch = self.reply.pieces[self.position : self.position + UNPACED_PIECES]
            self.exchange.transport.write(b"".join(map(frame, batch)))
            self.position += len(batch)
            self.seen.tokens_sent = self.position
        if self.position == len(self.reply.pieces):
            self.exchange.on_writable = None
            self.finish()

    def send_bytewise(self) -> None:
        if self.position == len(self.pieces):
            self.seen.tokens_sent = len(self.reply.pieces)
            self.exchange.transport.write(LAST_CHUNK)
            self.close("done")
            return
        self.exchange.transport.write(frame(self.pieces[self.position]))
        self.position += 1
        self.timer = self.loop.call_later(0, self.send_bytewise)

    def send_cut(self, cut_at: int) -> None:
        body = (b"".join(self.reply.pieces) + self.reply.tail)[:cut_at]
        if body:
            self.exchange.transport.write(frame(body))
        self.close("cut")
        if self.behaviour.reset:
            # Let the bytes leave first: a reset throws away what the other side has not read.
            self.loop.call_later(0.02, self.exchange.reset)
        else:
            self.exchange.transport.close()

    def finish(self) -> None:
        if self.behaviour.end == "hang":
            return
        if self.reply.tail:
            self.exchange.transport.write(frame(self.reply.tail))
        self.exchange.transport.write(LAST_CHUNK)
        self.close("done")

    def close(self, how: str) -> None:
        self.exchange.on_gone = None
        self.seen.end(how)
