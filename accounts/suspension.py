"""Suspending somebody for a while: nothing lets them in meanwhile, and all that is theirs stays."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from . import audit, emails, tokens
from .errors import InvalidFields
from .models import User

TOLD_CHARACTERS = 300


def suspend(*, user: User, told: str = "", **details: Any) -> None:
    """Let nobody in as this person until `lift`: sessions and tokens end, keys rest, open sockets are closed.

    `told` is what they read when they try; `details` go into the ledger.
    """
    with transaction.atomic():
        locked = _locked(user)
        # A closed account is shut already, and for good.
        if locked.suspended_at is None and locked.is_active:
            locked.suspended_at, locked.is_active = timezone.now(), False
            locked.suspended_for = " ".join(told.split())[:TOLD_CHARACTERS]
            locked.credentials_version = F("credentials_version") + 1
            locked.save(update_fields=["suspended_at", "is_active", "suspended_for", "credentials_version"])
            tokens.revoke_all(user=locked)
            emails.forget(user=locked)
            audit.enter("person.suspended", target=locked, **details)
    user.refresh_from_db(fields=["suspended_at", "is_active", "suspended_for", "credentials_version"])


def lift(*, user: User) -> None:
    """Let a suspended person in again; raises InvalidFields if they are not suspended."""
    with transaction.atomic():
        locked = _locked(user)
        if locked.suspended_at is None:
            raise InvalidFields({"user": [gettext("This person is not suspended.")]}, code="not_suspended")
        locked.suspended_at, locked.suspended_for, locked.is_active = None, "", True
        locked.save(update_fields=["suspended_at", "suspended_for", "is_active"])
        audit.enter("person.let_in_again", target=locked)
    user.refresh_from_db(fields=["suspended_at", "is_active", "suspended_for"])


def _locked(user: User) -> User:
    # Not against rows that name this person: whoever has entered one, such as a flag, may be the next to want the lock.
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)
