"""What a person thinks of an answer: thumbs up or down, and why."""

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, user) -> "FeedbackQuerySet":
        """Return what this person has said."""
        return self.filter(user=user)

    def of_turns(self, turn_ids: Iterable[uuid.UUID]) -> "dict[uuid.UUID, Feedback]":
        """Return what was said of the answers of these turns, by turn."""
        found = self.filter(message__turn__in=turn_ids).select_related("message")
        return {each.message.turn_id: each for each in found.only("value", "reason", "message__turn")}


class Feedback(models.Model):
    class Value(models.TextChoices):
        UP = "up", _("Up")
        DOWN = "down", _("Down")

    message = models.ForeignKey("Message", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    value = models.CharField(max_length=4, choices=Value.choices)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="one_feedback_per_person")]

    def __str__(self) -> str:
        return gettext("feedback on message %(id)s") % {"id": self.message_id}
