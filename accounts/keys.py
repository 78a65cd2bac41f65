"""API keys: how one is made, found by its secret, renamed and revoked."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import audit
from .errors import AlreadyMade, CredentialError, InvalidFields, NoSuchKey, TooManyKeys, UserInactive, shut_out
from .minting import digest, mint, shape
from .models import ApiKey, User
from .models.api_key import SCOPES
from .signals import announce_revoked
from .text import name_problems

MARK = "cs_"
SECRET = shape(MARK)

# How many living keys a person may have, and how many dead ones are remembered.
LIVING_KEYS = 50
DEAD_KEYS = 50
# How exactly the last use is known; a write for every call would cost more than the call.
LAST_USED_SECONDS = 60

NOT_VALID = _("This key is not valid, or no longer.")


def make(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
    key_id: uuid.UUID | None = None,
) -> tuple[ApiKey, str]:
    """Return a new key and its secret, which is kept nowhere; raises `InvalidFields`, `TooManyKeys`, `AlreadyMade`.

    A form that may be sent twice gives the `key_id`: the second time it is `AlreadyMade`.
    """
    name = name.strip()
    found = {
        "name": _name_problems(name),
        "scopes": []
        if scopes and set(scopes) <= set(SCOPES)
        else [gettext("Choose at least one of: %(scopes)s.") % {"scopes": ", ".join(SCOPES)}],
        "expires_at": [gettext("Choose a moment in the future.")]
        if expires_at and expires_at <= timezone.now()
        else [],
    }
    if found := {field: sentences for field, sentences in found.items() if sentences}:
        raise InvalidFields(found)
    prefix, secret = mint(MARK)
    with transaction.atomic():
        # One at a time for each person, so that two requests at once cannot pass the limit together.
        if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first():
            raise UserInactive
        if key_id and ApiKey.objects.filter(pk=key_id).exists():
            raise AlreadyMade
        _make_room(user)
        key = ApiKey.objects.create(
            id=key_id or uuid.uuid4(),
            user=user,
            name=name,
            prefix=prefix,
            digest=digest(secret),
            scope=" ".join(scope for scope in SCOPES if scope in scopes),
            expires_at=expires_at,
        )
        audit.enter("key.made", target=key, scope=key.scope, expires_at=expires_at)
    return key, secret


def find(*, secret: str) -> ApiKey:
    """Return the key that this secret opens, with its person; raises `CredentialError` or `UserInactive`."""
    if not SECRET.fullmatch(secret):
        raise CredentialError(NOT_VALID)
    key = ApiKey.objects.select_related("user").filter(digest=digest(secret)).first()
    if key is None:
        raise CredentialError(NOT_VALID)
    if not key.user.is_active:
        raise shut_out(key.user)
    if key.state != "active":
        raise CredentialError(NOT_VALID)
    _note_use(key)
    return key


def find_own(*, user: User, key_id: uuid.UUID) -> ApiKey:
    """Return this key of this person, dead or alive; raises `NoSuchKey`."""
    key = ApiKey.objects.visible_to(user).filter(pk=key_id).first()
    if key is None:
        raise NoSuchKey
    return key


def rename(*, key: ApiKey, name: str) -> None:
    """Give a key another name; raises `InvalidFields`."""
    name = name.strip()
    if found := _name_problems(name):
        raise InvalidFields({"name": found})
    key.name = name
    ApiKey.objects.filter(pk=key.pk).update(name=name)


def revoke(*, key: ApiKey) -> None:
    """End a key: from now on it opens nothing, and what it opened is closed."""
    _end(ApiKey.objects.filter(pk=key.pk), user_id=key.user_id)


def revoke_all(*, user: User) -> None:
    """End every key of this person."""
    _end(ApiKey.objects.visible_to(user), user_id=user.pk)


def _end(keys: QuerySet[ApiKey], *, user_id: uuid.UUID) -> None:
    with transaction.atomic():
        living = list(keys.filter(revoked_at=None).select_for_update())
        keys.filter(pk__in=[key.pk for key in living]).update(revoked_at=timezone.now())
        for key in living:
            audit.enter("key.revoked", target=key)
    if living:
        announce_revoked(user_id=user_id)


def _make_room(user: User) -> None:
    mine = list(ApiKey.objects.visible_to(user))
    dead = [key.pk for key in mine if key.state != "active"]
    if len(mine) - len(dead) >= LIVING_KEYS:
        raise TooManyKeys(LIVING_KEYS)
    ApiKey.objects.filter(pk__in=dead[DEAD_KEYS:]).delete()


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= timedelta(seconds=LAST_USED_SECONDS):
        # Of many uses at the same moment one is the first.
        first = ApiKey.objects.filter(pk=key.pk, last_used_at=key.last_used_at).update(last_used_at=now)
        if first and (key.last_used_at is None or key.last_used_at.date() != now.date()):
            audit.note("key.used", actor=key.user, target=key)


def _name_problems(name: str) -> list[str]:
    return name_problems(name) if name else [gettext("Give the key a name.")]
