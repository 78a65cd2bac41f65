"""The search of the staff in what was said, in the admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext

from accounts.models import User
from accounts.signed_in import who_asks

from . import finding, reading
from .errors import ChatError, Invalid
from .search import FINDS_COUNTED

FIND = "conversations_conversation_find"


class FindsText(admin.ModelAdmin):
    """A page on which staff who may read look for words, for a reason; what is asked stands in no address."""

    def get_urls(self) -> list[URLPattern]:
        return [path("find/", self.admin_site.admin_view(self.find), name=FIND), *super().get_urls()]

    def find(self, request: HttpRequest) -> HttpResponse:
        """Show where the words are, never what is around them but for conversations that may be read now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        searcher, found, problem = who_asks(request), None, ""
        finding.check_allowed(searcher=searcher)
        if request.method == "POST":
            try:
                found = self._searched(request, searcher)
            except ChatError as error:
                problem = error.detail
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Search what was said"),
            "found": found,
            "problem": problem,
            "asked": request.POST,
            "counted": FINDS_COUNTED,
            "shown": finding.CONVERSATIONS_SHOWN,
            "least": reading.REASON_LEAST_CHARACTERS,
            "most": reading.REASON_MOST_CHARACTERS,
        }
        template = "admin/conversations/conversation/find.html"
        response = render(request, template, context, status=400 if problem else 200)
        patch_cache_control(response, private=True, no_store=True)
        return response

    def _searched(self, request: HttpRequest, searcher: User) -> finding.Found:
        given, owner = request.POST, None
        if email := given.get("person", "").strip():
            owner = User.objects.filter(email=email.lower()).first()
            if owner is None:
                raise Invalid(gettext("Nobody here has this address."))
        return finding.find(
            typed=given.get("words", ""), searcher=searcher, reason=given.get("reason", ""), owner=owner
        )
