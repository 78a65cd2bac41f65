"""What the lists of conversations and turns in the admin are narrowed by; each condition finds its rows by an index, or
as the rows of a page come."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.signed_in import who_asks

from . import figures, reading
from .errors import Invalid
from .models import Conversation, DailyFigure, Flag, Summary, Turn
from .retention import holds

# Models that answered in so many days are offered.
MODEL_DAYS = 90
# Beyond them are days of which not every database and time zone knows the moment.
FIRST_YEAR, LAST_YEAR = 1970, 2999
SEE_FLAGS = "conversations.view_flag"
# The choice of what is deleted and held, which the list begins with instead of what is there.
GONE = "gone"


class HistoryFilter(admin.SimpleListFilter):
    """A condition on conversations; a turn is found with the conversation that it is in."""

    # Whoever does not have it is not offered this filter, and cannot use it either.
    permission = ""

    def __init__(self, request: HttpRequest, params: dict, model: Any, model_admin: Any) -> None:
        if self.permission and self.parameter_name in params and not request.user.has_perm(self.permission):
            raise PermissionDenied
        super().__init__(request, params, model, model_admin)

    def has_output(self) -> bool:
        """Whether it has anything to choose; an address may hold a choice that is not offered any more."""
        return super().has_output() or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Return what meets the condition; raises Invalid for a choice that there is not."""
        value = self.value()
        if value is None:
            return queryset
        if value not in {str(choice) for choice, _ in self.lookup_choices}:
            raise Invalid(gettext("There is no such choice of %(title)s.") % {"title": self.title})
        if queryset.model is Turn:
            return queryset.filter(self.of_turns(value, request))
        return queryset.filter(self.of_conversations(value, request))

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        """Return the condition on a conversation."""
        raise NotImplementedError

    def of_turns(self, value: str, request: HttpRequest) -> Q:
        """Return the condition on a turn."""
        found = Conversation.everything.filter(self.of_conversations(value, request))
        return Q(conversation__in=found.values("pk"))


class FlaggedFilter(HistoryFilter):
    """Whether a rule applied in it or somebody reported it, and what became of that."""

    title = _("flags")
    parameter_name = "flagged"
    permission = SEE_FLAGS

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states of flags, for whoever may see flags."""
        if not request.user.has_perm(self.permission):
            return []
        return [
            ("any", gettext("Flagged")),
            *((state.value, gettext("Flag: %(state)s") % {"state": state.label}) for state in Flag.State),
        ]

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        return Q(Exists(self._flags(value).filter(conversation_id=OuterRef("pk"))))

    def of_turns(self, value: str, request: HttpRequest) -> Q:
        return Q(pk__in=self._flags(value).exclude(turn_id=None).values("turn_id"))

    def _flags(self, value: str) -> QuerySet[Flag]:
        return Flag.objects.order_by() if value == "any" else Flag.objects.order_by().filter(state=value)


class FailedFilter(HistoryFilter):
    """Whether an answer in it failed."""

    title = _("answers")
    parameter_name = "answers"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states of turns worth looking for."""
        return [
            ("failed", gettext("Some failed")),
            ("interrupted", gettext("Some interrupted")),
            ("blocked", gettext("Some blocked")),
        ]

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        # Looked up as the conversations of a page come: of all turns there is no index by state.
        return Q(Exists(Turn.objects.filter(conversation=OuterRef("pk"), status=value)))


class ModelFilter(HistoryFilter):
    """The model that answered."""

    title = _("model")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the models that answered lately, and the one in the address."""
        since = timezone.now().date() - datetime.timedelta(days=MODEL_DAYS)
        # The figures of days name them; to ask all turns would take longer than the list.
        known = DailyFigure.objects.filter(kind=figures.FIRST_TOKEN, day__gte=since).order_by()
        found = set(known.values_list("label", flat=True).distinct()) | {request.GET.get(self.parameter_name, "")}
        return [(name, name) for name in sorted(found - {""})]

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        return Q(Exists(Turn.objects.filter(conversation=OuterRef("pk"), model=value)))

    def of_turns(self, value: str, request: HttpRequest) -> Q:
        return Q(model=value)


class SentimentFilter(HistoryFilter):
    """How a session in it went, as its summary has it."""

    title = _("sentiment")
    parameter_name = "sentiment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the sentiments."""
        return [(each.value, str(each.label)) for each in Summary.Sentiment]

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        return Q(Exists(Summary.objects.order_by().filter(conversation=OuterRef("pk"), sentiment=value)))


