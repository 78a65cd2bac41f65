"""What the calls of both protocols share: who asks, errors in the protocol's own shape, and the answer itself."""

from typing import Any, Protocol

import orjson
from django.http import HttpResponse, HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.authentication import Authentication
from chatsite import errors
from chatsite.async_api import AsyncAPIView, EventStream
from chatsite.parsers import ExactNegotiation, StrictJSONParser
from llm.values import Model

from ..errors import Invalid
from . import caller, problems, stored
from .asked import CONVERSATION_HEADER, Asked
from .readers import Answer, Reader
from .sources import Source, Teller, Whole, collect, stream

IDEMPOTENCY_HEADER = "Idempotency-Key"


class Shape(Protocol):
    """One protocol's words."""

    def status(self, problem: problems.Problem) -> int: ...

    def error(self, problem: problems.Problem, request_id: str) -> dict[str, Any]: ...

    def whole(self, source: Source, whole: Whole, asked: Asked) -> dict[str, Any]: ...

    def teller(self, source: Source, asked: Asked, request_id: str) -> Teller: ...

    def model(self, found: Model) -> dict[str, Any]: ...

    def models(self, found: list[Model]) -> dict[str, Any]: ...


class KeyAuthentication(Authentication):
    """As everywhere, but a client may send the same key in both headers."""

    def authenticate(self, request: Request) -> Any:
        """Return who asks and with what credential, None if there is none."""
        meta = request._request.META
        scheme, _, token = meta.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if scheme.lower() == "bearer" and token.strip() == meta.get("HTTP_X_API_KEY"):
            del meta["HTTP_X_API_KEY"]
        return super().authenticate(request)


class AnyAccept(ExactNegotiation):
    """Answers as the body asks, whatever the client says it accepts: no client says it for streams."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the one renderer."""
        return renderers[0], renderers[0].media_type


class ProgramView(AsyncAPIView):
    """A call of one of the protocols."""

    authentication_classes = [KeyAuthentication]
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AnyAccept
    required_scope = "chat"
    # Parameters that are passed over; any other is refused.
    harmless_parameters: frozenset[str] = frozenset()

    def shape(self) -> Shape:
        """Return the protocol that is spoken here."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks, and refuse parameters that nobody knows."""
        super().initial(request, *args, **kwargs)
        for name in request.query_params:
            if name not in self.harmless_parameters:
                raise Invalid(f"There is no parameter {name[:100]} here.", code="unknown_parameter")

    def get_exception_handler(self) -> Any:
        """Return what tells errors."""
        return self.tell_error

    def tell_error(self, exc: Exception, context: dict[str, Any]) -> HttpResponse:
        """Return an error in the protocol's shape."""
        problem = problems.of(exc, self.request)
        shape = self.shape()
        body = shape.error(problem, errors.request_id(self.request))
        return self.json(body, status=shape.status(problem), headers=dict(problem.headers))

    def json(self, body: Any, **options: Any) -> HttpResponse:
        """Return a body as JSON."""
        return HttpResponse(orjson.dumps(body), content_type="application/json", **options)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the answer, with the name of the request where Anthropic's clients look for it."""
        response["Request-Id"] = errors.request_id(request)
        return super().finalize_response(request, response, *args, **kwargs)

    async def answer(self, asked: Asked) -> HttpResponseBase:
        """Return the answer to what is asked, whole or as a stream."""
        source = Reader(await self.source(asked), self.request.auth)
        shape, request = self.shape(), self.request
        response: HttpResponseBase
        if asked.stream:
            teller = shape.teller(source, asked, errors.request_id(request))
            response = EventStream(await stream(source, teller, request))
        else:
            response = self.json(shape.whole(source, await collect(source), asked))
        if asked.conversation_id:
            response[CONVERSATION_HEADER] = str(asked.conversation_id)
        return response

    async def source(self, asked: Asked) -> Answer:
        """Return where the answer comes from: a turn of a conversation if one is named, else the model itself."""
        user = self.request.user
        if asked.conversation_id is None:
            return await caller.begin(user, asked)
        key = stored.key_of(self.request.headers.get(IDEMPOTENCY_HEADER), user)
        return await stored.begin(user, asked, key)
