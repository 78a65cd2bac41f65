"""What a session came to: its figures, taken when it ended, and the summary that is written afterwards."""

import datetime
import uuid

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class SummaryQuerySet(models.QuerySet["Summary"]):
    def visible_to(self, user) -> "SummaryQuerySet":
        """Return the summaries of conversations this person may see."""
        return self.filter(conversation__owner=user, conversation__deleted_at=None)


class Summary(models.Model):
    class State(models.TextChoices):
        # Nothing is written yet; the best sentences of the conversation itself; written by a model.
        PENDING = "pending", _("Pending")
        PARTIAL = "partial", _("Partial")
        READY = "ready", _("Ready")

    class Writer(models.TextChoices):
        MODEL = "model"
        EXTRACT = "extract"

    class Sentiment(models.TextChoices):
        POSITIVE = "positive", _("Positive")
        NEUTRAL = "neutral", _("Neutral")
        NEGATIVE = "negative", _("Negative")

    class EndedBy(models.TextChoices):
        PERSON = "person", _("Person")
        CLOCK = "clock", _("Clock")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="summaries")
    number = models.PositiveIntegerField(help_text=_("Which ending of the conversation it is of, from 1."))
    # The end of the branch that was open then: what is summarised stays the same when the conversation goes on.
    leaf = models.ForeignKey("Turn", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ended_by = models.CharField(max_length=6, choices=EndedBy.choices, default=EndedBy.PERSON)
    start_time = models.DateTimeField()
    end_time = models.DateTimeField()
    metrics = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    by = models.CharField(max_length=7, choices=Writer.choices, blank=True)
    text = models.TextField(blank=True)
    topics = models.JSONField(default=list, blank=True)
    sentiment = models.CharField(max_length=8, choices=Sentiment.choices, blank=True)
    outcomes = models.JSONField(default=list, blank=True)
    model = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    written_at = models.DateTimeField(null=True, blank=True)

    objects = SummaryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "summaries"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["conversation", "number"], name="one_summary_per_ending")]

    def __str__(self) -> str:
        return gettext("summary %(number)s of %(conversation)s") % {
            "number": self.number,
            "conversation": self.conversation_id,
        }

    @property
    def duration(self) -> datetime.timedelta:
        """How long the session lasted, from its beginning to the last word."""
        return self.end_time - self.start_time
