"""Model profiles in the admin: what is said of a model beside what was found of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.recording import Recorded
from chatsite.languages import grouped
from llm.catalog import match

from . import local_models_admin, models_offered, profiles
from .models import ModelPrice, ModelProfile
from .models_page import ModelsPage

NOTHING_FOUND = gettext_lazy("not there at the moment")


class ProfileForm(forms.ModelForm):
    class Meta:
        model = ModelProfile
        said = (*ModelProfile._meta.fields, *ModelProfile._meta.many_to_many)
        fields = [field.name for field in said if field.editable and not field.primary_key]
        widgets = {
            "groups": forms.CheckboxSelectMultiple,
            "description": forms.TextInput(attrs={"class": "vTextField"}),
        }

    def clean_model(self) -> str:
        """Return the id as its server says it: by any other name, what is said here would hold for nobody."""
        typed = self.cleaned_data["model"].strip()
        known = {model.id: model for model in models_offered.listing().models}
        found = match(typed, known)
        return found.id if found else typed


@admin.register(ModelProfile)
class ModelProfileAdmin(ModelsPage, Recorded):
    """How a model is called, who may use it, and how it is asked."""

    recorded_texts = ("model", "name", "description")
    form = ProfileForm
    list_display = ("model", "name", "who", "is_default", "hidden", "window", "price")
    list_filter = ("is_default", "hidden")
    search_fields = ["model", "name"]
    readonly_fields = ("found", "price")
    fieldsets = [
        (None, {"fields": ["model", "name", "description", "is_default", "hidden"]}),
        (gettext_lazy("Who may use it"), {"fields": ["groups"]}),
        (gettext_lazy("How it is asked"), {"fields": ["instructions", "window", "max_tokens", "temperature"]}),
        (gettext_lazy("What it can do"), {"fields": ["found", *profiles.ABILITIES]}),
        (gettext_lazy("What it costs"), {"fields": ["price"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: ModelProfile | None = None) -> Any:
        """Return the fields; what was found of a model that has no profile yet stands above what can be said of it."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        found = _found(request.GET.get("model", ""))
        what_it_can = {"fields": profiles.ABILITIES, "description": _("Found automatically: %s.") % found}
        return [*self.fieldsets[:3], (self.fieldsets[3][0], what_it_can)]

    def get_urls(self) -> list[URLPattern]:
        return [*local_models_admin.urls(self), *super().get_urls()]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Keep the groups, and that there are any."""
        super().save_related(request, form, formsets, change)
        ModelProfile.objects.filter(pk=form.instance.pk).update(limited=form.instance.groups.exists())

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=gettext_lazy("found automatically"))
    def found(self, profile: ModelProfile) -> str:
        """Return what its server says that it can do."""
        return _found(profile.model)

    @admin.display(description=gettext_lazy("price"))
    def price(self, profile: ModelProfile) -> str:
        """Return what it costs here, with a link to where that is said."""
        own = ModelPrice.objects.filter(model=profile.model).first()
        if own is None:
            address = f"{reverse('admin:conversations_modelprice_add')}?model={profile.model}"
            return format_html('<a href="{}">{}</a>', address, _("Set a price"))
        address = reverse("admin:conversations_modelprice_change", args=[own.pk])
        return format_html(
            '<a href="{}">{} / {} {}</a>', address, own.prompt.normalize(), own.completion.normalize(), own.currency
        )

    @admin.display(description=gettext_lazy("who may use it"))
    def who(self, profile: ModelProfile) -> str:
        """Return the groups, or everybody."""
        return ", ".join(group.name for group in profile.groups.all()) or (
            _("nobody") if profile.limited else _("everybody")
        )


def _found(model_id: str) -> str:
    model = next((model for model in models_offered.listing().models if model.id == model_id), None)
    if model is None:
        return str(NOTHING_FOUND)
    can = ", ".join(name for name in profiles.ABILITIES if name in model.capabilities) or _("nothing of these")
    return f"{can}; {grouped(model.window)} {_('tokens')}" if model.window else can
