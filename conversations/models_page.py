"""The page "Models" of the admin: what the model server has, what it is doing, and how each model is said to be."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from accounts.signed_in import who_asks
from chatsite.ids import uuid_or
from llm.errors import ModelError

from . import library, models_offered, runner
from .errors import ChatError, NotFound
from .models import ModelProfile, ModelPull

PAGE = "conversations_modelprofile_models"
FOLDER = "admin/conversations/modelprofile"


@dataclass(frozen=True, slots=True)
class Queue:
    """The calls of one provider in this process: how many go on, of how many, and who waits, as numbers."""

    provider: str
    running: int
    places: int
    # The number of a person for each call that waits, the next one first; 0 is work in the background.
    waiting: list[int]


class ModelsPage(admin.ModelAdmin):
    """An admin with that page beside its list."""

    change_list_template = f"{FOLDER}/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("models/", view(self.models_page), name=PAGE),
            path("models/live/", view(self.models_live), name=f"{PAGE}_live"),
            path("models/delete/", view(self.models_delete), name=f"{PAGE}_delete"),
            path("models/act/", view(self.models_act), name=f"{PAGE}_act"),
            *super().get_urls(),
        ]

    def models_page(self, request: HttpRequest) -> HttpResponse:
        """Show every model, and what can be done with it."""
        self._check_may_see(request)
        return self._render(request, {})

    def models_live(self, request: HttpRequest) -> HttpResponse:
        """Return the part of the page that changes by itself."""
        self._check_may_see(request)
        return render(request, f"{FOLDER}/_live.html", self._live(request))

    def models_delete(self, request: HttpRequest) -> HttpResponse:
        """Ask whether a model is to be deleted, and say who would miss it."""
        self._check_may_manage(request)
        model = request.GET.get("model", "")
        if not model:
            return redirect(f"admin:{PAGE}")
        context = {
            **self._frame(request),
            "title": _("Delete a model"),
            "model": model,
            "uses": library.uses(model),
            "field": "model",
            "address": reverse(f"admin:{PAGE}_act"),
            "back": reverse(f"admin:{PAGE}"),
        }
        return render(request, f"{FOLDER}/delete.html", context)

    def models_act(self, request: HttpRequest) -> HttpResponse:
        """Do something with a model, and go back to the page."""
        self._check_may_manage(request)
        if request.method == "POST":
            try:
                if request.POST.get("do") == "test":
                    return self._render(request, self._try_out(request))
                messages.success(request, self._do(request))
            except (ChatError, ModelError) as error:
                messages.error(request, error.detail)
        return redirect(f"admin:{PAGE}")

    def _do(self, request: HttpRequest) -> str:
        """Do what was asked for, and return what is told of it."""
        given, by = request.POST, who_asks(request)
        match given.get("do"):
            case "pull":
                pulled = library.pull(model=given.get("model", ""), by=by)
                return _("Fetching %(model)s.") % {"model": pulled.model}
            case "cancel":
                library.cancel(pull_id=uuid_or(NotFound, given.get("pull", "")), by=by)
                return _("It is being cancelled. What is there already stays for the next time.")
            case "delete":
                library.delete(model=given.get("model", ""), by=by)
                return _("Deleted %(model)s.") % {"model": given.get("model", "")}
        raise PermissionDenied

    def _try_out(self, request: HttpRequest) -> dict[str, Any]:
        given, by = request.POST, who_asks(request)
        asked = {"model": given.get("model", ""), "prompt": given.get("prompt", "")}
        try:
            return {**asked, "tried": library.try_out(**asked, by=by)}
        except (ChatError, ModelError) as error:
            return {**asked, "problem": error.detail}

    def _render(self, request: HttpRequest, more: dict[str, Any]) -> HttpResponse:
        live = self._live(request)
        listing = models_offered.listing()
        profiles = {profile.model: profile for profile in ModelProfile.objects.prefetch_related("groups")}
        sizes = {model.id: model.size for model in live["shelf"].installed}
        offered = {model.id: model for model in listing.models}
        others = [model for model in live["shelf"].installed if model.id not in offered]
        rows = [
            {
                "model": model,
                "profile": profiles.get(model.id),
                "size": sizes.get(model.id),
                "address": profile_address(model.id, profiles.get(model.id)),
            }
            for model in [*offered.values(), *others]
        ]
        context = {
            **self._frame(request),
            **live,
            "title": _("Models"),
            "rows": rows,
            "listing": listing,
            "most": library.PROMPT_CHARACTERS,
            **more,
        }
        return render(request, f"{FOLDER}/models.html", context)

    def _live(self, request: HttpRequest) -> dict[str, Any]:
        pulls = ModelPull.objects.select_related("asked_by")[: library.SHOWN_PULLS]
        may = request.user.has_perm(library.PERMISSION)
        return {"shelf": library.look(), "pulls": pulls, "queues": queues(), "may_manage": may}

    def _frame(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def _check_may_see(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _check_may_manage(self, request: HttpRequest) -> None:
        self._check_may_see(request)
        if not request.user.has_perm(library.PERMISSION):
            raise PermissionDenied


def profile_address(model: str, profile: ModelProfile | None) -> str:
    """Return where it is said of a model, by its id, how it is called and who may use it."""
    if profile is not None:
        return reverse("admin:conversations_modelprofile_change", args=[profile.pk])
    return f"{reverse('admin:conversations_modelprofile_add')}?{urlencode({'model': model})}"


def queues() -> list[Queue]:
    """Return what each provider is doing in this process: numbers only, neither names nor words."""
    engine = runner.current()
    found = []
    for provider, line in list(engine.lines.items()) if engine else ():
        numbers: dict[Any, int] = {None: 0}
        waiting = [numbers.setdefault(owner, len(numbers)) for owner in line.waiting]
        found.append(Queue(provider, line.taken, line.places, waiting))
    return found
