"""News of accounts, sent once the change is committed."""

import uuid

from django.db import transaction
from django.dispatch import Signal

# Sent with `user_id` when credentials of that person died: open sockets ask again whether theirs still holds.
credentials_revoked = Signal()


def announce_revoked(*, user_id: uuid.UUID) -> None:
    """Send `credentials_revoked` as soon as the running transaction is committed; at once outside of one."""
    transaction.on_commit(lambda: credentials_revoked.send(sender="accounts", user_id=user_id), robust=True)
