"""Rules for what may be said, in the admin: written as drafts, tried on what was said before, then let go live."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.recording import Recorded

from .errors import ChatError
from .models import ModerationRule
from .moderation import rules


class RuleForm(forms.ModelForm):
    class Meta:
        model = ModerationRule
        fields = [
            "name",
            "kind",
            "patterns",
            "model",
            "place",
            "groups",
            "severity",
            "action",
            "suspend_after",
            "told",
            "state",
            "notes",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        row = ModerationRule(**{name: value for name, value in cleaned.items() if name != "groups"})
        try:
            rules.check(row)
        except ChatError as error:
            self.add_error("model" if error.code == "no_model" else "patterns", error.detail)
        return cleaned


@admin.register(ModerationRule)
class ModerationRuleAdmin(Recorded):
    form = RuleForm
    list_display = ("name", "kind", "place", "action", "severity", "state", "live_at", "changed_at")
    list_filter = ("state", "kind", "action", "severity", "place")
    search_fields = ["name"]
    filter_horizontal = ["groups"]
    save_as = True

    def save_model(self, request: HttpRequest, obj: ModerationRule, form: forms.ModelForm, change: bool) -> None:
        """Keep the rule, and remember in which state it was."""
        before = ModerationRule.objects.filter(pk=obj.pk).values_list("state", flat=True).first() if change else None
        request.rule_before = before  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Enter that a rule was written, by its own name in the ledger."""
        rules.note_kept(obj, before=None, actor=_actor(request))
        return admin.ModelAdmin.log_addition(self, request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Enter what was changed, and whether the rule went live."""
        if before := getattr(request, "rule_before", None):
            changed = getattr(request, "recorded", {})
            rules.note_kept(obj, before=before, actor=_actor(request), fields=list(changed))
        return admin.ModelAdmin.log_change(self, request, obj, message)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete a rule; flags that it raised stay."""
        rules.delete(cast(ModerationRule, obj), actor=_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete rules."""
        for row in queryset:
            rules.delete(row, actor=_actor(request))


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)
