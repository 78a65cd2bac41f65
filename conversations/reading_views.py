"""The page on which people see who has read what they said, and what the staff can see without reading."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.signed_in import who_asks

from . import reading, sidebar


@login_required
@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Who has read one's own conversations, when and why."""
    context = {
        **sidebar.context(request),
        "user": request.user,
        "readings": reading.of_owner(owner=who_asks(request)),
    }
    return render(request, "conversations/readings.html", context)
