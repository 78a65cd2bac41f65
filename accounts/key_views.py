"""The page of API keys: list, make, revoke."""

import uuid
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from . import keys
from .errors import AlreadyMade, InvalidFields, TooManyKeys
from .models import ApiKey
from .models.api_key import SCOPES
from .signed_in import who_asks
from .telling import tells_errors
from .text import NAME_MAX_CHARACTERS

# How long a key may live, in days; 0 is for ever.
LIVES = {30: _("In 30 days"), 90: _("In 90 days"), 365: _("In a year"), 0: _("Never")}
USUAL_LIFE = 90


class KeyForm(forms.Form):
    """A new key; `key_id` is its own, so that a form sent twice makes one key."""

    key_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    name = forms.CharField(
        label=_("Name"),
        help_text=_("What will use it, such as “Home dashboard”."),
        max_length=NAME_MAX_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(name, format_lazy("{}: {}", name, words)) for name, words in SCOPES.items()],
        initial=["read", "chat"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    days = forms.TypedChoiceField(label=_("Expires"), choices=list(LIVES.items()), initial=USUAL_LIFE, coerce=int)
    field_order = ["key_id", "name", "days", "scopes"]

    def clean(self) -> dict:
        if "key_id" in self.errors:
            raise forms.ValidationError(gettext("This form is broken. Reload the page."))
        return self.cleaned_data

    @property
    def fields_made(self) -> dict:
        """The arguments of `keys.make` that were chosen."""
        chosen = self.cleaned_data
        expires_at = timezone.now() + timedelta(days=chosen["days"]) if chosen["days"] else None
        return {**{name: chosen[name] for name in ("key_id", "name", "scopes")}, "expires_at": expires_at}


@login_required
@never_cache
@tells_errors
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("secret")
def overview(request: HttpRequest) -> HttpResponse:
    """Keys and a form for a new one, whose secret is in the answer to that form and nowhere else."""
    user = who_asks(request)
    form, made, secret = KeyForm(request.POST if request.method == "POST" else None), None, ""
    if form.is_bound and form.is_valid():
        try:
            made, secret = keys.make(user=user, **form.fields_made)
            form = KeyForm()
        except AlreadyMade as error:
            messages.info(request, error.detail)
            return redirect("account_keys")
        except InvalidFields as error:
            for field, sentences in error.fields.items():
                form.add_error(field, sentences)
        except TooManyKeys as error:
            form.add_error(None, error.detail)
    found = list(ApiKey.objects.visible_to(user))
    context = {
        "section": "keys",
        "form": form,
        "made": made,
        "secret": secret,
        "living": [key for key in found if key.state == "active"],
        "dead": [key for key in found if key.state != "active"],
    }
    return render(request, "accounts/keys.html", context)


@login_required
@never_cache
@tells_errors
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, key_id: uuid.UUID) -> HttpResponse:
    """Ask whether a key is to be revoked, and revoke it."""
    key = keys.find_own(user=who_asks(request), key_id=key_id)
    if request.method == "POST":
        keys.revoke(key=key)
        messages.success(request, gettext("“%(name)s” was revoked.") % {"name": key.name})
        return redirect("account_keys")
    return render(request, "accounts/keys_revoke.html", {"key": key})
