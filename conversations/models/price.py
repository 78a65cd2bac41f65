"""What a model costs here, where an administrator says so; other prices come from genai-prices."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

NOT_NEGATIVE = [MinValueValidator(Decimal(0))]


class ModelPrice(models.Model):
    model = models.CharField(max_length=200, unique=True, help_text=_('The model\'s id, such as "openai/gpt-5-mini".'))
    currency = models.CharField(max_length=3, default="USD")
    prompt = models.DecimalField(
        _("prompt, per million tokens"), max_digits=18, decimal_places=8, validators=NOT_NEGATIVE
    )
    cached = models.DecimalField(
        _("cached prompt, per million tokens"),
        max_digits=18,
        decimal_places=8,
        null=True,
        blank=True,
        validators=NOT_NEGATIVE,
        help_text=_("Empty: the same as the prompt."),
    )
    completion = models.DecimalField(
        _("answer, per million tokens"), max_digits=18, decimal_places=8, validators=NOT_NEGATIVE
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["model"]

    def __str__(self) -> str:
        return self.model
