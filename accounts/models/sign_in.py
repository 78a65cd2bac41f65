"""One sign-in of a program: the family of tokens that began with a password and lives on by rotation."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext


class SignInQuerySet(models.QuerySet):
    def alive(self) -> "SignInQuerySet":
        """Sign-ins that were neither revoked nor left unused until their refresh token expired."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def over(self) -> "SignInQuerySet":
        """Sign-ins that no token can bring back, because all that were handed out have expired."""
        return self.filter(expires_at__lte=timezone.now())


class SignIn(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    client = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(default=timezone.now)
    # When the newest refresh token expires, and with it the whole family.
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The ids of the only refresh token that may be used, and of the one before it.
    refresh_jti = models.CharField(max_length=32, editable=False)
    previous_jti = models.CharField(max_length=32, blank=True, editable=False)
    rotated_at = models.DateTimeField(null=True, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-in"
        ordering = ["-last_used_at"]

    def __str__(self) -> str:
        return gettext("%(person)s since %(time)s") % {
            "person": self.user,
            "time": f"{self.created_at:%Y-%m-%d %H:%M}",
        }

    @property
    def alive(self) -> bool:
        """Whether its tokens are still good."""
        return self.revoked_at is None and self.expires_at > timezone.now()
