"""What the admin pages of all apps have in common."""

from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

# A list of a large table ends after so many rows: who looks for one narrows the list.
ROWS_LISTED = 1000


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and a time: one field with one label."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


def id_of(field: str, told: Any) -> Any:
    """Return a column, called `told`, with the id of what a foreign key leads to, which need not be fetched for it."""

    @admin.display(description=told, ordering=f"{field}_id")
    def shown(row: Model) -> Any:
        return getattr(row, f"{field}_id")

    shown.__name__ = f"{field}_id"
    return shown


class NearPaginator(Paginator):
    """Pages of the first rows of a list, so that nothing counts a million of them, and nobody goes that far."""

    @cached_property
    def count(self) -> int:
        """How many rows are listed, ROWS_LISTED at most."""
        return min(self._looked_at, ROWS_LISTED)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are listed."""
        return self._looked_at > ROWS_LISTED

    @cached_property
    def _looked_at(self) -> int:
        found = cast(QuerySet, self.object_list)
        return found.order_by()[: ROWS_LISTED + 1].count()


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that are made elsewhere: they can be looked at here, and not edited."""

    # Counting a million rows for a number on the page would be its slowest part.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
