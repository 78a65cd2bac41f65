"""What happens to every request and answer: a name for the log, probes, headers, and errors as people see them."""

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

from chatsite import errors, exposition, health, languages, logs, metrics


@sync_and_async_middleware
def request_id(get_response):
    """Give each request an `id`, and each answer an `X-Request-ID` header with it; the log tells it too."""

    def name(request) -> None:
        request.id = logs.request_id(request.headers.get("X-Request-ID", ""))
        # Also while the answer is streamed, and in the turn that was asked for.
        logs.tell_about(http=request)

    if iscoroutinefunction(get_response):

        async def middleware(request):
            name(request)
            response = await get_response(request)
            metrics.requests.add(f"{response.status_code // 100}xx")
            response["X-Request-ID"] = request.id
            return response

        return markcoroutinefunction(middleware)

    def sync_middleware(request):
        name(request)
        response = get_response(request)
        metrics.requests.add(f"{response.status_code // 100}xx")
        response["X-Request-ID"] = request.id
        return response

    return sync_middleware


@sync_and_async_middleware
def probes(get_response):
    """Answer `/healthz`, `/readyz` and `/metrics` before the host is looked at: these ask by any address."""
    views = {"/healthz": health.alive, "/readyz": health.ready, "/metrics": exposition.tell}

    if iscoroutinefunction(get_response):

        async def middleware(request):
            view = views.get(request.path)
            return await (view(request) if view else get_response(request))

        return markcoroutinefunction(middleware)

    def sync_middleware(request):
        view = views.get(request.path)
        return async_to_sync(view)(request) if view else get_response(request)

    return sync_middleware


class PrivateAnswers(MiddlewareMixin):
    """Keeps every answer of the API out of caches: what it says is one person's."""

    def process_response(self, request, response):
        """Return the answer, not to be stored."""
        if request.path.startswith(errors.API_PREFIXES):
            patch_cache_control(response, private=True, no_store=True)
        return response


class Permissions(MiddlewareMixin):
    """Says which of the machine's senses a page may ask for: the microphone, for dictation, and nothing else."""

    POLICY = "microphone=(self), camera=(), geolocation=(), display-capture=(), payment=(), usb=()"

    def process_response(self, request, response):
        """Return the answer with the policy."""
        response.setdefault("Permissions-Policy", self.POLICY)
        return response


class Compression(GZipMiddleware):
    """Compresses answers, but for streams of events, which would be held back until there is enough of them, and for
    answers with a strong ETag: compression makes it a weak one, useless for If-Match."""

    def process_response(self, request, response):
        """Return the answer, compressed where that is worth it."""
        is_stream = response.get("Content-Type", "").startswith("text/event-stream")
        if is_stream or response.get("ETag", "").startswith('"'):
            return response
        return super().process_response(request, response)


class Languages(LocaleMiddleware):
    """Answers in the language of whoever asks; it comes after those who find out who that is."""

    def process_request(self, request):
        """Speak the language that the person chose, else one that the request names."""
        request.LANGUAGE_CODE = languages.of_request(request)
        translation.activate(request.LANGUAGE_CODE)

    def process_response(self, request, response):
        """Return the answer, which says its language and what that depends on."""
        patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)


class Addresses(CommonMiddleware):
    """Sends whoever forgot the slash at the end of an address to the right one, but no program that sends something:
    it would come there without its body."""

    def process_response(self, request, response):
        """Return the answer; where only the slash is missing, a redirect, or 404 with the right address."""
        sends = request.method not in ("GET", "HEAD") and request.path.startswith("/api/")
        if sends and response.status_code == 404 and self.should_redirect_with_slash(request):
            return errors.wrong_address(request, right=f"{request.path}/")
        return super().process_response(request, response)


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
