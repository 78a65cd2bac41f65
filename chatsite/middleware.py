"""A name for every request, so that an error a person sees can be found in the log."""

import uuid

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.utils.decorators import sync_and_async_middleware

from chatsite import errors, health


@sync_and_async_middleware
def request_id(get_response):
    """Give each request an `id` and each answer an `X-Request-ID` header with it."""

    def name(request) -> None:
        request.id = str(uuid.uuid4())

    if iscoroutinefunction(get_response):

        async def middleware(request):
            name(request)
            response = await get_response(request)
            response["X-Request-ID"] = request.id
            return response

        return markcoroutinefunction(middleware)

    def sync_middleware(request):
        name(request)
        response = get_response(request)
        response["X-Request-ID"] = request.id
        return response

    return sync_middleware


@sync_and_async_middleware
def probes(get_response):
    """Answer `/healthz` and `/readyz` before the host is looked at: a probe asks by whatever address it has."""
    views = {"/healthz": health.alive, "/readyz": health.ready}

    if iscoroutinefunction(get_response):

        async def middleware(request):
            view = views.get(request.path)
            return await (view(request) if view else get_response(request))

        return markcoroutinefunction(middleware)

    def sync_middleware(request):
        view = views.get(request.path)
        return async_to_sync(view)(request) if view else get_response(request)

    return sync_middleware


class ExpectedErrors:
    """Shows an error that a page's verb raised on purpose (`status`, `code`, `detail`) as a page that says so."""

    PAGES = {403: "403.html", 404: "404.html"}

    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Answer an expected error; None for any other."""
        status, code = getattr(exception, "status", None), getattr(exception, "code", None)
        if not isinstance(status, int) or not isinstance(code, str):
            return None
        page = self.PAGES.get(status, "400.html")
        return errors.problem(request, status=status, code=code, detail=exception.detail, template=page)
