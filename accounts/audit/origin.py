"""Where what is being done comes from: the request, as far as the ledger wants to know it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from ..addresses import client_address
from ..models import User


@dataclass(frozen=True, slots=True)
class Origin:
    """An address and the name of a request; `request` tells who is asking, once that is known."""

    address: str = ""
    request_id: str = ""
    request: HttpRequest | None = None

    @property
    def actor(self) -> User | None:
        """Who is asking, if they are signed in by now."""
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) and user.pk else None


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=NOWHERE)


def current() -> Origin:
    """Return where this comes from; `NOWHERE` for a job, a command or a shell."""
    return _origin.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Let everything within come from there."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def of_socket(scope: Mapping[str, Any]) -> Origin:
    """Return where a socket comes from; it has no request with a name."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = (scope.get("client") or ("",))[0]
    for name, value in scope.get("headers", ()):
        if name.lower() == b"x-forwarded-for":
            request.META["HTTP_X_FORWARDED_FOR"] = value.decode("latin1")
    return Origin(client_address(request))


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let the ledger know which request it is that does something."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        with coming_from(Origin(client_address(request), str(getattr(request, "id", "")), request)):
            return get_response(request)

    return answer
