"""What lets a person in, and whether it still does: the one answer for sockets, streams and the API."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from . import keys, tokens
from .models import ApiKey, SignIn, User, fingerprint

KINDS = ("token", "session", "key")


@dataclass(frozen=True, slots=True, eq=False)
class Credential:
    """What one connection was let in with: `kind` "token" (of a sign-in), "session" (of a browser) or "key".

    `scopes` limits what a key may do; it is None for the others, which may do everything.
    """

    user: User
    kind: Literal["token", "session", "key"]
    # Empty for a key, which outlives a change of the password.
    fingerprint: str = ""
    sign_in_id: uuid.UUID | None = None
    session_key: str = ""
    key_id: uuid.UUID | None = None
    scopes: frozenset[str] | None = None

    @property
    def row_id(self) -> uuid.UUID | str | None:
        """The id of the row with which this credential lives and dies: a key, a sign-in or a session."""
        return self.key_id or self.sign_in_id or self.session_key

    def allows(self, scope: str) -> bool:
        """Whether its bearer may do what needs this scope."""
        return self.scopes is None or scope in self.scopes


def user_of_token(raw: str) -> Credential:
    """Return what an access token or API key is; raises `CredentialError` (`token_not_valid`, `user_inactive`)."""
    if isinstance(raw, str) and raw.startswith(keys.MARK):
        key = keys.find(secret=raw)
        return Credential(user=key.user, kind="key", key_id=key.id, scopes=frozenset(key.scopes))
    claims = tokens.read(raw=raw, kind=AccessToken)
    user = tokens.bearer(claims=claims)
    return Credential(user=user, kind="token", fingerprint=claims.fingerprint, sign_in_id=claims.sign_in_id)


def of_request_session(session: SessionBase, user: User) -> Credential:
    """Return the credential that a signed-in browser session is."""
    return Credential(user=user, kind="session", fingerprint=user.fingerprint, session_key=session.session_key or "")


def still_valid(credentials: Iterable[Credential]) -> set[Credential]:
    """Return those that still let their bearer in, asked in at most four queries; a token's life is its sign-in's."""
    asked = list(credentials)
    if not asked:
        return set()
    people = User.objects.filter(id__in={credential.user.id for credential in asked}, is_active=True)
    fingerprints = {
        user_id: fingerprint(password=password, credentials_version=version)
        for user_id, password, version in people.values_list("id", "password", "credentials_version")
    }
    living = _living(asked)
    return {
        credential
        for credential in asked
        if credential.user.id in fingerprints
        and (credential.kind == "key" or fingerprints[credential.user.id] == credential.fingerprint)
        and credential.row_id in living[credential.kind]
    }


def _living(credentials: list[Credential]) -> dict[str, set]:
    """Return the ids of the living rows that these credentials rest on, by kind; a kind not asked for costs nothing."""
    sought = {kind: {credential.row_id for credential in credentials if credential.kind == kind} for kind in KINDS}
    sessions = Session.objects.filter(expire_date__gt=timezone.now())
    rows = {"token": SignIn.objects.alive(), "session": sessions, "key": ApiKey.objects.alive()}
    return {
        kind: set(rows[kind].filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
        for kind, ids in sought.items()
    }
