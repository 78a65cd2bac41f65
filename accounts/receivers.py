"""What accounts do when Django tells them something."""

from typing import Any

from allauth.account.signals import authentication_step_completed, email_changed
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import audit, browsers, notices
from .models import User
from .signals import announce_revoked

# Where a session keeps what the first step was good for, until the second step was taken too.
FINGERPRINT = "password_fingerprint"

ADDED = {
    Authenticator.Type.TOTP: _("An authenticator app was set up for your account"),
    Authenticator.Type.WEBAUTHN: _("A passkey was added to your account"),
    Authenticator.Type.RECOVERY_CODES: _("Recovery codes were made for your account"),
}
# Recovery codes go with the last of the others, or when new ones are made.
REMOVED = {
    Authenticator.Type.TOTP: _("The authenticator app of your account was turned off"),
    Authenticator.Type.WEBAUTHN: _("A passkey of your account was removed"),
}


def connect() -> None:
    """Listen to Django's news."""
    user_logged_in.connect(_enter_sign_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_tell_sockets, dispatch_uid="accounts.signed_out")
    authentication_step_completed.connect(_note_first_step, dispatch_uid="accounts.first_step_taken")
    post_save.connect(_enter_factor, sender=Authenticator, dispatch_uid="accounts.factor_added")
    post_delete.connect(_enter_factor_gone, sender=Authenticator, dispatch_uid="accounts.factor_removed")
    email_changed.connect(_enter_address, dispatch_uid="accounts.email_changed")
    post_delete.connect(_tell_sockets_of_deleted, sender=User, dispatch_uid="accounts.deleted")


def _enter_sign_in(sender: type, user: User, request: HttpRequest | None = None, **kwargs) -> None:
    audit.note("sign_in", actor=user, target=user, by="session")
    if request is not None:
        browsers.note(request=request, user=user)


def _enter_factor(sender: type, instance: Authenticator, created: bool, **kwargs) -> None:
    if created:
        notices.tell(user=instance.user, what=ADDED[instance.type])
        audit.enter("factor.added", target=instance, kind=instance.type)


def _enter_factor_gone(sender: type, instance: Authenticator, origin: Any = None, **kwargs) -> None:
    # With a person goes all that is theirs, and that has an entry of its own.
    begun = origin.model if isinstance(origin, QuerySet) else type(origin)
    if begun is not User:
        if what := REMOVED.get(instance.type):
            notices.tell(user=instance.user, what=what)
        audit.enter("factor.removed", target=instance, kind=instance.type)


def _enter_address(sender: type, user: User, **kwargs) -> None:
    audit.enter("email.changed", target=user, email=user.email)


def _tell_sockets(sender: type, user: User | None, **kwargs) -> None:
    if user is not None:
        audit.note("sign_out", actor=user, target=user)
        announce_revoked(user_id=user.id)


def _tell_sockets_of_deleted(sender: type, instance: User, **kwargs) -> None:
    announce_revoked(user_id=instance.pk)
    audit.enter("person.deleted", target=instance, email=instance.email)


def _note_first_step(sender: type, request: HttpRequest, user: User, method: str, **kwargs) -> None:
    if method in {"password", "oidc"}:
        request.session[FINGERPRINT] = user.fingerprint
