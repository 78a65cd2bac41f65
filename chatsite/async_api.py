"""API views whose handlers are coroutines, and answers that are streamed from the event loop."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from inspect import isawaitable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from .threads import in_database, let_thread_go


class AsyncAPIView(APIView):
    """An API view with coroutines for handlers; who is asking, and what, is found out in a database thread.

    So no connection to the database is held while a handler waits for a model or streams.
    """

    # Also one that answers nothing but errors.
    view_is_async = True
    # No answer to OPTIONS but CORS's own.
    metadata_class = None

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        """Return the handler's answer, or that of the view's exception handler."""
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        handler: Any = getattr(self, str(request.method).lower(), self.http_method_not_allowed)
        try:
            await in_database(self._prepare, self.request, handler != self.http_method_not_allowed)
            response = handler(self.request, *args, **kwargs)
            if isawaitable(response):
                response = await response
        except Exception as exc:
            response = self.handle_exception(exc)
        self.response = self.finalize_response(self.request, response, *args, **kwargs)
        return self.response

    def _prepare(self, request: Request, answered: bool) -> None:
        self.initial(request, *self.args, **self.kwargs)
        if answered:
            # Reading a large body takes a while too.
            request.data  # noqa: B018


class EventStream(StreamingHttpResponse):
    """Server-sent events out of an async generator, which is closed at once when the client goes away."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], **options: Any):
        self._pieces = pieces
        super().__init__(pieces, content_type="text/event-stream; charset=utf-8", **options)
        # A reverse proxy must not wait for more.
        self["X-Accel-Buffering"] = "no"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await let_thread_go()
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                yield piece
