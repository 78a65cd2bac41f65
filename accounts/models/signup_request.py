"""A sign-up that staff decide about: the account is there, and shut until they have."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

REASON_CHARACTERS = 300


class SignupRequest(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="signup_request")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING, db_index=True)
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    reason = models.CharField(_("reason"), max_length=REASON_CHARACTERS, blank=True)

    class Meta:
        verbose_name = _("sign-up to decide")
        verbose_name_plural = _("sign-ups to decide")
        ordering = ["asked_at", "id"]

    def __str__(self) -> str:
        return str(self.user)
