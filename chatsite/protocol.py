"""HTTP and WebSocket as uvicorn reads them, with limits on a request that is not all there yet."""

import asyncio
import re
from http import HTTPStatus

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.protocol import State

# A client has this long to say what it wants: from its connection, or from the answer before, to the last header.
HEAD_SECONDS = 5.0
# How long the request line and the headers may be together, and the address in them.
HEAD_MAX_BYTES = 64 * 1024
ADDRESS_MAX_BYTES = 8 * 1024
# Django keeps a body on disk before anything looks at it; this is above what any view takes, but those that take files.
BODY_MAX_BYTES = 3 * 1024 * 1024
QUESTION_MAX_BYTES = settings.UPLOAD_MAX_BYTES * settings.UPLOADS_PER_TURN + BODY_MAX_BYTES
BODY_MAX_BYTES_AT = {
    b"/api/attachments/": settings.UPLOAD_MAX_BYTES + BODY_MAX_BYTES,
    b"/chat/": QUESTION_MAX_BYTES,
    b"/api/chat/stream/": QUESTION_MAX_BYTES,
    b"/api/conversations/import/": settings.IMPORT_MAX_BYTES + BODY_MAX_BYTES,
    b"/api/transcriptions/": settings.TRANSCRIPTION["most_bytes"] + BODY_MAX_BYTES,
    b"/data/import/": settings.IMPORT_MAX_BYTES + BODY_MAX_BYTES,
}
# Where the form of a conversation is sent, files and all.
CONVERSATION = re.compile(rb"/chat/[0-9a-f-]{36}/")
# A client that takes nothing of its answer for this long is cut off.
STALLED_SECONDS = 30.0

# How long a connection that answers no ping may take for its last frames.
LINGER_SECONDS = 5.0


def body_limit(path: bytes) -> int:
    """Return how many bytes the body of a request to this path may have."""
    if CONVERSATION.fullmatch(path):
        return QUESTION_MAX_BYTES
    return BODY_MAX_BYTES_AT.get(path, BODY_MAX_BYTES)


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP, which refuses a head too long (431, 414) or too slow (408), and a body too large (413).

    It also ends the connection of a client that does not read.
    """

    _refused = False
    _waiting = True
    _unread_bytes = 0
    _body_bytes = 0
    _body_max_bytes = BODY_MAX_BYTES
    _deadline: asyncio.TimerHandle | None = None
    _untaken_bytes = 0
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        self._forget_patience()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_taking()

    def resume_writing(self) -> None:
        self._forget_patience()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if not self._waiting or self._refused:
            return
        # What the parser keeps for itself until the next header is whole.
        self._unread_bytes += len(data)
        if self._unread_bytes > HEAD_MAX_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._deadline is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._waiting = False
        self._unread_bytes = self._body_bytes = 0
        self._body_max_bytes = body_limit(self.url.partition(b"?")[0])
        self._forget_deadline()
        if len(self.url) > ADDRESS_MAX_BYTES:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif sum(len(name) + len(value) for name, value in self.headers) > HEAD_MAX_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif not self.url.isascii():
            self._refuse(HTTPStatus.BAD_REQUEST)
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if not self._refused and self._body_bytes > self._body_max_bytes:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._waiting = True
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        if not self._refused:
            super().handle_websocket_upgrade()

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expect_taking(self) -> None:
        self._untaken_bytes = self.transport.get_write_buffer_size()
        self._patience = self.loop.call_later(STALLED_SECONDS, self._check_taking)

    def _check_taking(self) -> None:
        if self.transport.get_write_buffer_size() < self._untaken_bytes:
            self._expect_taking()
        else:
            self.transport.abort()

    def _forget_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.cycle is not None and not self.cycle.response_complete:
            return
        if self._unread_bytes:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        self._refused = True
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            self.transport.write(refusal(status))
        self.transport.close()


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which refuses a handshake that it cannot read (400) instead of waiting for ever."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # The first data are the whole handshake.
        if not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(refusal(HTTPStatus.BAD_REQUEST))
            self.transport.close()

    def keepalive_timeout(self) -> None:
        """End a connection that is dead or does not read; its last frames are not waited for."""
        super().keepalive_timeout()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                # A client's fault, for which uvicorn would write a traceback into the log, or fail when it is closing.
                if self.conn.state is State.OPEN:
                    self.conn.send_close(CloseCode.INVALID_DATA)
                    self.handle_parser_exception()
                return
        super().send_receive_event_to_app()


def refusal(status: HTTPStatus) -> bytes:
    """Return the HTTP answer that refuses a request and ends its connection."""
    text = f"{status.phrase}.\n"
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode("ascii")
