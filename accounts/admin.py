"""People, their sign-ins and their keys in the admin."""

from typing import Any

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite import names
from chatsite.admin import ReadOnlyAdmin

from . import admission_admin, audit, audit_admin, browsers, emails, factors, keys, people, suspension, tokens  # noqa: F401  # these have pages there too
from .models import ApiKey, BrowserSession, SignIn, SignupRequest, User
from .recording import Recorded
from .telling import tells_errors

admin.site.site_header = admin.site.site_title = _("Chatsite administration")
# Staff come in through the same page as everybody, with the same limits and the same second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class UserCreationForm(forms.ModelForm):
    """A new person without a password: they choose one through "Forgotten?"."""

    class Meta:
        model = User
        fields = ["email", "name"]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if found := people.email_problems(email):
            raise forms.ValidationError(found)
        return email

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)


class PasswordForm(AdminPasswordChangeForm):
    """A new password for somebody; there is no account without one that could be used."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # Django's choice to do without a password would let nobody in by any way of this site.
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True

    def save(self, commit: bool = True) -> User:
        people.change_password(user=self.user, password=self.cleaned_data["password1"])
        return self.user


class NamesRights:
    """A form in which rights are called what they are in the reader's language."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **options: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **options)  # type: ignore[misc]
        if field is not None and db_field.related_model is Permission:
            field.label_from_instance = names.right
        return field


