"""A grant: somebody of the staff may read one conversation for a while, for a reason that its owner is shown."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ReadingQuerySet(models.QuerySet["ReadingGrant"]):
    def visible_to(self, user) -> "ReadingQuerySet":
        """Return who was let in to what this person has said."""
        return self.filter(owner=user)

    def open(self) -> "ReadingQuerySet":
        """Return the grants that have not run out."""
        return self.filter(expires_at__gt=timezone.now())


class ReadingGrant(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Its owner sees that it was read after the conversation is gone, and after the reader is.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    conversation = models.ForeignKey("Conversation", models.SET_NULL, null=True, db_index=False, related_name="+")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    views = models.PositiveIntegerField(default=0, help_text=_("How often a page of it was opened."))
    viewed_at = models.DateTimeField(null=True, help_text=_("When that was last."))

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()
        permissions = [("read_text", "Can read conversations of others, giving each time a reason")]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="readings_of_owner"),
            models.Index(fields=["conversation", "-created_at"], name="readings_of_conversation"),
        ]

    def __str__(self) -> str:
        return gettext("grant %(id)s") % {"id": self.id}

    @property
    def reader_name(self) -> str:
        """How the reader is called."""
        return self.reader.display_name if self.reader else gettext("Somebody who is no longer here")

    @property
    def chat_id(self) -> uuid.UUID | None:
        """What was read; None once its owner has deleted it."""
        return self.conversation_id if self.conversation and self.conversation.deleted_at is None else None

    @property
    def is_open(self) -> bool:
        """Whether it still lets its reader in."""
        return self.expires_at > timezone.now()
