"""Flags in the admin: a queue that is worked through by keys, and a page for each flag. No words of conversations."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.errors import AccountError
from accounts.recording import Recorded
from accounts.signed_in import who_asks
from chatsite.admin import ReadOnlyAdmin, id_of
from chatsite.ids import uuid_or

from .errors import ChatError, NotAllowed
from .models import DecisionTemplate, Flag, Message, Redaction
from .reading_admin import MetadataAdmin
from .review import queue, redaction

FLAG = "admin:conversations_flag_change"
QUEUE = "admin:conversations_flag_queue"
SUSPEND = "accounts.change_user"


@admin.register(DecisionTemplate)
class DecisionTemplateAdmin(Recorded):
    list_display = ("name", "outcome")
    fields = ("name", "outcome", "note", "told")


@admin.register(Flag)
class FlagAdmin(MetadataAdmin):
    list_display = ("created_at", "severity", "source", "rule_name", "place", "action", "user", "state", "assignee")
    list_select_related = ["user", "assignee"]
    list_filter = ("state", "severity", "source", "place", "action", "category", "created_at")
    search_fields = ["user__email"]
    search_help_text = _("An e-mail address of the person whose conversation it is in, or the flag’s id.")
    ordering = ["-created_at"]
    owner_field = "user"
    change_list_template = "admin/conversations/flag/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("queue/", view(self.queue), name=QUEUE.partition(":")[2]),
            path("<uuid:flag_id>/act/", view(self.act), name="conversations_flag_act"),
            *super().get_urls(),
        ]

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Show the flags that wait for a decision, the worst first."""
        self._check_may_see(request)
        only_mine = request.GET.get("mine") == "1"
        context = {
            **self._context(request),
            "title": gettext("Review queue"),
            "flags": queue.waiting(mine=who_asks(request) if only_mine else None),
            "only_mine": only_mine,
            "at": request.GET.get("at", "0"),
        }
        return render(request, "admin/conversations/flag/queue.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what is known of a flag, and what can be done about it."""
        self._check_may_see(request)
        flag = queue.find(flag_id=uuid_or(Http404, object_id))
        message = flag.message_id and Message.objects.filter(pk=flag.message_id).only("redacted_at").first()
        others = Flag.objects.filter(user=flag.user).exclude(pk=flag.pk)
        context = {
            **self._context(request),
            "title": gettext("Flag %(id)s") % {"id": str(flag.pk)[:8]},
            "flag": flag,
            "message": message,
            "notes": flag.notes.select_related("author"),
            "upheld_before": others.filter(state=Flag.State.UPHELD).count(),
            "before": others.count(),
            "removed": Redaction.objects.filter(message=flag.message_id).select_related("by").first(),
        }
        return render(request, "admin/conversations/flag/flag.html", context)

    def act(self, request: HttpRequest, flag_id: uuid.UUID) -> HttpResponse:
        """Do something about a flag, and go back to where it was asked for."""
        self._check_may_see(request)
        flag = queue.find(flag_id=flag_id)
        if request.method == "POST":
            if not request.user.has_perm("conversations.change_flag"):
                raise PermissionDenied
            try:
                messages.success(request, self._do(request, flag))
            except (ChatError, AccountError) as error:
                messages.error(request, error.detail)
            if request.POST.get("from") == "queue":
                return redirect(f"{reverse(QUEUE)}?{_place(request)}")
        return redirect(FLAG, flag.pk)

    def _do(self, request: HttpRequest, flag: Flag) -> str:
        """Do what was asked for, and return what is told of it."""
        given, actor = request.POST, who_asks(request)
        match given.get("do"):
            case "take":
                queue.assign(flag=flag, to=actor, actor=actor)
                return gettext("This flag is yours.")
            case "release":
                queue.assign(flag=flag, to=None, actor=actor)
                return gettext("This flag is anybody’s.")
            case "uphold" | "dismiss" as outcome:
                template = DecisionTemplate.objects.filter(pk=_number(given.get("template", ""))).first()
                words = {"note": given.get("note", ""), "told": given.get("told", "")}
                decided = Flag.State.UPHELD if outcome == "uphold" else Flag.State.DISMISSED
                queue.decide(flag=flag, outcome=decided, actor=actor, template=template, **words)
                return gettext("Upheld.") if outcome == "uphold" else gettext("Dismissed.")
            case "reopen":
                queue.reopen(flag=flag, actor=actor)
                return gettext("It waits for a decision again.")
            case "note":
                queue.put_down(flag=flag, text=given.get("note", ""), actor=actor)
                return gettext("Put down.")
            case "redact":
                found = redaction.redact(
                    message_id=flag.message_id or uuid.uuid4(), by=actor, reason=given.get("reason", "")
                )
                return gettext("Removed from every page, export, link, search and prompt (%(found)s places).") % {
                    "found": len(found)
                }
            case "suspend" | "lift" as wanted:
                return self._suspend(request, flag, lift=wanted == "lift")
        raise Http404

    def _suspend(self, request: HttpRequest, flag: Flag, *, lift: bool) -> str:
        if not request.user.has_perm(SUSPEND):
            raise NotAllowed(gettext("You may not suspend people."), code="may_not_suspend")
        if lift:
            queue.lift(flag=flag, actor=who_asks(request))
            return gettext("They may sign in again.")
        queue.suspend(flag=flag, actor=who_asks(request), told=request.POST.get("told", ""))
        return gettext("Suspended. Their open pages are closed.")

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "templates": DecisionTemplate.objects.all(),
            "may_act": request.user.has_perm("conversations.change_flag"),
            "may_redact": request.user.has_perm(redaction.PERMISSION),
            "may_suspend": request.user.has_perm(SUSPEND),
            "least": redaction.REASON_LEAST_CHARACTERS,
            "most": redaction.REASON_MOST_CHARACTERS,
        }

    def _check_may_see(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


@admin.register(Redaction)
class RedactionAdmin(Recorded, ReadOnlyAdmin):
    """Which messages were removed, by whom and why."""

    list_display = fields = ("created_at", id_of("message", _("message")), "by", "reason", "is_kept")
    readonly_fields = fields
    list_select_related = ["by"]
    ordering = ["-created_at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(redaction.PERMISSION)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(redaction.PERMISSION)

    @admin.display(boolean=True, description=_("original kept, sealed"))
    def is_kept(self, redacted: Redaction) -> bool:
        """Whether what it was can still be read."""
        return redacted.original is not None


def _place(request: HttpRequest) -> str:
    """Return where in the queue its reader was."""
    return f"at={_number(request.POST.get('at', ''))}&mine={'1' if request.POST.get('mine') == '1' else '0'}"


def _number(word: str) -> int:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
