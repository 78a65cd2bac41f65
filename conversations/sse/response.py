"""A stream as the answer to a request."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer

from accounts.credentials import Credential

from ..models import Turn
from . import places
from .formats import Sse
from .stream import Stream, check_room

CONTENT_TYPE = "text/event-stream; charset=utf-8"
HEADERS = {
    "Cache-Control": "no-store",
    # nginx would gather the pieces of an answer.
    "X-Accel-Buffering": "no",
}


class EventStreamRenderer(JSONRenderer):
    """Lets a view be asked for `text/event-stream`; what it answers instead of a stream, such as an error, is JSON."""

    media_type = "text/event-stream"
    format = "event-stream"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if renderer_context is not None:
            renderer_context["response"]["Content-Type"] = JSONRenderer.media_type
        return super().render(data, accepted_media_type, renderer_context)


class EventStream(StreamingHttpResponse):
    """Hands each chunk to the server as it is, without the generators that Django would put around ours."""

    _iterator: AsyncIterator[bytes]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterator


def response(
    *,
    credential: Credential,
    conversation_id: uuid.UUID,
    turn: Turn | None = None,
    last_event_id: str = "",
    format: Sse | None = None,
) -> StreamingHttpResponse:
    """Return the stream of a conversation that this person may see, to the end of `turn` if one is given.

    Raises Busy or TooManyStreams. Call `check_room` before something is begun for the stream's sake.
    """
    check_room(credential.user)
    stream = Stream(
        credential=credential,
        conversation_id=conversation_id,
        turn=turn,
        format=format or Sse(),
        places=places.read(last_event_id),
    )
    return EventStream(stream.chunks(), content_type=CONTENT_TYPE, headers=HEADERS)