@admin.register(User)
@method_decorator(tells_errors, name="changelist_view")
@method_decorator(tells_errors, name="changeform_view")
@method_decorator(tells_errors, name="delete_view")
class UserAdmin(NamesRights, Recorded, DjangoUserAdmin):
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ["email", "name", "is_active", "suspended_at", "is_staff", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined", "suspended_at", "suspended_for"]
    actions = ["suspend", "lift"]
    fieldsets = [
        (None, {"fields": ["email", "name", "is_active"]}),
        (_("Suspension"), {"fields": ["suspended_at", "suspended_for"]}),
        (_("Rights"), {"fields": list(RIGHTS)}),
        (_("Times"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        readonly = list(super().get_readonly_fields(request, obj))
        if SignupRequest.objects.filter(user=obj).exclude(state=SignupRequest.State.APPROVED).exists():
            # Decided where sign-ups are.
            readonly.append("is_active")
        if request.user.is_superuser:
            return readonly
        return [*readonly, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    @admin.action(description=_("Suspend the selected people"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Keep these people out until somebody lifts it; whoever may not be changed here, and oneself, stays in."""
        chosen = [user for user in queryset if _may_touch(request, user) and user != request.user]
        for user in chosen:
            suspension.suspend(user=user)
        self.message_user(
            request, gettext("%(chosen)s suspended. Their open pages are closed.") % {"chosen": len(chosen)}
        )

    @admin.action(description=_("Lift the suspension of the selected people"), permissions=["change"])
    def lift(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let these people in again."""
        chosen = [user for user in queryset if _may_touch(request, user) and user.suspended_at]
        for user in chosen:
            suspension.lift(user=user)
        self.message_user(request, gettext("%(chosen)s may sign in again.") % {"chosen": len(chosen)})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list, dict[str, int], set[str], list]:
        """Return what goes with these people: whoever may delete a person may delete what is theirs.

        What is theirs is counted and not listed: titles of conversations and names of files are nobody else's to read.
        """
        _, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return [str(person) for person in objs], counts, forbidden & {str(User._meta.verbose_name)}, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete somebody; the last administrator stays."""
        with transaction.atomic():
            people.keep_an_administrator(without=[obj])
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete these people; the last administrator stays, and so do all of them."""
        with transaction.atomic():
            people.keep_an_administrator(without=queryset)
            super().delete_queryset(request, queryset)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if change and not (obj.is_active and obj.is_superuser):
            # In the transaction of the whole change.
            people.keep_an_administrator(without=[obj])
        super().save_model(request, obj, form, change)
        if not change:
            EmailAddress.objects.create(user=obj, email=obj.email, primary=True, verified=False)
        elif "email" in form.changed_data:
            # One that waits to be confirmed goes too: it was asked for by whoever had the old one.
            EmailAddress.objects.filter(user=obj).delete()
            EmailAddress.objects.create(user=obj, email=obj.email, primary=True, verified=False)
            emails.tell_old(user=obj, old=form.initial["email"])
        if change and "is_active" in form.changed_data:
            if not obj.is_active:
                people.deactivate(user=obj)
            elif obj.suspended_at:
                suspension.lift(user=obj)


@admin.register(SignIn)
class SignInAdmin(Recorded, ReadOnlyAdmin):
    list_display = fields = ("user", "client", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ["user"]
    search_fields = ["user__email"]
    actions = ["end"]

    @admin.action(description=_("End the selected sign-ins"), permissions=["view"])
    def end(self, request: HttpRequest, queryset) -> None:
        for sign_in in queryset:
            tokens.revoke(sign_in=sign_in)


@admin.register(ApiKey)
class ApiKeyAdmin(Recorded, ReadOnlyAdmin):
    list_display = fields = (
        "name",
        "user",
        "prefix",
        "scope",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    )
    list_select_related = ["user"]
    search_fields = ["user__email", "name", "prefix"]
    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether this person may end other people's keys: looking at them is not enough."""
        return request.user.has_perm("accounts.change_apikey")

    @admin.action(description=_("Revoke the selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset) -> None:
        for key in queryset:
            keys.revoke(key=key)


@admin.register(BrowserSession)
class BrowserSessionAdmin(Recorded, ReadOnlyAdmin):
    list_display = fields = ("user", "client", "address", "created_at")
    list_select_related = ["user"]
    search_fields = ["user__email"]
    actions = ["end"]

    @admin.action(description=_("Sign out the selected browsers"), permissions=["view"])
    def end(self, request: HttpRequest, queryset) -> None:
        for browser in queryset:
            browsers.end(browser=browser)


# Pages of the framework and of the library, whose changes are of rights and of people too.
admin.site.unregister([Group, EmailAddress, Authenticator])


@admin.register(Authenticator)
class AuthenticatorAdmin(Recorded, ReadOnlyAdmin):
    """Second steps, without their secrets; whoever lost theirs has them removed here."""

    list_display = fields = ("user", "type", "created_at", "last_used_at")
    list_select_related = ["user"]
    list_filter = ["type"]
    search_fields = ["user__email"]

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        """Return whether this person may take a second step off; that of other staff only an administrator may."""
        allowed = request.user.has_perm("mfa.delete_authenticator")
        return allowed and (obj is None or _may_touch(request, obj.user))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Authenticator]:
        found = super().get_queryset(request)
        if request.user.is_superuser:
            return found
        return found.filter(Q(user__is_staff=False) | Q(user=request.user.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        people = set(queryset.values_list("user_id", flat=True))
        super().delete_queryset(request, queryset)
        factors.forget_lone_codes(people)

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        super().delete_model(request, obj)
        factors.forget_lone_codes([obj.user_id])


@admin.register(Group)
class GroupAdmin(NamesRights, Recorded, DjangoGroupAdmin):
    recorded_texts = ("name",)


@admin.register(EmailAddress)
class EmailAddressAdmin(Recorded, AllauthEmailAddressAdmin):
    @admin.action(description=_("Mark the selected addresses as verified"), permissions=["change"])
    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        """Mark them, and enter each that was not before."""
        with transaction.atomic():
            before = list(queryset.filter(verified=False).values_list("pk", flat=True))
            super().make_verified(request, queryset)
            for address in EmailAddress.objects.filter(pk__in=before, verified=True):
                audit.enter("admin.changed", target=address, changes={"verified": [False, True]})


def _may_touch(request: HttpRequest, obj: User | None) -> bool:
    """Whoever could set the password of other staff would have their rights; only an administrator may."""
    return obj is None or request.user.is_superuser or obj == request.user or not obj.is_staff
