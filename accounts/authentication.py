"""Who is asking: the one way in for every call of the API."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from . import credentials
from .credentials import Credential
from .errors import AmbiguousCredentials, CredentialError, CsrfFailed
from .models import User

SCHEME = "bearer"


class Authentication(BaseAuthentication):
    """A browser's session (with CSRF token) or one token; `request.auth` is the `Credential`."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        credential = credential_of(request._request)
        return (credential.user, credential) if credential else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def credential_of(request: HttpRequest) -> Credential | None:
    """Return what this request was sent with, None if nothing; raises the `AccountError` that keeps it out."""
    raw = sent_token(request)
    if isinstance(request.user, AnonymousUser):
        return credentials.user_of_token(raw) if raw is not None else None
    if raw is not None:
        raise AmbiguousCredentials
    _check_csrf(request)
    return credentials.of_request_session(request.session, request.user)


def sent_token(request: HttpRequest) -> str | None:
    """Return the token in `Authorization: Bearer` or `x-api-key`, or None; raises `AmbiguousCredentials`."""
    scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    key = request.META.get("HTTP_X_API_KEY")
    if scheme.lower() != SCHEME:
        return key
    if key is not None:
        raise AmbiguousCredentials
    if not value.strip():
        raise CredentialError
    return value.strip()


def _check_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(lambda request: None)
    check.process_request(request)
    reason = check.process_view(request, None, (), {})
    if reason:
        raise CsrfFailed
