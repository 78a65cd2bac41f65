"""Retention policies with what they would do, and legal holds, in the admin."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.recording import Recorded
from accounts.signed_in import who_asks
from chatsite.admin import MomentInput
from chatsite.languages import grouped

from .errors import ChatError
from .models import Conversation, LegalHold, RetentionPolicy
from .retention import holds, preview
from .retention.policies import Kind

ID_SHOWN = 8
PREVIEW = "conversations_retentionpolicy_preview"


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(Recorded):
    """How long chats and files are kept; a person's groups' policies replace the one for everybody."""

    list_display = ("__str__", "chats_days", "files_days", "usage_days", "grace_days")
    list_select_related = ["group"]
    fields = ("group", "chats_days", "files_days", "usage_days", "grace_days")
    autocomplete_fields = ["group"]
    change_list_template = "admin/conversations/retentionpolicy/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        return [path("preview/", self.admin_site.admin_view(self.preview), name=PREVIEW), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show what the next run would do, without doing it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("What the next run would do"),
            "now": now,
            "outlooks": preview.preview(now=now),
            "chats": Kind.CHATS,
            "usage": Kind.USAGE,
        }
        return render(request, "admin/conversations/retentionpolicy/preview.html", context)


class NewHoldForm(forms.ModelForm):
    """A new hold: a person is named by their address."""

    person = forms.EmailField(
        label=_("Person"), required=False, help_text=_("The e-mail address of the person whose chats are held.")
    )

    class Meta:
        model = LegalHold
        fields = ["person", "conversation_id", "words", "reason", "ends_at"]
        labels = {"conversation_id": _("Chat"), "words": _("Words")}
        help_texts = {
            "conversation_id": _("The id of one chat; nothing else then."),
            "words": _(
                "What a title or a message holds, as one would search for it: of the person above, or of anybody."
            ),
            "reason": _("Kept in the audit ledger. The owner of a chat is not told of a hold."),
        }

    # Whoever fills it in.
    by: User

    def clean(self) -> dict[str, Any]:
        """Return what was typed if a hold can be placed so."""
        typed = super().clean() or self.cleaned_data
        owner = None
        if typed.get("person"):
            owner = User.objects.filter(email=typed["person"].lower()).first()
            if owner is None:
                self.add_error("person", gettext("Nobody here has this address."))
        chat = typed.get("conversation_id")
        if chat and not Conversation.everything.filter(pk=chat).exists():
            self.add_error("conversation_id", gettext("There is no such chat."))
        if not self.errors:
            self.instance.owner_id = owner and owner.pk
            try:
                holds.draft(by=self.by, **self.placed())
            except ChatError as error:
                raise forms.ValidationError(error.detail) from None
        return typed

    def placed(self) -> dict[str, Any]:
        """Return what the verb is given."""
        fields = ("conversation_id", "words", "reason", "ends_at")
        return {"owner_id": self.instance.owner_id, **{name: self.cleaned_data[name] for name in fields}}


class EndForm(forms.ModelForm):
    class Meta:
        model = LegalHold
        fields = ["ends_at"]

    def clean_ends_at(self) -> Any:
        ends_at = self.cleaned_data["ends_at"]
        if ends_at is not None and ends_at <= timezone.now():
            raise forms.ValidationError(gettext("Choose a moment to come, or end it in the list."))
        return ends_at


@admin.register(LegalHold)
class LegalHoldAdmin(Recorded):
    """What must not be deleted; a hold is placed and ended, and never deleted itself."""

    list_display = ("name", "what", "words", "state", "placed_by", "created_at", "ends_at")
    list_display_links = ["name"]
    list_select_related = ["placed_by"]
    list_filter = ("ends_at", "created_at")
    ordering = ["-created_at"]
    actions = ["end_now"]
    add_form, form = NewHoldForm, EndForm
    formfield_overrides = {models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MomentInput}}
    told = ("what", "words", "reason", "placed_by", "created_at", "state", "covers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalHold]:
        owners = User.objects.filter(pk=OuterRef("owner_id")).values("email")
        return super().get_queryset(request).annotate(owner_email=Subquery(owners))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **options)
        made = super().get_form(request, obj, change, **{**options, "form": self.add_form})
        made.by = request.user  # type: ignore[attr-defined]
        return made

    def get_fields(self, request: HttpRequest, obj: LegalHold | None = None) -> Any:
        return NewHoldForm.Meta.fields if obj is None else (*self.told, "ends_at")

    def get_readonly_fields(self, request: HttpRequest, obj: LegalHold | None = None) -> Any:
        return () if obj is None else self.told

    def has_change_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_open)

    def has_delete_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: LegalHold, form: forms.ModelForm, change: bool) -> None:
        """Place a hold, or change its end, by the verbs."""
        by = who_asks(request)
        if change:
            holds.change_end(hold=obj, by=by, ends_at=obj.ends_at)
        else:
            placed = holds.place(by=by, **cast(NewHoldForm, form).placed())
            obj.pk = placed.pk

    @admin.action(description=_("End the selected holds now"), permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: QuerySet[LegalHold]) -> None:
        """End these holds; what was deleted under them goes within a minute."""
        for hold in queryset:
            holds.end(hold=hold, by=who_asks(request))
        self.message_user(request, gettext("They have ended. What was deleted while they held goes within a minute."))

    @admin.display(description=_("hold"), ordering="created_at")
    def name(self, hold: LegalHold) -> str:
        """The beginning of its id."""
        return str(hold.pk)[:ID_SHOWN]

    @admin.display(description=_("what"))
    def what(self, hold: LegalHold) -> str:
        """Whose chats or which chat."""
        if hold.conversation_id:
            return gettext("Chat %(id)s") % {"id": hold.conversation_id}
        if hold.owner_id:
            gone = gettext("deleted account %(id_shown)s") % {"id_shown": str(hold.owner_id)[:ID_SHOWN]}
            whose = hold.owner_email or gone  # type: ignore[attr-defined]
            return gettext("Chats of %(whose)s") % {"whose": whose}
        return gettext("Anybody's chats")

    @admin.display(description=_("state"))
    def state(self, hold: LegalHold) -> str:
        """Whether it holds."""
        return gettext("holds") if hold.is_open else gettext("ended")

    @admin.display(description=_("covers now"))
    def covers(self, hold: LegalHold) -> str:
        """How many conversations it holds."""
        if not hold.is_open:
            return gettext("nothing any more")
        found = holds.count(hold)
        return ngettext("%(number)s chat, deleted ones included", "%(number)s chats, deleted ones included", found) % {
            "number": grouped(found)
        }
