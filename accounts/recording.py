"""What staff do in the admin goes into the audit ledger, or is not done."""

from copy import copy
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from . import audit

SEARCH_CHARACTERS = 200


class Recorded(admin.ModelAdmin):
    """An admin of which additions, changes, deletions and searches are entered; every one of this site is such."""

    # Texts whose old and new value are entered; of any other only that it was changed.
    recorded_texts: tuple[str, ...] = ()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Return Django's own message, and keep what was changed for the entry."""
        request.recorded = {  # type: ignore[attr-defined]
            name: [self._told(name, form.initial.get(name)), self._told(name, form.cleaned_data.get(name))]
            for name in form.changed_data
            if name in form.cleaned_data
        }
        return super().construct_change_message(request, form, formsets, add)

    # Called by Django in the transaction of what they tell of, at its end.

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Enter that something was added."""
        audit.enter("admin.added", target=obj, changes=getattr(request, "recorded", {}))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Enter what was changed."""
        audit.enter("admin.changed", target=obj, changes=getattr(request, "recorded", {}))
        return super().log_change(request, obj, message)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete something, and enter that it is gone."""
        gone = copy(obj)
        super().delete_model(request, obj)
        audit.enter("admin.deleted", target=gone)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete all of these or none, and enter each that is gone."""
        with transaction.atomic():
            gone = list(queryset)
            super().delete_queryset(request, queryset)
            for obj in gone:
                audit.enter("admin.deleted", target=obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Return the list; a search in it is entered before anything is found."""
        if (words := request.GET.get("q", "").strip()) and self.has_view_or_change_permission(request):
            audit.enter("admin.searched", among=self.opts.model_name, words=without_addresses(words))
        return super().changelist_view(request, extra_context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether an address may narrow the list by this: only by what the list offers.

        Django lets it ask for every column of the row, so that a text that is shown nowhere could be guessed letter by
        letter, and no search would be entered.
        """
        offered = [_parameter(each) for each in self.get_list_filter(request)] + [self.date_hierarchy]
        known = any(name and (lookup == name or lookup.startswith(f"{name}__")) for name in offered)
        return known and super().lookup_allowed(lookup, value, request)

    def _told(self, name: str, value: Any) -> Any:
        """Return a value as the ledger tells it: numbers, choices and rights, but no text that somebody wrote."""
        if value is None or isinstance(value, bool | int | float | Decimal):
            return value
        if isinstance(value, Model):
            return str(value.pk)
        if isinstance(value, QuerySet | list | tuple):
            return sorted(_right(each) for each in value)
        return str(value) if name in self.recorded_texts else "…"


def _parameter(filter_item: Any) -> str:
    """Return what a filter of a list is called in its address."""
    if isinstance(filter_item, tuple | list):
        return str(filter_item[0])
    return str(getattr(filter_item, "parameter_name", filter_item))


def without_addresses(words: str) -> str:
    """Return the words of a search with the digest in place of each e-mail address, which could be a deleted one."""
    told = [f"e-mail:{audit.email_digest(word)}" if "@" in word else word for word in words.split()]
    return " ".join(told)[:SEARCH_CHARACTERS]


def _right(value: Any) -> str:
    """Return how a group or a permission is called."""
    return getattr(value, "codename", None) or getattr(value, "name", None) or str(getattr(value, "pk", value))
