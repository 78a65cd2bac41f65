"""Limits, prices and the ledger in the admin."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from .models import ModelPrice, Quota, UsageEntry

CURRENCY_LETTERS = 3


@admin.register(Quota)
class QuotaAdmin(admin.ModelAdmin):
    """A person's own row counts alone; without one the most generous of their groups', else everybody's."""

    list_display = ("__str__", "tokens_per_day", "cost_per_month", "requests_per_minute", "concurrent_turns")
    list_select_related = ["user", "group"]
    fields = ("user", "group", "tokens_per_day", "cost_per_month", "requests_per_minute", "concurrent_turns")
    autocomplete_fields = ["user", "group"]
    search_fields = ["user__email", "group__name"]


class PriceForm(forms.ModelForm):
    class Meta:
        model = ModelPrice
        fields = ["model", "currency", "prompt", "cached", "completion"]

    def clean_currency(self) -> str:
        currency = self.cleaned_data["currency"].upper()
        if not (currency.isascii() and currency.isalpha() and len(currency) == CURRENCY_LETTERS):
            raise forms.ValidationError("A currency is three letters, such as USD.")
        return currency


@admin.register(ModelPrice)
class ModelPriceAdmin(admin.ModelAdmin):
    form = PriceForm
    list_display = ("model", "prompt", "cached", "completion", "currency", "changed_at")
    search_fields = ["model"]


@admin.register(UsageEntry)
class UsageEntryAdmin(admin.ModelAdmin):
    """The ledger, to be read."""

    list_display = (
        "created_at",
        "user_id",
        "purpose",
        "model",
        "prompt_tokens",
        "completion_tokens",
        "counted",
        "outcome",
        "cost",
        "currency",
    )
    list_filter = ("purpose", "outcome", "counted")
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    # Counting a million rows for a number on the page would be its slowest part.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: UsageEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UsageEntry | None = None) -> bool:
        return False
