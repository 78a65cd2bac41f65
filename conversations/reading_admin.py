"""Conversations in the admin: what is known about them for whoever may see that, what was said for a reason only."""

import datetime
import uuid
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Field, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.recording import Recorded
from accounts.signed_in import who_asks
from chatsite.admin import NearPaginator, ReadOnlyAdmin, id_of
from chatsite.ids import uuid_of, uuid_or

from . import lifecycle, reading, threads
from .case_admin import MakesCases
from .errors import ChatError, NotFound
from .finding_admin import FindsText
from .history_filters import (
    GONE,
    FailedFilter,
    FlaggedFilter,
    GroupFilter,
    ModelFilter,
    PeriodFilter,
    RatingFilter,
    RetentionFilter,
    SentimentFilter,
)
from .models import Conversation, Turn

TURNS_SHOWN = 100
ID_SHOWN = 8
RECORD = "admin:conversations_conversation_change"
TEXT = "admin:conversations_conversation_text"
# Titles and instructions are text; so is why a kind of help was chosen, what files are called, and what an error says.
FACTS_OF_CONVERSATION = (
    "id",
    "owner",
    "status",
    "model",
    "mode",
    "parameters",
    "message_count",
    "pinned",
    "archived",
    "rating",
    "created_at",
    "active_at",
    "seen_at",
    "rated_at",
)
CONVERSATION = id_of("conversation", _("conversation"))
FACTS_OF_TURN = (
    "id",
    "conversation_id",
    "author",
    "status",
    "model",
    "mode",
    "parameters",
    "instructed",
    "created_at",
    "started_at",
    "finished_at",
    "first_token_ms",
    "total_ms",
    "prompt_tokens",
    "completion_tokens",
    "finish_reason",
    "error_code",
    "depth",
    "verbatim",
    "condensed",
    "left_out",
    "window",
    "window_used",
)


