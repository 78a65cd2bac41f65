"""A digest: the beginning of a branch in short, for when its messages no longer fit a model's window."""

import uuid

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ContextDigestQuerySet(models.QuerySet["ContextDigest"]):
    def visible_to(self, user) -> "ContextDigestQuerySet":
        """Return the digests of conversations this person may see."""
        return self.filter(conversation__owner=user, conversation__deleted_at=None)


class ContextDigest(models.Model):
    """What was said on a branch up to the turn `through`; another `version` says the same shorter, or better."""

    class By(models.TextChoices):
        EXTRACT = "extract", _("Extract")
        MODEL = "model", _("Model")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="digests")
    through = models.ForeignKey("Turn", on_delete=models.CASCADE, related_name="digests")
    version = models.PositiveSmallIntegerField(default=1)
    text = models.TextField()
    # What `text` was made of and the next digest is made of too, oldest first: lists of rank, role and words.
    facts = models.JSONField(default=list)
    turns = models.PositiveIntegerField(help_text=_("How many turns it covers."))
    messages = models.PositiveIntegerField(help_text=_("How many messages it covers."))
    tokens = models.PositiveIntegerField(help_text=_("What the text takes, by our estimate."))
    by = models.CharField(max_length=7, choices=By.choices, default=By.EXTRACT)
    model = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContextDigestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["through", "version"], name="one_digest_per_version")]

    def __str__(self) -> str:
        return gettext("digest of %(messages)s messages") % {"messages": self.messages}
