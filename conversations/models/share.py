"""A share link: a branch as it was at a moment, for whoever has the address."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .conversation import Conversation

DIGEST_CHARACTERS = 64


class ShareQuerySet(models.QuerySet["ShareLink"]):
    def visible_to(self, user) -> "ShareQuerySet":
        """Return the links of conversations that this person may see."""
        return self.filter(owner=user, conversation__in=Conversation.objects.visible_to(user))

    def alive(self) -> "ShareQuerySet":
        """Return the links that lead somewhere: not revoked, not expired, of somebody who may sign in."""
        current = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(current, revoked_at=None, owner__is_active=True)


class ShareLink(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="share_links")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="share_links")
    # What was said up to here never changes: whoever asks again or differently makes another turn.
    leaf = models.ForeignKey("Turn", models.CASCADE, related_name="+")
    title = models.CharField(max_length=200, blank=True, help_text=_("As it was then."))
    # SHA-256 in hexadecimal. A slow hash would protect nothing: the token is random.
    digest = models.CharField(max_length=DIGEST_CHARACTERS, unique=True, editable=False)
    with_name = models.BooleanField(default=False, help_text=_("Whether it says who asked."))
    with_work = models.BooleanField(default=False, help_text=_("Whether thoughts and tool calls are shown."))
    with_images = models.BooleanField(default=False, help_text=_("Whether attached pictures are shown."))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"Link to {self.title or 'a chat'}"

    @property
    def state(self) -> str:
        """How it stands: "active", "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= timezone.now() else "active"
