"""A message: one row per message as the model sees it, ordered by position within its turn."""

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .attachment import Attachment


class MessageQuerySet(models.QuerySet["Message"]):
    def with_files(self) -> "MessageQuerySet":
        """Return the messages together with the files that are attached to them."""
        return self.prefetch_related("attachments__file")

    def visible_to(self, user) -> "MessageQuerySet":
        """Return the messages of conversations this person may see."""
        return self.filter(turn__conversation__owner=user, turn__conversation__deleted_at=None)


class Message(models.Model):
    class Role(models.TextChoices):
        USER = "user", _("User")
        ASSISTANT = "assistant", _("Assistant")
        TOOL = "tool", _("Tool")

    class Status(models.TextChoices):
        COMPLETE = "complete", _("Complete")
        STREAMING = "streaming", _("Streaming")
        STOPPED = "stopped", _("Stopped")
        INTERRUPTED = "interrupted", _("Interrupted")
        FAILED = "failed", _("Failed")
        BLOCKED = "blocked", _("Blocked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    turn = models.ForeignKey("Turn", on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=9, choices=Role.choices)
    text = models.TextField(blank=True)
    thinking = models.TextField(blank=True)
    thinking_ms = models.PositiveIntegerField(null=True, blank=True, help_text=_("How long the model thought."))
    # Of an answer given back to a program that runs its tools itself; our own calls are messages of the tool's role.
    tool_calls = models.JSONField(default=list, blank=True)
    tool_call_id = models.CharField(max_length=200, blank=True)
    tool_name = models.CharField(max_length=200, blank=True)
    # Of a tool's message: its arguments, the round in which it was called, whether it went well (`ok`), and its `ms`;
    # of one that `asks` its person first, whether it was `allowed`, and `by` whom.
    tool_run = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.COMPLETE)
    # How far a live message had got when it was last kept.
    seq = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Set: its text is a sentence that says so, and whoever still writes it must not put it back.
    redacted_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["turn", "position"], name="one_message_per_position")]

    def __str__(self) -> str:
        return gettext("message %(id)s (%(role)s)") % {"id": self.id, "role": self.role}

    @property
    def is_growing(self) -> bool:
        """Whether it is an answer that is being written: a tool that is at work has nothing to say yet."""
        return self.role == self.Role.ASSISTANT and self.status == self.Status.STREAMING

    @property
    def waits_for_permission(self) -> bool:
        """Whether it is a tool that does not run before its person allows it."""
        asks = self.tool_run.get("asks", False) and "allowed" not in self.tool_run
        return asks and self.status == self.Status.STREAMING

    def remember(self, attachments: "list[Attachment]") -> None:
        """Let the row know its attachments, so that telling of it asks nothing more."""
        vars(self)["_prefetched_objects_cache"] = {"attachments": attachments}
