"""This installation: one row, made together with its first account."""

from django.conf import settings
from django.db import models


class Installation(models.Model):
    ONLY = 1

    # The fixed key is what makes the row single: of many first sign-ups the database lets exactly one insert it.
    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    administrator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_installation")]

    def __str__(self) -> str:
        return f"Installation of {self.created_at:%Y-%m-%d}"
