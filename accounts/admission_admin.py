"""Who may come in, in the admin: invitations, and sign-ups that wait for a decision."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chatsite.admin import MomentInput, ReadOnlyAdmin

from . import approvals, audit, invitations, mail, people
from .errors import AccountError
from .models import Invitation, OidcIdentity, SignupRequest, User
from .recording import Recorded
from .signed_in import who_asks

DECIDE = "accounts_signuprequest_decide"
STATES = {
    "open": gettext_lazy("open"),
    "used up": gettext_lazy("used up"),
    "expired": gettext_lazy("expired"),
    "revoked": gettext_lazy("revoked"),
    "void": gettext_lazy("void"),
}


class InvitationForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ["email", "groups", "uses", "expires_at", "note"]
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if email and (found := people.email_problems(email)):
            raise forms.ValidationError(found)
        if email and User.objects.filter(email=email).exists():
            raise forms.ValidationError(_("There is already an account with this e-mail address."))
        return email

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError(_("Choose a moment to come."))
        return expires_at

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if typed.get("email") and typed.get("uses", 1) > 1:
            self.add_error("uses", _("One address can make one account."))
        return typed


@admin.register(Invitation)
class InvitationAdmin(Recorded):
    """Links by which strangers may make an account; each is shown once, and made to be revoked rather than changed."""

    form = InvitationForm
    list_display = ("prefix", "email", "note", "state", "used", "uses", "made_by", "created_at", "expires_at")
    list_select_related = ["made_by"]
    list_filter = ("created_at", "expires_at")
    search_fields = ["email", "note", "prefix"]
    ordering = ["-created_at"]
    actions = ["revoke"]
    formfield_overrides = {models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MomentInput}}
    readonly_fields = ("prefix", "state", "who_used_it", "made_by", "created_at", "revoked_at")

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        asked = ["email", "groups", "uses", "expires_at", "note"]
        return asked if obj is None else [*self.readonly_fields, *asked]

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether this person may end invitations: looking at them is not enough."""
        return request.user.has_perm("accounts.change_invitation")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "groups":
            options["queryset"] = invitations.givable(who_asks(request))
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_form(
        self, request: HttpRequest, obj: Invitation | None = None, change: bool = False, **options: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **options)
        if "groups" in form.base_fields:
            # Groups are made where their rights are thought of.
            form.base_fields["groups"].widget.can_add_related = False
        return form

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        # The next page is always the one with the link.
        one_way = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **one_way})

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        groups: QuerySet[Group] = form.cleaned_data["groups"]
        by, site = who_asks(request), mail.site_of(request)
        request.made_link = invitations.make(invitation=obj, groups=groups, by=by, site=site)  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None) -> HttpResponse:
        """Show the link, which no other page can show."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Invitation made"),
            "invitation": obj,
            "link": request.made_link,  # type: ignore[attr-defined]
            "mailed": invitations.is_mailed(obj),
        }
        return render(request, "admin/accounts/invitation/made.html", context)

    @admin.action(description=gettext_lazy("Revoke the selected invitations"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """End them; accounts that were made with them stay."""
        for invitation in queryset:
            invitations.revoke(invitation=invitation)
        self.message_user(request, _("Their links lead nowhere from now on."))

    @admin.display(description=gettext_lazy("used by"))
    def who_used_it(self, invitation: Invitation) -> str:
        """Return the addresses of those who came with it."""
        found = invitation.users.select_related("user")
        return ", ".join(f"{use.user.email} ({use.at:%Y-%m-%d %H:%M})" for use in found) or "-"

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: Invitation) -> str:
        """Return how it stands."""
        return str(STATES[invitation.state])


@admin.register(SignupRequest)
class SignupRequestAdmin(Recorded, ReadOnlyAdmin):
    """Accounts that wait to be let in, and what was decided about others."""

    list_display = ("email", "name", "state", "asked_at", "decided_at", "decided_by")
    list_display_links = ["email"]
    list_select_related = ["user", "decided_by"]
    list_filter = ("state", "asked_at")
    search_fields = ["user__email", "user__name"]
    ordering = ["-state", "asked_at"]
    actions = ["approve"]

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide)
        return [path("<uuid:request_id>/decide/", decide, name=DECIDE), *super().get_urls()]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether this person may decide: looking is not enough."""
        return request.user.has_perm("accounts.change_signuprequest")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show who asks, and what can be decided."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = self.get_object(request, object_id)
        if asked is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": asked.user.email,
            "asked": asked,
            "may_decide": self.has_decide_permission(request),
        }
        return render(request, "admin/accounts/signuprequest/decide.html", context)

    def decide(self, request: HttpRequest, request_id: Any) -> HttpResponse:
        """Approve or refuse one sign-up, and go back to those that wait."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        asked = get_object_or_404(SignupRequest, pk=request_id)
        if request.method == "POST":
            try:
                if request.POST.get("do") == "approve":
                    approvals.approve(request=asked, by=who_asks(request))
                else:
                    approvals.refuse(request=asked, by=who_asks(request), reason=request.POST.get("reason", ""))
            except AccountError as error:
                messages.error(request, error.detail)
                return redirect("admin:accounts_signuprequest_change", asked.pk)
            messages.success(request, _("Decided. They are told by mail."))
            return redirect("admin:accounts_signuprequest_changelist")
        return redirect("admin:accounts_signuprequest_change", asked.pk)

    @admin.action(description=gettext_lazy("Let the selected people in"), permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[SignupRequest]) -> None:
        """Let in those who still wait."""
        found = list(queryset.filter(state=SignupRequest.State.WAITING))
        for asked in found:
            approvals.approve(request=asked, by=who_asks(request))
        told = ngettext("%(n)d person may sign in now.", "%(n)d people may sign in now.", len(found))
        self.message_user(request, told % {"n": len(found)})

    @admin.display(description=gettext_lazy("e-mail address"), ordering="user__email")
    def email(self, asked: SignupRequest) -> str:
        """Return who asked."""
        return asked.user.email

    @admin.display(description=gettext_lazy("name"))
    def name(self, asked: SignupRequest) -> str:
        """Return the name they gave."""
        return asked.user.name


@admin.register(OidcIdentity)
class OidcIdentityAdmin(Recorded, ReadOnlyAdmin):
    """Who somebody is at their organisation's sign-in; once unlinked, their next sign-in links anew."""

    list_display = fields = ("user", "issuer", "subject", "created_at", "last_used_at")
    list_select_related = ["user"]
    search_fields = ["user__email", "subject"]
    ordering = ["-last_used_at"]
    actions = ["unlink"]

    def has_unlink_permission(self, request: HttpRequest) -> bool:
        """Whether this person may unlink: looking is not enough."""
        return request.user.has_perm("accounts.delete_oidcidentity")

    @admin.action(description=gettext_lazy("Unlink the selected sign-ins"), permissions=["unlink"])
    def unlink(self, request: HttpRequest, queryset: QuerySet[OidcIdentity]) -> None:
        """Forget who they are at the issuer."""
        with transaction.atomic():
            for identity in queryset:
                audit.enter("identity.unlinked", target=identity, issuer=identity.issuer)
                identity.delete()
