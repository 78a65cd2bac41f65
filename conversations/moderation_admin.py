"""Rules for what may be said, in the admin: written as drafts, tried on what was said before, then let go live."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext

from accounts.recording import Recorded
from accounts.signed_in import who_asks

from .errors import ChatError
from .models import ModerationRule
from .moderation import rules
from .review import trials

TRIALS_SHOWN = 10


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

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_it)
        return [path("<int:rule_id>/try/", view, name="conversations_moderationrule_try"), *super().get_urls()]

    def try_it(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """Begin to try a rule on what was said before, and go back to it."""
        row = get_object_or_404(ModerationRule, pk=rule_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            days = request.POST.get("days", "")
            try:
                trials.begin(rule=row, actor=who_asks(request), days=_number(days))
            except ChatError as error:
                messages.error(request, error.detail)
            else:
                messages.success(request, gettext("It is being counted. Reload in a while."))
        return redirect("admin:conversations_moderationrule_change", row.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a rule, and what came of trying it."""
        known = _number(object_id)
        shown = {
            "trials": trials.of(rule_id=known, most=TRIALS_SHOWN),
            "may_try": self.has_change_permission(request),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def save_model(self, request: HttpRequest, obj: ModerationRule, form: forms.ModelForm, change: bool) -> None:
        """Keep the rule, and remember in which state it was."""
        before = ModerationRule.objects.filter(pk=obj.pk).values_list("state", flat=True).first() if change else None
        request.rule_before = before  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Enter that a rule was written, by its own name in the ledger."""
        rules.note_kept(obj, before=None, actor=who_asks(request))
        return admin.ModelAdmin.log_addition(self, request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Enter what was changed, and whether the rule went live."""
        if before := getattr(request, "rule_before", None):
            changed = getattr(request, "recorded", {})
            rules.note_kept(obj, before=before, actor=who_asks(request), fields=list(changed))
        return admin.ModelAdmin.log_change(self, request, obj, message)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete a rule; flags that it raised stay."""
        rules.delete(cast(ModerationRule, obj), actor=who_asks(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete rules."""
        for row in queryset:
            rules.delete(row, actor=who_asks(request))


def _number(word: str) -> int:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
