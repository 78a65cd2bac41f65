"""The pages of prompts that are kept; in the chat a script lists them from the API."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from . import presets
from .errors import ChatError
from .models import Preset
from .models.preset import NAME_CHARACTERS, TEXT_CHARACTERS
from .views import HttpRequest

# So many groups are offered to be ticked; where there are more, they are named.
GROUPS_SHOWN = 200


class NamesField(forms.CharField):
    """Names, each on a line."""

    def prepare_value(self, value: Any) -> Any:
        """Return names as they are written."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the names that are written."""
        return [name.strip() for name in (super().to_python(value) or "").splitlines() if name.strip()]


class PresetForm(forms.Form):
    """A prompt; whoever may share it says with whom."""

    name = forms.CharField(
        label=_("Name"), max_length=NAME_CHARACTERS, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    text = forms.CharField(
        label=_("Prompt"),
        max_length=TEXT_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=_("A word between two braces, such as {{topic}}, is a gap: you are asked for it when you use it."),
    )

    def __init__(self, *args, sharing: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if sharing:
            names = list(Group.objects.order_by("name").values_list("name", flat=True)[: GROUPS_SHOWN + 1])
            self.fields["everybody"] = forms.BooleanField(label=gettext("Everybody may use it"), required=False)
            if len(names) > GROUPS_SHOWN:
                self.fields["groups"] = NamesField(
                    label=gettext("These groups may use it"),
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "spellcheck": "false"}),
                    help_text=gettext("There are too many groups to list here: write the name of each on a line."),
                )
            elif names:
                self.fields["groups"] = forms.MultipleChoiceField(
                    label=gettext("These groups may use it"),
                    required=False,
                    choices=[(name, name) for name in names],
                    widget=forms.CheckboxSelectMultiple,
                )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """One's own prompts, those that are shared with one, and a form for a new one."""
    form = PresetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = presets.make(owner=request.user, **form.cleaned_data)
        except ChatError as error:
            form.add_error(None, error.detail)
        else:
            messages.success(
                request, gettext("“%(name)s” was kept. Type / in the chat to use it.") % {"name": made.name}
            )
            return redirect("presets")
    found = list(presets.listing(user=request.user))
    context = {
        "section": "presets",
        "form": form,
        "mine": [each for each in found if each.owner_id == request.user.pk],
        "shared": [each for each in found if each.owner_id != request.user.pk],
    }
    return render(request, "settings/presets.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preset(request: HttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """One prompt of one's own: change it, share it, delete it."""
    found = presets.find_own(preset_id=preset_id, user=request.user)
    form = PresetForm(request.POST or None, sharing=request.user.has_perm(presets.SHARE), initial=_shown(found))
    if request.method == "POST" and form.is_valid():
        try:
            _keep(found, request.user, form.cleaned_data)
        except ChatError as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("presets")
    return render(request, "settings/preset.html", {"section": "presets", "form": form, "preset": found})


@login_required
@require_POST
def delete(request: HttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Delete a prompt of one's own."""
    found = presets.find_own(preset_id=preset_id, user=request.user)
    presets.delete(preset=found)
    messages.success(request, gettext("“%(name)s” was deleted.") % {"name": found.name})
    return redirect("presets")


@transaction.atomic
def _keep(found: Preset, by: Any, fields: dict[str, Any]) -> None:
    presets.change(preset=found, name=fields["name"], text=fields["text"])
    if "everybody" in fields:
        presets.share(preset=found, by=by, everybody=fields["everybody"], groups=fields.get("groups", []))


def _shown(found: Preset) -> dict[str, Any]:
    names = [group.name for group in found.groups.all()]
    return {"name": found.name, "text": found.text, "everybody": found.everybody, "groups": names}
