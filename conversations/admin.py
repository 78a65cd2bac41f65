"""Limits, prices, the ledger, background work and how windows are used in the admin; no words of people."""

import uuid

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.recording import Recorded
from chatsite.admin import ReadOnlyAdmin, id_of

# These have pages of their own.
from . import (  # noqa: F401
    dashboard_admin,
    moderation_admin,
    profile_admin,
    reading_admin,
    retention_admin,
    review_admin,
    work,
)
from .models import Calibration, ContextDigest, Feedback, Job, ModelPrice, Quota, UsageEntry

CURRENCY_LETTERS = 3
CONVERSATION, MESSAGE = id_of("conversation", _("conversation")), id_of("message", _("message"))


@admin.register(Quota)
class QuotaAdmin(Recorded):
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
            raise forms.ValidationError(gettext("A currency is three letters, such as USD."))
        return currency


@admin.register(ModelPrice)
class ModelPriceAdmin(Recorded):
    recorded_texts = ("model", "currency")
    form = PriceForm
    list_display = ("model", "prompt", "cached", "completion", "currency", "changed_at")
    search_fields = ["model"]


@admin.register(Job)
class JobAdmin(Recorded, ReadOnlyAdmin):
    """Work in the background, and why some of it waits or has failed."""

    list_display = ("created_at", "kind", "state", "attempts", "due_at", "finished_at", CONVERSATION, "error")
    list_filter = ("state", "kind")
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    search_fields = ["key"]
    # No conversation, which would be told by its title, and nothing of what the work was given.
    fields = ("kind", "key", CONVERSATION, "state", "attempts", "due_at", "created_at", "finished_at", "error")
    actions = ["try_again"]

    @admin.action(description=_("Try again now"), permissions=["again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Have these done once more; what is being done at this moment is left alone."""
        with transaction.atomic():
            tried = [job for job in queryset if work.again(key=job.key)]
            for job in tried:
                audit.enter("job.tried_again", target=job)
        self.message_user(request, gettext("They are tried again, but for those that are being done at this moment."))

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("conversations.change_job")


@admin.register(Feedback)
class FeedbackAdmin(Recorded, ReadOnlyAdmin):
    """What people think of answers; neither the answers nor what they wrote about them."""

    list_display = ("changed_at", "value", "has_reason", "answered_by", "user", "conversation", MESSAGE)
    list_filter = ("value", "message__model")
    list_select_related = ["user", "message__turn"]
    date_hierarchy = "changed_at"
    ordering = ["-changed_at"]
    fields = ("changed_at", "created_at", "value", "has_reason", "answered_by", "user", "conversation", MESSAGE)
    readonly_fields = fields

    @admin.display(boolean=True, description=_("has a reason"))
    def has_reason(self, feedback: Feedback) -> bool:
        """Whether the person has said why."""
        return bool(feedback.reason)

    @admin.display(description=_("answered by"), ordering="message__model")
    def answered_by(self, feedback: Feedback) -> str:
        """The model that answered."""
        return feedback.message.model

    @admin.display(description=_("conversation"))
    def conversation(self, feedback: Feedback) -> uuid.UUID:
        """The conversation that the answer is in."""
        return feedback.message.turn.conversation_id


@admin.register(UsageEntry)
class UsageEntryAdmin(Recorded, ReadOnlyAdmin):
    """The ledger, to be read."""

    list_display = (
        "created_at",
        id_of("user", _("user")),
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


@admin.register(ContextDigest)
class ContextDigestAdmin(Recorded, ReadOnlyAdmin):
    """How much was condensed, when and by whom; what it says is for those whose conversation it is."""

    list_display = fields = (
        "created_at",
        CONVERSATION,
        id_of("through", _("up to turn")),
        "version",
        "by",
        "model",
        "turns",
        "messages",
        "tokens",
    )
    list_filter = ("by",)
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    search_fields = ["model"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContextDigest]:
        return super().get_queryset(request).defer("text", "facts")


@admin.register(Calibration)
class CalibrationAdmin(Recorded, ReadOnlyAdmin):
    """How the count of each model's server compares to our estimate."""

    list_display = fields = ("model", "ratio", "samples", "changed_at")
    ordering = ["model"]
    search_fields = ["model"]
