"""What conversations do when a person or a group is deleted, in whichever way."""

from django.contrib.auth.models import Group
from django.db.models.signals import pre_delete

from accounts.models import User

from . import lifecycle, moderation


def connect() -> None:
    """Listen to the news of people and groups."""
    pre_delete.connect(_delete_conversations, sender=User, dispatch_uid="conversations.of deleted people")
    pre_delete.connect(_withdraw_rules, sender=Group, dispatch_uid="conversations.of deleted groups")


def _delete_conversations(sender: type, instance: User, **kwargs) -> None:
    # Before Django deletes what is theirs, in an order in which it could wait for an answer that waits for it.
    lifecycle.delete_all(owner=instance)


def _withdraw_rules(sender: type, instance: Group, **kwargs) -> None:
    moderation.withdraw_those_of(instance)
