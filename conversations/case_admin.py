"""Taking conversations along for a case, in the admin: from the list, of a person, or of a flag."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.signed_in import who_asks
from chatsite.ids import uuid_or

from . import cases, downloads, reading
from .errors import ChatError, Invalid, NotFound
from .models import Conversation

CASE = "conversations_conversation_case"
ID_SHOWN = 8


class MakesCases(admin.ModelAdmin):
    """A page that hands out conversations as an archive, for a reason, and an action of the list that leads to it."""

    actions: Any = ["take_along"]

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle" aria-label="Select all">'))
    def action_checkbox(self, obj: Conversation) -> SafeString:
        """The box that selects a conversation; Django's own would tell its title."""
        about = {
            "class": "action-select",
            "aria-label": gettext("Select conversation %(id_shown)s") % {"id_shown": str(obj.pk)[:ID_SHOWN]},
        }
        return forms.CheckboxInput(about, lambda value: False).render(ACTION_CHECKBOX_NAME, str(obj.pk))

    @admin.action(description=_("Take along for a case"), permissions=["read_text"])
    def take_along(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> HttpResponse | None:
        """Ask for the reason to take the selected conversations along."""
        ids = list(queryset.order_by().values_list("pk", flat=True)[: cases.MOST_CONVERSATIONS + 1])
        if len(ids) > cases.MOST_CONVERSATIONS:
            sentence = gettext("A case has %(most_conversations)s conversations at most. Choose fewer.") % {
                "most_conversations": cases.MOST_CONVERSATIONS
            }
            self.message_user(request, sentence, messages.ERROR)
            return None
        return redirect(f"{reverse(f'admin:{CASE}')}?{urlencode([('conversation', pk) for pk in ids])}")

    def has_read_text_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(reading.PERMISSION)

    def get_urls(self) -> list[URLPattern]:
        return [path("case/", self.admin_site.admin_view(self.case), name=CASE), *super().get_urls()]

    def case(self, request: HttpRequest) -> HttpResponseBase:
        """Say what would be taken along, and take the reason of whoever wants that."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        maker, problem = who_asks(request), ""
        cases.check_allowed(maker=maker)
        ids: list[uuid.UUID] = []
        try:
            ids = _chosen(request)
            if request.method == "POST":
                made = cases.make(ids=ids, maker=maker, reason=request.POST.get("reason", ""))
                return downloads.made(made.file, filename=made.name, content_type=made.media_type)
        except ChatError as error:
            if error.status == NotFound.status:
                raise
            problem = error.detail
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Take along for a case"),
            "conversations": Conversation.everything.filter(pk__in=ids)
            .select_related("owner")
            .defer("title", "instructions")
            .order_by("created_at", "pk"),
            "problem": problem,
            "reason": request.POST.get("reason", ""),
            "most_conversations": cases.MOST_CONVERSATIONS,
            "least": reading.REASON_LEAST_CHARACTERS,
            "most": reading.REASON_MOST_CHARACTERS,
        }
        template = "admin/conversations/conversation/case.html"
        response = render(request, template, context, status=400 if problem else 200)
        patch_cache_control(response, private=True, no_store=True)
        return response


def _chosen(request: HttpRequest) -> list[uuid.UUID]:
    """Return which conversations an address or a form names."""
    given = request.POST if request.method == "POST" else request.GET
    if email := given.get("person", "").strip():
        owner = User.objects.filter(email=email.lower()).first()
        if owner is None:
            raise Invalid(gettext("Nobody here has this address."))
        return cases.chosen(maker=who_asks(request), owner=owner)
    flag = given.get("flag")
    named = given.getlist("conversation")
    if len(named) > cases.MOST_CONVERSATIONS:
        raise Invalid(
            gettext("A case has %(most_conversations)s conversations at most. Choose fewer.")
            % {"most_conversations": cases.MOST_CONVERSATIONS}
        )
    return cases.chosen(
        maker=who_asks(request),
        ids=[uuid_or(NotFound, each) for each in named],
        flag_id=uuid_or(NotFound, flag) if flag else None,
    )
