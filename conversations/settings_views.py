"""The pages on which a person says how the assistant is to be: in every conversation, and in one."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.signed_in import who_asks

from . import lifecycle, models_offered, parameters, preferences, sidebar
from .errors import ChatError
from .models import Mode
from .views import HttpRequest

THINKING = {"": None, "on": True, "off": False}


class PreferencesForm(forms.Form):
    """What every conversation begins with."""

    instructions = forms.CharField(
        label=_("What should every answer take into account?"),
        required=False,
        max_length=preferences.INSTRUCTIONS_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=_("At most 4,000 characters. What stands here is sent to the model."),
    )
    use_instructions = forms.BooleanField(label=_("Use these instructions"), required=False)
    model = forms.ChoiceField(label=_("Model"), required=False)
    mode = forms.ChoiceField(
        label=_("Kind of help"), required=False, choices=[("", _("As each question needs it")), *Mode.choices]
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        listing = models_offered.listing_for(user)
        known = [(model.id, model.title or model.id) for model in listing.models]
        wanted = self.initial.get("model")
        if wanted and wanted not in dict(known):
            known.append((wanted, gettext("%(wanted)s (not there at the moment)") % {"wanted": wanted}))
        self.fields["model"].widget.choices = self.fields["model"].choices = [  # type: ignore[attr-defined]
            ("", gettext("The usual one of this server")),
            *known,
        ]


class ParametersForm(forms.Form):
    """How the model is asked in one conversation; what is left empty is left to it."""

    temperature = forms.FloatField(
        label=_("Temperature"),
        required=False,
        min_value=0,
        max_value=parameters.TEMPERATURE_MAX,
        widget=forms.NumberInput(attrs={"step": "0.1"}),
        help_text=_("From 0, which is matter-of-fact, to 2, which is wild."),
    )
    top_p = forms.FloatField(
        label=_("Top-p"),
        required=False,
        min_value=0.01,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text=_("Only the likeliest words that make up this share, up to 1."),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        required=False,
        min_value=0,
        max_value=parameters.SEED_MAX,
        help_text=_("With the same one, the same question is answered alike, as far as the server can."),
    )
    context_length = forms.IntegerField(
        label=_("Window, in tokens"),
        required=False,
        min_value=parameters.CONTEXT_MIN,
        max_value=parameters.CONTEXT_MAX,
        widget=forms.NumberInput(attrs={"step": "1"}),
        help_text=_("How much of the conversation is sent at most, within what the model takes."),
    )
    thinking = forms.ChoiceField(
        label=_("Thinking"),
        required=False,
        choices=[("", _("As the model does it")), ("on", _("On")), ("off", _("Off"))],
        help_text=_("Only counts for models that can think."),
    )

    @property
    def chosen(self) -> dict[str, Any]:
        """The parameters that were entered."""
        fields = self.cleaned_data
        return {**fields, "thinking": THINKING[fields["thinking"]]}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: HttpRequest) -> HttpResponse:
    """Instructions, and the model and the kind of help to begin with."""
    user = who_asks(request)
    form = PreferencesForm(request.POST or None, initial=preferences.of(user), user=user)
    if request.method == "POST" and form.is_valid():
        try:
            preferences.change(user=request.user, **form.cleaned_data)
        except ChatError as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("settings_chat")
    return render(request, "settings/chat.html", {"section": "chat", "form": form})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def parameters_of(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """How the model is asked in a conversation: a page, or a part of one for the panel in the chat."""
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)
    form = ParametersForm(request.POST if request.method == "POST" else None, initial=_shown(found.parameters))
    if form.is_bound and form.is_valid():
        try:
            lifecycle.change(conversation=found, changes={"parameters": form.chosen})
        except ChatError as error:
            form.add_error(None, error.detail)
        else:
            return HttpResponse(status=204) if request.htmx else redirect("conversation", found.pk)
    context = {"form": form, "conversation": found, "conversation_id": str(found.pk), "title": str(found)}
    if request.htmx:
        return render(request, "conversations/_parameters.html", context)
    return render(request, "conversations/parameters.html", {**sidebar.context(request), **context})


@login_required
@require_safe
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Every key that does something: a page, or a part of one for the panel."""
    template = "settings/_shortcuts.html" if request.htmx else "settings/shortcuts.html"
    return render(request, template, {"section": "looks"})


def _shown(kept: dict[str, Any]) -> dict[str, Any]:
    words = {value: word for word, value in THINKING.items()}
    return {**kept, "thinking": words[kept.get("thinking")]}