class RatingFilter(HistoryFilter):
    """The stars it was given."""

    title = _("rating")
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the stars, without asking which there are."""
        return [
            *((str(number), stars(number)) for number in (5, 4, 3, 2, 1)),
            ("none", gettext("None")),
        ]

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        return Q(rating=None) if value == "none" else Q(rating=int(value))


class GroupFilter(HistoryFilter):
    """A group that its owner is in now."""

    title = _("group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the groups."""
        return [(str(group.pk), group.name) for group in Group.objects.order_by("name")]

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        return Q(owner__in=User.objects.filter(groups=int(value)).values("pk"))

    def of_turns(self, value: str, request: HttpRequest) -> Q:
        return Q(author__in=User.objects.filter(groups=int(value)).values("pk"))


class RetentionFilter(HistoryFilter):
    """Whether it will be deleted, or must not be."""

    title = _("retention")
    parameter_name = "retention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states; what is held only for whoever may see holds."""
        told = [("deleted", gettext("Will be deleted")), ("files", gettext("Its files will be deleted"))]
        if request.user.has_perm(reading.SEE_HOLDS):
            told.append(("held", gettext("Under a legal hold")))
        if model_admin.model is Conversation and reading.may_know_of_gone(who_asks(request)):
            told.append((GONE, gettext("Deleted by its owner, and held")))
        return told

    def of_conversations(self, value: str, request: HttpRequest) -> Q:
        if value == "held":
            # Which chats hold a word tells what was said in them.
            return holds.held(by_words=request.user.has_perm(holds.READ_TEXT))
        if value == GONE:
            return Q()
        return Q(**{f"{'expires_at' if value == 'deleted' else 'files_expire_at'}__isnull": False})


class PeriodFilter(admin.ListFilter):
    """What went on between two days, both included: turns that were asked, conversations with anything between them."""

    title = _("date")
    template = "admin/conversations/period_filter.html"
    parameters = ("since", "until")

    def __init__(self, request: HttpRequest, params: dict, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameters:
            if typed := (params.pop(name, None) or [""])[-1].strip():
                self.used_parameters[name] = typed
        self.days = {name: _day(str(typed)) for name, typed in self.used_parameters.items()}

    def has_output(self) -> bool:
        """Whether it is shown: always."""
        return True

    def expected_parameters(self) -> list[str | None]:
        """Return what of an address it reads."""
        return list(self.parameters)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Return what went on in that time."""
        if since := self.days.get("since"):
            moment = _midnight(since)
            # No turn's last sign of life is before its question, and that has an index.
            turns = Q(heartbeat_at__gte=moment, created_at__gte=moment)
            queryset = queryset.filter(turns if queryset.model is Turn else Q(active_at__gte=moment))
        if until := self.days.get("until"):
            queryset = queryset.filter(created_at__lt=_midnight(until + datetime.timedelta(days=1)))
        return queryset

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """Yield usual times, and last what the form for others needs."""
        today = timezone.localdate()
        usual = [
            (gettext("Any date"), None),
            (gettext("Today"), 0),
            (gettext("Last 7 days"), 6),
            (gettext("Last 30 days"), 29),
            (gettext("Last 90 days"), 89),
        ]
        for name, back in usual:
            since = None if back is None else today - datetime.timedelta(days=back)
            chosen = {"since": str(since)} if since else {}
            yield {
                "selected": self.used_parameters == chosen,
                "query_string": changelist.get_query_string(
                    chosen, remove=[n for n in self.parameters if n not in chosen]
                ),
                "display": name,
            }
        others = [(name, value) for name, value in changelist.params.items() if name not in self.parameters]
        yield {"form": True, "days": self.used_parameters, "others": others}


def _day(typed: str) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(typed)
    except ValueError:
        raise Invalid(gettext("A day is written as 2026-01-31.")) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid(
            gettext("A day is of the years %(first_year)s to %(last_year)s.")
            % {"first_year": FIRST_YEAR, "last_year": LAST_YEAR}
        )
    return day


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


def stars(number: int) -> str:
    """Return so many stars in words."""
    return ngettext("%(number)s star", "%(number)s stars", number) % {"number": number}
