"""A key for programs: named, limited to scopes, and kept as a digest only."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

# What a key may do, in the words shown beside its checkbox.
SCOPES = {
    "read": _("see conversations, messages and usage"),
    "chat": _("ask, stop, and change conversations"),
    "admin": _("change the account and its keys"),
}
# How scopes and states are called beside a key.
NAMES = [
    gettext_noop("read"),
    gettext_noop("chat"),
    gettext_noop("admin"),
    gettext_noop("active"),
    gettext_noop("expired"),
    gettext_noop("revoked"),
]
SCOPE_MAX_CHARACTERS = 100
PREFIX_MAX_CHARACTERS = 16
DIGEST_CHARACTERS = 64


class ApiKeyQuerySet(models.QuerySet):
    def visible_to(self, user) -> "ApiKeyQuerySet":
        """Keys of this person."""
        return self.filter(user=user)

    def alive(self) -> "ApiKeyQuerySet":
        """Keys that were neither revoked nor have expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ApiKey(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    # The beginning of the secret, by which a person knows it again.
    prefix = models.CharField(max_length=PREFIX_MAX_CHARACTERS, editable=False)
    # SHA-256 in hexadecimal. A slow hash would protect nothing: the secret is random, not chosen by a person.
    digest = models.CharField(max_length=DIGEST_CHARACTERS, unique=True, editable=False)
    # Words of SCOPES with a space between.
    scope = models.CharField(max_length=SCOPE_MAX_CHARACTERS)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        ordering = ["-created_at", "id"]
        constraints = [models.CheckConstraint(condition=~Q(scope=""), name="a_key_has_a_scope")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def scopes(self) -> list[str]:
        """The names of its scopes, as in `SCOPES`."""
        return self.scope.split()

    @property
    def state(self) -> str:
        """How it stands: "active", "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return "expired" if expired else "active"
