"""How much a person may use: set for one person, for a group, or for everybody; empty fields set no limit."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class QuotaQuerySet(models.QuerySet["Quota"]):
    def applying_to(self, user) -> "QuotaQuerySet":
        """Return this person's own quota, those of their groups, and the one for everybody."""
        mine = Q(user=user) | Q(group__in=user.groups.values("pk")) | Q(user=None, group=None)
        return self.filter(mine)


class Quota(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="quota")
    group = models.OneToOneField("auth.Group", models.CASCADE, null=True, blank=True, related_name="quota")
    tokens_per_day = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("Prompt and answer together, UTC.")
    )
    cost_per_month = models.DecimalField(
        max_digits=14, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    concurrent_turns = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        # To let nothing in, set the tokens of a day to 0.
        validators=[MinValueValidator(1)],
        help_text=_("Answers at the same time; a few more may wait in line."),
    )

    objects = QuotaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(user=None) | Q(group=None), name="quota_of_one_kind"),
            models.UniqueConstraint(
                models.Value(1), condition=Q(user=None, group=None), name="one_quota_for_everybody"
            ),
        ]

    def __str__(self) -> str:
        return gettext("Quota of %(everybody)s") % {"everybody": self.user or self.group or gettext("everybody")}
