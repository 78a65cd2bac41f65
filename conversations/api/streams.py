"""A conversation as a stream of events: how it stands, then what happens in it."""

import uuid

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from chatsite.queries import StrictQuery

from .. import lifecycle, sse
from ..errors import NotFound
from . import described


@described.stream
class ConversationStreamView(StrictQuery):
    """How a conversation stands and all that happens in it from then on, as server-sent events."""

    renderer_classes = [sse.EventStreamRenderer]

    def get(self, request: Request, conversation_id: uuid.UUID) -> HttpResponseBase:
        """Return the stream, from where `Last-Event-ID` says that the reader is."""
        if not lifecycle.exists(conversation_id=conversation_id, user=request.user):
            raise NotFound
        return sse.response(
            credential=request.auth,
            conversation_id=conversation_id,
            last_event_id=request.headers.get("Last-Event-ID", ""),
        )

    def head(self, request: Request, conversation_id: uuid.UUID) -> HttpResponseBase:
        """Return whether there is such a stream; nobody would ever end one that is not read."""
        if not lifecycle.exists(conversation_id=conversation_id, user=request.user):
            raise NotFound
        return HttpResponse(headers=sse.HEADERS, content_type=sse.CONTENT_TYPE)
