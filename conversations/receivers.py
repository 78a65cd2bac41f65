"""What conversations do when a person is deleted, in whichever way."""

from django.db.models.signals import pre_delete

from accounts.models import User

from . import lifecycle


def connect() -> None:
    """Listen to the news of people."""
    pre_delete.connect(_delete_conversations, sender=User, dispatch_uid="conversations.of deleted people")


def _delete_conversations(sender: type, instance: User, **kwargs) -> None:
    # Before Django deletes what is theirs, in an order in which it could wait for an answer that waits for it.
    lifecycle.delete_all(owner=instance)
