"""The page of local models in the admin, beside the page "Models": get, remove and use them, and see how far it is."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from accounts.signed_in import who_asks

from . import library, local_models
from .errors import ChatError, NotFound
from .models import ModelProfile
from .models_page import FOLDER, profile_address

PAGE = "conversations_local_models"


def urls(profiles: admin.ModelAdmin) -> list[URLPattern]:
    """Return the addresses of the page; who sees it and who can act is as for the page "Models"."""
    view = profiles.admin_site.admin_view

    def page(request: HttpRequest) -> HttpResponse:
        _check(request, profiles)
        if request.method == "POST":
            return _act(request)
        context = {**_frame(request, profiles), "title": _("Local models"), **_live(request)}
        return render(request, f"{FOLDER}/local.html", context)

    def live(request: HttpRequest) -> HttpResponse:
        _check(request, profiles)
        return render(request, f"{FOLDER}/_local_live.html", _live(request))

    def remove(request: HttpRequest) -> HttpResponse:
        _check(request, profiles)
        _check_may_act(request)
        name = request.GET.get("name", "")
        if not name:
            return redirect(f"admin:{PAGE}")
        here = reverse(f"admin:{PAGE}")
        told = {"model": name, "uses": local_models.uses(name), "field": "name", "address": here, "back": here}
        return render(
            request, f"{FOLDER}/delete.html", {**_frame(request, profiles), "title": _("Delete a model"), **told}
        )

    return [
        path("local/", view(page), name=PAGE),
        path("local/live/", view(live), name=f"{PAGE}_live"),
        path("local/remove/", view(remove), name=f"{PAGE}_remove"),
    ]


def _check(request: HttpRequest, profiles: admin.ModelAdmin) -> None:
    if not profiles.has_view_permission(request):
        raise PermissionDenied


def _check_may_act(request: HttpRequest) -> None:
    if not request.user.has_perm(library.PERMISSION):
        raise PermissionDenied


def _frame(request: HttpRequest, profiles: admin.ModelAdmin) -> dict[str, Any]:
    return {**profiles.admin_site.each_context(request), "opts": profiles.opts}


def _live(request: HttpRequest) -> dict[str, Any]:
    from llm.local import curated, fit
    from llm.local.engines import installed

    site = local_models.site()
    entries, used = site.shelf.entries(), site.shelf.used()
    running = {each.name for each in site.engines.all()}
    coming = local_models.on_their_way()
    known = {entry.name for entry in entries} | {job["name"] for job in coming}
    said = {profile.model: profile for profile in ModelProfile.objects.all()}

    def address(name: str) -> str:
        model = local_models.model_id(name)
        return profile_address(model, said.get(model))

    return {
        "here": reverse(f"admin:{PAGE}"),
        "folder": site.shelf.folder,
        "entries": [
            (each, site.about(each), address(each.name), each.name == used, each.name in running) for each in entries
        ],
        "problems": site.shelf.problems(),
        "coming": coming,
        "offers": [
            (each, fit.in_words(each.size), fit.in_words(each.memory))
            for each in curated.OFFERS
            if each.name not in known
        ],
        "installed": installed(),
        "may_act": request.user.has_perm(library.PERMISSION),
    }


def _act(request: HttpRequest) -> HttpResponse:
    """Do what was asked for, and go back to the page."""
    _check_may_act(request)
    given, actor = request.POST, who_asks(request)
    name = given.get("name", "")
    try:
        match given.get("do"):
            case "get":
                source = given.get("source", "").strip()
                local_models.get(source=source, sha256=given.get("sha256", "").strip(), actor=actor)
            case "stop":
                local_models.stop(name=name, actor=actor)
            case "delete":
                local_models.remove(name=name, actor=actor)
                messages.success(request, _("%(name)s is gone.") % {"name": name})
            case "use":
                local_models.use(name=name, actor=actor)
                messages.success(request, _("New conversations begin with %(name)s.") % {"name": name})
    except NotFound:
        messages.info(request, _("It is not being fetched any more."))
    except ChatError as error:
        messages.error(request, error.detail)
    return redirect(f"admin:{PAGE}")
