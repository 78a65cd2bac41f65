"""How the list of conversations can be narrowed."""

import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django_filters.rest_framework import DjangoFilterBackend

from .. import search
from ..errors import Invalid
from ..models import Conversation
from ..models.conversation import ConversationQuerySet
from ..turns import check_characters

QUERY_CHARACTERS = 500
FLAGS = {"true": True, "false": False}


class FlagFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`; anything else is refused."""

    def __init__(self, **options: Any):
        super().__init__(choices=[(word, word) for word in FLAGS], coerce=FLAGS.get, **options)


class MomentField(forms.Field):
    """A date or time of ISO 8601, in UTC if it does not say otherwise."""

    def to_python(self, value: str | None) -> datetime.datetime | None:
        if not value:
            return None
        try:
            moment = datetime.datetime.fromisoformat(value)
            return moment.replace(tzinfo=moment.tzinfo or datetime.UTC).astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            raise ValidationError(gettext("This is not a time of ISO 8601, such as 2026-01-31T12:00:00Z.")) from None


class MomentFilter(django_filters.Filter):
    field_class = MomentField


class ConversationFilters(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Conversation.Status.choices)
    pinned = FlagFilter()
    archived = FlagFilter()
    model = django_filters.CharFilter(max_length=200)
    tag = django_filters.CharFilter(method="tagged", max_length=200)
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    q = django_filters.CharFilter(method="holding", max_length=QUERY_CHARACTERS)

    class Meta:
        model = Conversation
        fields: list[str] = []

    def tagged(self, found: ConversationQuerySet, name: str, tag: str) -> ConversationQuerySet:
        """Return the conversations that have the tag of this name."""
        check_characters(tag)
        return found.tagged(" ".join(tag.split()))

    def holding(self, found: ConversationQuerySet, name: str, words: str) -> ConversationQuerySet:
        """Return the conversations that have this in their title, or these words anywhere."""
        check_characters(words)
        in_title = Q(title__icontains=words)
        try:
            return found.filter(in_title | search.conversations(user=self.request.user, typed=words))
        except Invalid:
            # No word in it to look for, but a title may hold it all the same.
            return found.filter(in_title)


class ConversationFilterBackend(DjangoFilterBackend):
    """Filters as asked, and refuses values that are none."""

    filterset_base = ConversationFilters

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        filters = self.get_filterset(request, queryset, view)
        empty = [name for name in filters.filters if request.query_params.get(name) == ""]
        if empty:
            raise Invalid(
                gettext("%(empty)s is empty. Leave it out, or say what to look for.") % {"empty": empty[0]},
                code="invalid",
            )
        if not filters.is_valid():
            name, problems = next(iter(filters.errors.items()))
            raise Invalid(f"{name}: {' '.join(problems)}", code="invalid")
        return filters.qs
