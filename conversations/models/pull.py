"""A download of a model, while it goes on and afterwards."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Without a sign of life for so long, whoever fetched it is gone.
ALIVE_SECONDS = 15
ERROR_CHARACTERS = 300


class ModelPull(models.Model):
    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        INTERRUPTED = "interrupted", _("interrupted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.CharField(max_length=200)
    state = models.CharField(max_length=11, choices=State.choices, default=State.RUNNING)
    # What the server says that it does.
    status = models.CharField(max_length=200, blank=True)
    total = models.BigIntegerField(default=0)
    completed = models.BigIntegerField(default=0)
    error = models.CharField(max_length=ERROR_CHARACTERS, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=Q(state="running"), name="one_download_of_a_model")
        ]

    def __str__(self) -> str:
        return self.model

    @property
    def is_running(self) -> bool:
        """Whether somebody is fetching it."""
        alive = timezone.now() - self.heartbeat_at < timedelta(seconds=ALIVE_SECONDS)
        return self.state == self.State.RUNNING and alive

    @property
    def stands(self) -> str:
        """How it stands, in a word."""
        if self.state == self.State.RUNNING and not self.is_running:
            return str(self.State.INTERRUPTED.label)
        return str(_("being cancelled") if self.is_running and self.cancelled_at else self.get_state_display())