class MetadataAdmin(Recorded, ReadOnlyAdmin):
    """Rows of what people do, to be looked at from outside: nothing that was said, and nothing to change."""

    list_per_page = 50
    paginator = NearPaginator
    # Numbers beside each choice would count the table once for each.
    show_facets = admin.ShowFacets.NEVER
    actions: Any = None
    # Of a person who is looked for by their address.
    owner_field = ""

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Return what has this id, or is of people with such an address."""
        word = search_term.strip()
        if not word:
            return queryset, False
        if found := uuid_of(word):
            return queryset.filter(pk=found), False
        return queryset.filter(**{f"{self.owner_field}__email__icontains": word}), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether an address may narrow the list by this; a filter of days has two names."""
        named = {name for each in self.get_list_filter(request) for name in getattr(each, "parameters", ())}
        return lookup in named or super().lookup_allowed(lookup, value, request)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Go to what the audit ledger has about this: nothing else keeps a history of it."""
        return redirect(f"{reverse('admin:accounts_auditentry_changelist')}?q={uuid_or(Http404, object_id)}")


@admin.register(Conversation)
class ConversationAdmin(FindsText, MakesCases, MetadataAdmin):
    change_list_template = "admin/conversations/conversation/change_list.html"
    list_display = ("name", "owner", "status", "model", "mode", "message_count", "rating", "created_at", "active_at")
    list_display_links = ["name"]
    list_select_related = ["owner"]
    list_filter = (
        PeriodFilter,
        FlaggedFilter,
        FailedFilter,
        ModelFilter,
        "mode",
        SentimentFilter,
        RatingFilter,
        GroupFilter,
        RetentionFilter,
        "status",
        "archived",
        "pinned",
    )
    search_fields = ["owner__email"]
    search_help_text = _("An e-mail address of its owner, or its id. Titles and texts are not searched.")
    ordering = ["-active_at"]
    owner_field = "owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        asks_for_gone = request.GET.get(RetentionFilter.parameter_name) == GONE
        found = (
            reading.gone() if asks_for_gone and reading.may_know_of_gone(who_asks(request)) else Conversation.objects
        )
        return found.defer("title", "instructions")

    @admin.display(description=_("conversation"), ordering="id")
    def name(self, conversation: Conversation) -> str:
        """The beginning of its id, which says nothing of what it is about."""
        return format_html('<code title="{}">{}</code>', conversation.pk, str(conversation.pk)[:ID_SHOWN])

    def get_urls(self) -> list[URLPattern]:
        text = path("<uuid:conversation_id>/text/", self.admin_site.admin_view(self.text), name=TEXT.partition(":")[2])
        return [text, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what is known about a conversation, and take the reason of whoever wants to read it."""
        conversation = self._found(request, uuid_or(Http404, object_id))
        problem = ""
        if request.method == "POST":
            try:
                reading.grant(
                    conversation=conversation, reader=who_asks(request), reason=request.POST.get("reason", "")
                )
            except ChatError as error:
                if error.status == NotFound.status:
                    raise
                problem = error.detail
            else:
                return redirect(TEXT, conversation.pk)
        paginator = Paginator(conversation.turns.order_by("created_at").only(*FACTS_OF_TURN[:-6]), TURNS_SHOWN)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Conversation %(id)s") % {"id": str(conversation.pk)[:ID_SHOWN]},
            "conversation": conversation,
            "facts": [_fact(conversation, name) for name in FACTS_OF_CONVERSATION],
            "files": conversation.turns.filter(messages__attachments__isnull=False).count(),
            "page": paginator.get_page(request.GET.get("page")),
            "readings": reading.of_conversation(conversation=conversation),
            "grant": reading.grant_of(conversation=conversation, reader=who_asks(request)),
            "may_read": request.user.has_perm(reading.PERMISSION),
            "problem": problem,
            "reason": request.POST.get("reason", ""),
            "least": reading.REASON_LEAST_CHARACTERS,
            "most": reading.REASON_MOST_CHARACTERS,
        }
        status = 400 if problem else 200
        return render(request, "admin/conversations/conversation/record.html", context, status=status)

    def text(self, request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
        """Show what was said, to somebody who has given a reason; each time is entered in the ledger first."""
        conversation = self._found(request, conversation_id)
        reading.check_allowed(conversation=conversation, reader=who_asks(request))
        grant = reading.grant_of(conversation=conversation, reader=who_asks(request))
        if grant is None:
            messages.warning(
                request, gettext("Give a reason first. It holds for a while, and for this conversation only.")
            )
            return redirect(RECORD, conversation.pk)
        beside: list[threads.Entry] = []
        leaf_id: uuid.UUID | None
        if "beside" in request.GET:
            turn = self._turn(conversation, request.GET["beside"])
            leaf_id, thread = turn.pk, threads.Thread(entries=[], earlier=None)
            beside = threads.alternatives(conversation=conversation, turn=turn)
        else:
            leaf_id = self._leaf_id(request, conversation)
            thread = threads.thread(conversation=conversation, leaf_id=leaf_id)
        shown = len(beside or thread.entries)
        reading.note_view(grant=grant, conversation=conversation, reader=who_asks(request), leaf=leaf_id, turns=shown)
        context = {
            "beside": beside,
            "beside_of": leaf_id,
            "conversation": conversation,
            "grant": grant,
            "entries": thread.entries,
            "earlier": thread.earlier,
            "running": thread.running,
            "summaries": conversation.summaries.exclude(text="").order_by("-number"),
            "reading": True,
            "still": True,
            "asker": gettext("Question"),
            "user": request.user,
        }
        response = render(request, "conversations/transcript.html", context)
        patch_cache_control(response, private=True, no_store=True)
        return response

    def _leaf_id(self, request: HttpRequest, conversation: Conversation) -> uuid.UUID | None:
        """Return the end of what is shown: of the open branch, of the one `through` a turn, or the turn `before`."""
        asked = request.GET.get("through") or request.GET.get("before")
        if not asked:
            return conversation.leaf_id
        turn = self._turn(conversation, asked)
        return lifecycle.newest_below(conversation, turn).pk if "through" in request.GET else turn.pk

    def _turn(self, conversation: Conversation, asked: str) -> Turn:
        turn = conversation.turns.filter(pk=uuid_or(Http404, asked)).first()
        if turn is None:
            raise NotFound
        return turn

    def _found(self, request: HttpRequest, conversation_id: uuid.UUID) -> Conversation:
        """Return a conversation for somebody who may see that there is one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return reading.find(conversation_id=conversation_id, staff=who_asks(request))


@admin.register(Turn)
class TurnAdmin(MetadataAdmin):
    list_display = (
        "created_at",
        CONVERSATION,
        "author",
        "status",
        "model",
        "mode",
        "first_token_ms",
        "total_ms",
        "prompt_tokens",
        "completion_tokens",
        "error_code",
    )
    fields = tuple(CONVERSATION if name == "conversation_id" else name for name in FACTS_OF_TURN)
    list_select_related = ["author"]
    list_filter = (
        PeriodFilter,
        FlaggedFilter,
        "status",
        ModelFilter,
        "mode",
        SentimentFilter,
        RatingFilter,
        GroupFilter,
        RetentionFilter,
        "truncated",
    )
    search_fields = ["author__email"]
    search_help_text = _("An e-mail address of its author, or its id.")
    # By the last sign of life, which has an index; a list of all by the moment of the question would have to sort all.
    ordering = ["-heartbeat_at"]
    owner_field = "author"


def _fact(conversation: Conversation, name: str) -> tuple[str, str]:
    """Return what a field is called and what stands in it, both in words."""
    field = cast(Field, Conversation._meta.get_field(name))
    value = getattr(conversation, f"get_{name}_display")() if getattr(field, "choices", None) else None
    return str(field.verbose_name), _told(getattr(conversation, name) if value is None else value)


def _told(value: Any) -> str:
    """Return a fact in words."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return "—" if value in (None, "") else str(value)
