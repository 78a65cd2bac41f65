"""Who is at the door of a socket: read from a token or, from our own pages only, from the session cookie."""

import uuid
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.http.request import validate_host

from accounts import audit
from accounts.credentials import Credential, of_request_session, user_of_token
from accounts.errors import CredentialError, UserInactive, shut_out
from accounts.keys import NOT_VALID
from accounts.models import User
from chatsite.threads import in_database

# The first half of the subprotocol pair by which a browser program hands over its token.
BEARER = "bearer"
SIGNED_OUT, DISABLED = 4401, 4403


class ForeignOrigin(Exception):
    """A cookie, sent by a page that is not ours."""


class Unknown(Exception):
    """Nobody we know: `close_code` and `detail` say why."""

    def __init__(self, close_code: int, detail: str, subprotocol: str | None = None):
        super().__init__(detail)
        self.close_code = close_code
        self.detail = detail
        self.subprotocol = subprotocol


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who came in, which format they asked for, and the subprotocol to confirm."""

    credential: Credential
    format: str
    subprotocol: str | None


async def admit(scope: dict) -> Entrance:
    """Return who comes in; raises ForeignOrigin or Unknown."""
    headers = {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope["headers"]}
    tokens, subprotocol = _tokens(headers, scope.get("subprotocols", []))
    session_key = _session_key(headers.get("cookie", ""))
    if len(tokens) > 1 or (tokens and session_key and "origin" not in headers):
        # A program that sends several is asked to decide; a browser cannot help sending its cookie.
        raise Unknown(SIGNED_OUT, "ambiguous credentials", subprotocol)
    if tokens:
        try:
            with audit.coming_from(audit.of_socket(scope)):
                credential = await in_database(user_of_token, tokens[0])
        except CredentialError as error:
            code = DISABLED if isinstance(error, UserInactive) else SIGNED_OUT
            raise Unknown(code, error.code, subprotocol) from None
    elif session_key:
        if not _is_own_page(headers):
            raise ForeignOrigin
        credential = await in_database(_of_session, session_key)
    else:
        raise Unknown(SIGNED_OUT, "not signed in", subprotocol)
    if not (credential.allows("chat") or credential.allows("read")):
        raise Unknown(DISABLED, "insufficient_scope", subprotocol)
    query = parse_qs(scope.get("query_string", b"").decode("latin1"))
    return Entrance(credential=credential, format=query.get("format", ["text"])[0], subprotocol=subprotocol)


def offered_name(scope: dict) -> str:
    """Return what a proxy has called this request, or empty."""
    return next((value.decode("latin1") for name, value in scope["headers"] if name == b"x-request-id"), "")


def why_out(credential: Credential) -> CredentialError:
    """Return what to tell somebody whose credential let them in, and does not any more."""
    user = User.objects.filter(pk=credential.user.pk).first()
    if user is None or not user.is_active:
        return shut_out(user) if user else UserInactive()
    return CredentialError(NOT_VALID if credential.kind == "key" else "")


def why_closed(user_id: uuid.UUID) -> tuple[int, str]:
    """Return the close code and the reason for somebody whose credential does not let them in any more."""
    user = User.objects.filter(pk=user_id).only("is_active", "suspended_at").first()
    if user is not None and user.is_active:
        return SIGNED_OUT, "signed out"
    return DISABLED, "account suspended" if user is not None and user.suspended_at else "account disabled"


def _tokens(headers: dict[str, str], subprotocols: list[str]) -> tuple[list[str], str | None]:
    """Return the tokens and keys that were sent, and the subprotocol to confirm."""
    handed_over = len(subprotocols) == 2 and subprotocols[0] == BEARER
    scheme, _, token = headers.get("authorization", "").partition(" ")
    sent = [
        subprotocols[1] if handed_over else "",
        token.strip() if scheme.lower() == "bearer" else "",
        headers.get("x-api-key", ""),
    ]
    return [token for token in sent if token], BEARER if handed_over else None


def _session_key(cookie: str) -> str:
    return parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME, "")


def _is_own_page(headers: dict[str, str]) -> bool:
    """Whether the request comes from a page of this site: its origin is the host it asks, and that host is ours."""
    host = headers.get("host", "")
    try:
        origin, name = urlsplit(headers.get("origin", "")), urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    bracketed = f"[{name}]" if ":" in name else name
    if not validate_host(bracketed, settings.ALLOWED_HOSTS):
        return False
    if f"{origin.scheme}://{origin.netloc}" in settings.CSRF_TRUSTED_ORIGINS:
        return True
    schemes = {"https"} if settings.HTTPS else {"http", "https"}
    return origin.scheme in schemes and origin.netloc.lower() == host.lower()


def _of_session(session_key: str) -> Credential:
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request = HttpRequest()
    request.session = store
    user = get_user(request)
    if not user.is_authenticated:
        raise Unknown(SIGNED_OUT, "not signed in")
    if not user.is_active:
        raise Unknown(DISABLED, "account suspended" if user.suspended_at else "account disabled")
    return of_request_session(store, user)
