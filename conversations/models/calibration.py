"""A calibration: how many tokens of a model one of our estimate is."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Calibration(models.Model):
    model = models.CharField(max_length=200, unique=True)
    ratio = models.FloatField(default=1.0, help_text=_("Tokens that the server counts for each one that we estimate."))
    samples = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.model}: {self.ratio:.2f}"
