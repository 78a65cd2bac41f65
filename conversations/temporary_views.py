"""The page of a chat that nobody keeps."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import models_offered, sidebar, temporary
from .views import HttpRequest


@login_required
@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """An empty chat, or the word that there are none of this kind."""
    offered = True
    try:
        temporary.check_offered()
    except temporary.NotOffered:
        offered = False
    listing = models_offered.listing_for(request.user)
    context = {
        **sidebar.context(request),
        # The composer asks for one; nothing is ever kept under it.
        "conversation_id": str(uuid.uuid4()),
        "listing": listing,
        "model": models_offered.chosen(listing, ""),
        "temporary": True,
        "offered": offered,
        "entries": [],
    }
    return render(request, "conversations/temporary.html", context, status=200 if offered else 403)
