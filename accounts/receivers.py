"""What accounts do when Django tells them something."""

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_delete

from . import audit
from .models import User
from .signals import announce_revoked


def connect() -> None:
    """Listen to Django's news."""
    user_logged_in.connect(_enter_sign_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_tell_sockets, dispatch_uid="accounts.signed_out")
    post_delete.connect(_tell_sockets_of_deleted, sender=User, dispatch_uid="accounts.deleted")


def _enter_sign_in(sender: type, user: User, **kwargs) -> None:
    audit.note("sign_in", actor=user, target=user, by="session")


def _tell_sockets(sender: type, user: User | None, **kwargs) -> None:
    if user is not None:
        audit.note("sign_out", actor=user, target=user)
        announce_revoked(user_id=user.id)


def _tell_sockets_of_deleted(sender: type, instance: User, **kwargs) -> None:
    announce_revoked(user_id=instance.pk)
    audit.enter("person.deleted", target=instance, email=instance.email)
