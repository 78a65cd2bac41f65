"""What accounts do when Django tells them something."""

from django.contrib.auth.signals import user_logged_out

from .models import User
from .signals import announce_revoked


def connect() -> None:
    """Listen to Django's news."""
    user_logged_out.connect(_tell_sockets, dispatch_uid="accounts.signed_out")


def _tell_sockets(sender: type, user: User | None, **kwargs) -> None:
    if user is not None:
        announce_revoked(user_id=user.id)
