"""Django's way from the server to a view and back, gone by each request in one thread that is kept for later ones."""

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase

from .threads import let_thread_rest, use_kept_thread


class Handler(ASGIHandler):
    """Django's own, without its detours.

    That one goes from the loop to the thread and back for each middleware, and starts a thread and opens a connection
    to the database for each request, which together take longer than most requests.
    """

    async def __call__(self, scope, receive, send) -> None:
        async with ThreadSensitiveContext() as context:
            use_kept_thread(context)
            try:
                await self.handle(scope, receive, send)
            finally:
                let_thread_rest(context)

    def load_middleware(self, is_async: bool = False) -> None:
        # All of it synchronous; a view that is a coroutine is still run by the loop, while the thread waits.
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, made in the request's thread."""
        return await sync_to_async(self.get_response)(request)
