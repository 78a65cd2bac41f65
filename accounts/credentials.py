"""What lets a person in, and whether it still does: the one answer for sockets, streams and the API."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from . import tokens
from .models import SignIn, User, fingerprint


@dataclass(frozen=True, slots=True, eq=False)
class Credential:
    """What one connection was let in with: `kind` "token" (of a sign-in) or "session" (of a browser)."""

    user: User
    kind: Literal["token", "session"]
    fingerprint: str
    sign_in_id: uuid.UUID | None = None
    session_key: str = ""


def user_of_token(raw: str) -> Credential:
    """Return the credential that an access token is; raises `CredentialError` (`token_not_valid`, `user_inactive`)."""
    claims = tokens.read(raw=raw, kind=AccessToken)
    user = tokens.bearer(claims=claims)
    return Credential(user=user, kind="token", fingerprint=claims.fingerprint, sign_in_id=claims.sign_in_id)


def of_request_session(session: SessionBase, user: User) -> Credential:
    """Return the credential that a signed-in browser session is."""
    return Credential(user=user, kind="session", fingerprint=user.fingerprint, session_key=session.session_key or "")


def still_valid(credentials: Iterable[Credential]) -> set[Credential]:
    """Return those that still let their bearer in, asked in at most three queries; a token's life is its sign-in's."""
    asked = list(credentials)
    if not asked:
        return set()
    people = User.objects.filter(id__in={credential.user.id for credential in asked}, is_active=True)
    fingerprints = {
        user_id: fingerprint(password=password, credentials_version=version)
        for user_id, password, version in people.values_list("id", "password", "credentials_version")
    }
    sign_in_ids = {credential.sign_in_id for credential in asked if credential.kind == "token"}
    session_keys = {credential.session_key for credential in asked if credential.kind == "session"}
    alive = (
        set(SignIn.objects.alive().filter(id__in=sign_in_ids).values_list("id", flat=True)) if sign_in_ids else set()
    )
    open_sessions = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    open_keys = set(open_sessions.values_list("session_key", flat=True)) if session_keys else set()
    return {
        credential
        for credential in asked
        if fingerprints.get(credential.user.id) == credential.fingerprint
        and (credential.sign_in_id in alive if credential.kind == "token" else credential.session_key in open_keys)
    }
