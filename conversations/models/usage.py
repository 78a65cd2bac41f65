"""The ledger: one row for each call of a model, written once and never changed."""

import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Prices are for so many tokens.
PRICED_TOKENS = 1_000_000


class UtcDayField(models.DateField):
    """The day in UTC of `created_at`, put down whenever an entry is kept, which is the day that it is added to."""

    def pre_save(self, model_instance, add):
        """Return the day, and set it."""
        model_instance.day = model_instance.created_at.astimezone(datetime.UTC).date()
        return model_instance.day


class UsageQuerySet(models.QuerySet["UsageEntry"]):
    def visible_to(self, user) -> "UsageQuerySet":
        """Return what this person has used."""
        return self.filter(user=user)

    def between(self, first: datetime.date, last: datetime.date) -> "UsageQuerySet":
        """Return what was used from the first to the last of these days in UTC, both included."""
        return self.filter(day__gte=first, day__lte=last)

    def update(self, **fields):
        """Refuse: what was used was used."""
        raise TypeError("Entries of the ledger are never changed.")


class UsageEntry(models.Model):
    class Purpose(models.TextChoices):
        CHAT = "chat", _("Chat")
        TOOL = "tool", _("Tool")
        TITLE = "title", _("Title")
        SUMMARY = "summary", _("Summary")
        INTENT = "intent", _("Intent")
        MODERATION = "moderation", _("Moderation")
        DICTATION = "dictation", _("Dictation")
        TEST = "test", _("Test")
        EMBEDDING = "embedding", _("Embedding")

    class Counted(models.TextChoices):
        # By the model server, or by our own rule.
        EXACT = "exact", _("Exact")
        ESTIMATED = "estimated", _("Estimated")

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")
        BLOCKED = "blocked", _("Blocked")

    # No constraints: an entry outlives the person, the conversation and the turn it was for.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    conversation_id = models.UUIDField(null=True, blank=True)
    turn_id = models.UUIDField(null=True, blank=True, db_index=True)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.CHAT)
    provider = models.CharField(max_length=30, blank=True)
    model = models.CharField(max_length=200, blank=True)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    cached_tokens = models.PositiveBigIntegerField(
        default=0, help_text=_("The part of the prompt that was not read anew.")
    )
    counted = models.CharField(max_length=9, choices=Counted.choices, default=Counted.ESTIMATED)
    first_token_ms = models.PositiveIntegerField(null=True, blank=True)
    total_ms = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=11, choices=Outcome.choices, default=Outcome.COMPLETED)
    # The prices of that day, for a million tokens; None where nobody knows.
    prompt_price = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    cached_price = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    completion_price = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    cost = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    day = UtcDayField(editable=False)

    objects = UsageQuerySet.as_manager()

    # Triggers refuse to change rows, and add them to `DailyUsage`: a migration that alters this table on SQLite, which
    # drops them with the table it rebuilds, must make them anew.
    class Meta:
        verbose_name = "usage entry"
        verbose_name_plural = "usage entries"
        indexes = [
            models.Index(fields=["user", "created_at"], name="usage_of_user"),
            models.Index(fields=["created_at"], name="usage_by_time"),
        ]

    def __str__(self) -> str:
        return gettext("%(purpose)s with %(model)s: %(prompt)s + %(completion)s tokens") % {
            "purpose": self.get_purpose_display(),
            "model": self.model,
            "prompt": self.prompt_tokens,
            "completion": self.completion_tokens,
        }

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("Entries of the ledger are never changed.")
        # With a number of its own a new one would change the one that has it.
        super().save(*args, **{**kwargs, "force_insert": True})
