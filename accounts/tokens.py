"""Tokens for programs: a short access token and a rotating refresh token, both of one sign-in."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token

from . import audit
from .errors import CredentialError, shut_out
from .models import SignIn, User
from .signals import announce_revoked

logger = logging.getLogger(__name__)

# Two tabs may refresh with the same token at about the same time; later it is a stolen copy.
REUSE_SECONDS = 10
TOKEN_MAX_CHARACTERS = 4096
CLIENT_MAX_CHARACTERS = 200


class Pair(NamedTuple):
    """What a program holds: `access` for an hour, `refresh` for a day, both encoded."""

    access: str
    refresh: str


class Claims(NamedTuple):
    """What a genuine, unexpired token says."""

    user_id: uuid.UUID
    sign_in_id: uuid.UUID
    fingerprint: str
    jti: str


def issue(*, user: User, client: str = "") -> Pair:
    """Return a pair of tokens of a new sign-in; `client` is the User-Agent, for the person's list of sign-ins."""
    refresh = RefreshToken()
    with transaction.atomic():
        sign_in = SignIn.objects.create(
            user=user,
            client="".join(character for character in client if character.isprintable())[:CLIENT_MAX_CHARACTERS],
            refresh_jti=refresh["jti"],
            expires_at=_expiry(refresh),
        )
        audit.note("sign_in", actor=user, target=sign_in, by="token")
    return _encode(sign_in=sign_in, refresh=refresh)


def rotate(*, refresh: str) -> Pair:
    """Return the pair after this one; raises `CredentialError`, and ends the sign-in if the token was used before."""
    claims = read(raw=refresh, kind=RefreshToken)
    with transaction.atomic():
        sign_in = _living(sign_ins=SignIn.objects.select_for_update(of=("self",)), claims=claims)
        if claims.jti == sign_in.refresh_jti:
            return _turn(sign_in=sign_in)
        if claims.jti == sign_in.previous_jti and _has_just_turned(sign_in):
            return _repeat(sign_in=sign_in)
        # Whoever holds the newer token may be the thief, so nobody keeps one. Raising here would undo it.
        revoke(sign_in=sign_in)
        audit.enter("refresh.reused", target=sign_in)
    logger.warning("A used refresh token came back: sign-in %s of user %s was ended.", sign_in.id, sign_in.user_id)
    raise CredentialError


def read(*, raw: str, kind: type[Token]) -> Claims:
    """Return the claims of a token that this installation signed and that has not expired; raises `CredentialError`."""
    if not isinstance(raw, str) or not raw.isascii() or len(raw) > TOKEN_MAX_CHARACTERS:
        raise CredentialError
    try:
        token = kind(raw)  # type: ignore[arg-type]  # what the library calls a token here is its text
        claims = Claims(uuid.UUID(token["user_id"]), uuid.UUID(token["sid"]), token["fpr"], token["jti"])
    except (TokenError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        raise CredentialError from None
    if not isinstance(claims.fingerprint, str) or not isinstance(claims.jti, str):
        raise CredentialError
    return claims


def bearer(*, claims: Claims) -> User:
    """Return whose token this is, if it still lets them in; raises `CredentialError` or `UserInactive`."""
    return _living(sign_ins=SignIn.objects.all(), claims=claims).user


def revoke(*, sign_in: SignIn, action: str = "sign_in.ended") -> None:
    """End one sign-in: its access and refresh tokens are dead at once; `action` is how the ledger calls it."""
    with transaction.atomic():
        if SignIn.objects.filter(id=sign_in.id, revoked_at=None).update(revoked_at=timezone.now()):
            audit.enter(action, target=sign_in)
    announce_revoked(user_id=sign_in.user_id)


def revoke_all(*, user: User) -> None:
    """End every sign-in of this person."""
    SignIn.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    announce_revoked(user_id=user.id)


def _living(*, sign_ins: QuerySet[SignIn], claims: Claims) -> SignIn:
    sign_in = sign_ins.select_related("user").filter(id=claims.sign_in_id, user_id=claims.user_id).first()
    if sign_in is None:
        raise CredentialError
    if not sign_in.user.is_active:
        raise shut_out(sign_in.user)
    if not sign_in.alive or claims.fingerprint != sign_in.user.fingerprint:
        raise CredentialError
    return sign_in


def _has_just_turned(sign_in: SignIn) -> bool:
    limit = timedelta(seconds=REUSE_SECONDS)
    return sign_in.rotated_at is not None and timezone.now() - sign_in.rotated_at <= limit


def _turn(*, sign_in: SignIn) -> Pair:
    refresh = RefreshToken()
    sign_in.previous_jti, sign_in.refresh_jti = sign_in.refresh_jti, refresh["jti"]
    sign_in.rotated_at = sign_in.last_used_at = timezone.now()
    sign_in.expires_at = _expiry(refresh)
    sign_in.save(update_fields=["previous_jti", "refresh_jti", "rotated_at", "last_used_at", "expires_at"])
    return _encode(sign_in=sign_in, refresh=refresh)


def _repeat(*, sign_in: SignIn) -> Pair:
    refresh = RefreshToken()
    refresh["jti"] = sign_in.refresh_jti
    refresh["exp"] = int(sign_in.expires_at.timestamp())
    return _encode(sign_in=sign_in, refresh=refresh)


def _encode(*, sign_in: SignIn, refresh: RefreshToken) -> Pair:
    refresh["user_id"] = str(sign_in.user_id)
    refresh["sid"] = sign_in.id.hex
    refresh["fpr"] = sign_in.user.fingerprint
    return Pair(access=str(refresh.access_token), refresh=str(refresh))


def _expiry(token: Token) -> datetime:
    return datetime.fromtimestamp(token["exp"], tz=timezone.get_default_timezone())
