"""Figures of days, so that nobody has to read a million rows for a sum: what was used, added up as it is entered, and
what a job counts."""

import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class DailyUsageQuerySet(models.QuerySet["DailyUsage"]):
    def visible_to(self, user) -> "DailyUsageQuerySet":
        """Return what this person has used."""
        return self.filter(user=user)

    def between(self, first: datetime.date, last: datetime.date) -> "DailyUsageQuerySet":
        """Return what was used from the first to the last of these days in UTC, both included."""
        return self.filter(day__gte=first, day__lte=last)


class DailyUsage(models.Model):
    """The sums of the ledger's entries that are alike. A trigger of the database adds each entry in the transaction
    that keeps it, and nobody else writes here; the sums stay when entries are deleted."""

    # No constraint, as in the ledger.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    day = models.DateField(help_text=_("In UTC."))
    model = models.CharField(max_length=200, blank=True)
    purpose = models.CharField(max_length=10)
    counted = models.CharField(max_length=9)
    currency = models.CharField(max_length=3)
    calls = models.PositiveBigIntegerField()
    priced_calls = models.PositiveBigIntegerField(help_text=_("Calls whose price is known."))
    prompt_tokens = models.PositiveBigIntegerField()
    completion_tokens = models.PositiveBigIntegerField()
    cached_tokens = models.PositiveBigIntegerField()
    total_ms = models.PositiveBigIntegerField()
    cost = models.DecimalField(max_digits=30, decimal_places=10, help_text=_("Of the priced calls."))

    objects = DailyUsageQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "day", "model", "purpose", "counted", "currency"], name="one_sum_of_a_kind"
            )
        ]
        indexes = [models.Index(fields=["day"], name="sums_of_day")]

    def __str__(self) -> str:
        return gettext("%(calls)s calls of %(model)s on %(day)s") % {
            "calls": self.calls,
            "model": self.model,
            "day": self.day,
        }


class DailyFigure(models.Model):
    """One number of one day that a job has counted: what it counts (`kind`), of what (`label`), and for times how long
    (`bucket`)."""

    day = models.DateField(help_text=_("In UTC."))
    kind = models.CharField(max_length=20)
    label = models.CharField(max_length=200, blank=True)
    bucket = models.PositiveSmallIntegerField(default=0)
    value = models.PositiveBigIntegerField()

    class Meta:
        # One page shows them all.
        verbose_name_plural = "dashboard"
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["day", "kind", "label", "bucket"], name="one_figure_of_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.label}: {self.value}"
