"""Work to be done in the background: what it is, where it stands, and who does it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .conversation import Conversation
from .literal import literally

STATE_CHARACTERS = 8


class JobQuerySet(models.QuerySet["Job"]):
    def due(self) -> "JobQuerySet":
        """Return the jobs that somebody should begin by now."""
        due = self.filter(literally("state", Job.State.QUEUED), due_at__lte=timezone.now())
        # What was deleted is left alone until that is undone. Not a join: claiming must see the job's own row change.
        deleted = Conversation.everything.filter(deleted_at__isnull=False)
        return due.exclude(conversation__in=deleted.values("pk"))

    def running(self) -> "JobQuerySet":
        """Return the jobs that somebody has begun and not ended."""
        return self.filter(literally("state", Job.State.RUNNING))

    def open(self) -> "JobQuerySet":
        """Return the jobs that are not over."""
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])


class Job(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30)
    key = models.CharField(
        max_length=100, unique=True, help_text=_("What is to be done; the same thing is queued once.")
    )
    conversation = models.ForeignKey(
        "Conversation", null=True, blank=True, on_delete=models.CASCADE, related_name="jobs"
    )
    payload = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=STATE_CHARACTERS, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    # The claim: another one for each attempt, so that a worker that was given up can write nothing any more.
    worker = models.CharField(max_length=100, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text=_("What went wrong last."))

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="jobs_due"),
            models.Index(fields=["heartbeat_at"], condition=Q(state="running"), name="jobs_running"),
            # The newest first, as the admin lists them.
            models.Index(fields=["-created_at"], name="jobs_by_time"),
        ]

    def __str__(self) -> str:
        return gettext("job %(id)s (%(kind)s)") % {"id": self.id, "kind": self.kind}
