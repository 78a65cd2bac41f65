"""The audit ledger in the admin: to be read, searched and exported; nobody adds, changes or deletes anything there."""

import datetime
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.admin import ReadOnlyAdmin
from chatsite.ids import uuid_of
from chatsite.threads import in_database, let_thread_go

from . import audit
from .audit import verification
from .models import AuditEntry, User
from .recording import Recorded

# How many entries an export takes from the database at a time.
EXPORT_PIECE = 1000
STAFF_OFFERED = 50
ID_SHOWN = 8
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Export(StreamingHttpResponse):
    """Hands out entries piece by piece, as fast as their reader takes them, and holds no connection meanwhile."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Django's own would put all of it into memory first.
        await let_thread_go()
        pieces = iter(self)
        while (piece := await in_database(next, pieces, None)) is not None:
            yield piece


class ActionFilter(admin.SimpleListFilter):
    """What was done."""

    title = _("what")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the groups of actions, and the action chosen by its name."""
        found = [(group, _sentence(gettext(group))) for group in audit.GROUPS]
        chosen = request.GET.get(self.parameter_name, "")
        return [*found, (chosen, _sentence(audit.ACTIONS[chosen]))] if chosen in audit.ACTIONS else found

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return the entries of the chosen group or action."""
        chosen = self.value()
        return queryset.filter(action__in=audit.GROUPS.get(chosen, [chosen])) if chosen else queryset


class ActorFilter(admin.SimpleListFilter):
    """Who did it: one of the staff, or one whose name was clicked."""

    title = _("who")
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the staff, and the person chosen."""
        chosen = uuid_of(request.GET.get(self.parameter_name, ""))
        people = User.objects.filter(Q(is_staff=True) | Q(pk=chosen)).order_by("-is_staff", "email")[:STAFF_OFFERED]
        found = [(str(person.pk), person.email) for person in people]
        if chosen and str(chosen) not in dict(found):
            found.append((str(chosen), gettext("Deleted account %(id_shown)s") % {"id_shown": str(chosen)[:ID_SHOWN]}))
        return [*found, ("nobody", gettext("Nobody who was signed in"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return the entries of the chosen one."""
        if self.value() == "nobody":
            return queryset.filter(actor_id=None)
        return queryset.filter(actor_id=uuid_of(self.value() or "")) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(Recorded, ReadOnlyAdmin):
    list_display = ("number", "when", "who", "what", "whose", "thing", "address")
    list_display_links = ["number"]
    list_filter = (ActionFilter, ActorFilter, "at")
    search_fields = ["number"]
    search_help_text = _("An e-mail address (of a deleted account too), an id, an address of the network or an action.")
    fields = (
        "number",
        "when",
        "who",
        "action",
        "whose",
        "thing",
        "address",
        "request_id",
        "more",
        "email_digest",
        "previous",
        "hash",
    )
    ordering = ["-number"]
    actions = None
    change_list_template = "admin/accounts/auditentry/change_list.html"

    class Media:
        css = {"all": ["css/record.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        people = User.objects.values("email")
        return AuditEntry.objects.annotate(
            actor_email=Subquery(people.filter(pk=OuterRef("actor_id"))),
            whom_email=Subquery(people.filter(pk=OuterRef("whom_id"))),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Return what an index finds: a search never reads a million rows."""
        word = search_term.strip()
        if not word:
            return queryset, False
        if "@" in word:
            return queryset.filter(_of_address(word)), False
        if found := uuid_of(word):
            ids = Q(actor_id=found) | Q(whom_id=found) | Q(target_id=str(found)) | Q(request_id=str(found))
            return queryset.filter(ids), False
        if word.isascii() and word.isdigit():
            return queryset.filter(number=int(word[:18])), False
        return queryset.filter(Q(action=word) | Q(address=word) | Q(target_id=word)), False

    def get_urls(self) -> list[URLPattern]:
        export = path("export/", self.admin_site.admin_view(self.export), name="accounts_auditentry_export")
        return [export, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Return the entries that the list shows with the same filters, one JSON object a line, oldest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = self.get_changelist_instance(request).get_queryset(request).order_by("number")
        last = verification.head()
        until = last.number if last else 0
        audit.enter("ledger.exported", filters=sorted(request.GET), until=until)
        response = Export(_lines(shown.filter(number__lte=until)), content_type="application/x-ndjson")
        response["Content-Disposition"] = f'attachment; filename="audit-{until}.jsonl"'
        response["Cache-Control"] = "private, no-store"
        return response

    @admin.display(description=_("who"), ordering="actor_id")
    def who(self, entry: AuditEntry) -> str:
        """Who did it, as a link to what else they did."""
        if entry.actor_id is None:
            return "—"
        address = f"{reverse('admin:accounts_auditentry_changelist')}?actor={entry.actor_id}"
        return format_html('<a href="{}">{}</a>', address, _name(entry.actor_id, entry.actor_email))  # type: ignore[attr-defined]

    @admin.display(description=_("when (UTC)"), ordering="at")
    def when(self, entry: AuditEntry) -> str:
        """The moment, to the second."""
        return f"{entry.at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("what"), ordering="action")
    def what(self, entry: AuditEntry) -> str:
        """What was done, in words, and the details below."""
        words = _sentence(audit.ACTIONS.get(entry.action, entry.action))
        return (
            format_html('{}<br><small class="quiet">{}</small>', words, _short(self.more(entry)))
            if entry.facts
            else words
        )

    @admin.display(description=_("whose"))
    def whose(self, entry: AuditEntry) -> str:
        """Whose thing it was."""
        if entry.whom_id is None:
            return "—"
        if entry.whom_id == entry.actor_id:
            return gettext("their own")
        return _name(entry.whom_id, entry.whom_email)  # type: ignore[attr-defined]

    @admin.display(description=_("thing"))
    def thing(self, entry: AuditEntry) -> str:
        """Which thing it was."""
        if not entry.target_kind:
            return "—"
        return format_html(
            '{} <span title="{}">{}</span>', entry.target_kind, entry.target_id, entry.target_id[:ID_SHOWN]
        )

    @admin.display(description=_("details"))
    def more(self, entry: AuditEntry) -> str:
        """The details as one line."""
        return " · ".join(f"{name}: {value}" for name, value in entry.facts.items()) or "—"


def _of_address(word: str) -> Q:
    """Return what finds all entries about the person who has or had this e-mail address."""
    digest = audit.email_digest(word)
    known: set[uuid.UUID | None] = set(User.objects.filter(email=word.lower()).values_list("pk", flat=True))
    # Whoever was deleted is known by the entries that were made with the address.
    known |= set(AuditEntry.objects.filter(email_digest=digest).exclude(whom_id=None).values_list("whom_id", flat=True))
    return Q(email_digest=digest) | Q(actor_id__in=known) | Q(whom_id__in=known)


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    rows, after = entries.values(*verification.COLUMNS), 0
    while piece := list(rows.filter(number__gt=after)[:EXPORT_PIECE]):
        yield "".join(f"{verification.exported(row)}\n" for row in piece)
        after = piece[-1]["number"]


def _short(details: str) -> str:
    """Return details with the beginning of each id only: the page of an entry has all of it."""
    return ID.sub(lambda found: found[0][:ID_SHOWN], details)


def _sentence(words: Any) -> str:
    said = str(words)
    return said[:1].upper() + said[1:]


def _name(person: uuid.UUID, email: str | None) -> str:
    return email or gettext("Deleted account %(id_shown)s") % {"id_shown": str(person)[:ID_SHOWN]}
