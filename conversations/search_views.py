"""Finding: the page with everything that was found, and the palette over any page."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.ids import uuid_of

from . import commands, search, sidebar
from .errors import ChatError
from .models import Conversation
from .turns import check_characters
from .views import HttpRequest

# What the palette shows: of what was found, and of the newest chats while nothing is typed.
HITS_SHOWN = 12
NEWEST_SHOWN = 6


@login_required
@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What one's own titles and messages hold of some words, the newest first."""
    typed = request.GET.get("q", "")
    before = request.GET.get("older", "")
    found, problem = None, ""
    if typed:
        try:
            found = _found(request, typed, before=_cursor(before))
        except ChatError as error:
            problem = error.detail
    context: dict[str, Any] = {**sidebar.context(request), "user": request.user}
    context |= {"typed": typed, "found": found, "problem": problem, "onwards": bool(before)}
    return render(request, "conversations/search.html", context)


@login_required
@never_cache
@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Chats, commands and settings that fit what is typed, as a fragment."""
    typed = request.GET.get("q", "").strip()
    hits: list[search.Hit] = []
    problem = ""
    if typed:
        try:
            # As it was typed: a space at its end says that the last word is whole.
            hits = _found(request, request.GET.get("q", ""), limit=HITS_SHOWN, prefix=True).hits
        except ChatError as error:
            problem = error.detail
    chats = Conversation.objects.visible_to(request.user).filter(archived=False).recent()
    newest = [] if typed else chats[:NEWEST_SHOWN]
    groups = commands.fitting(typed, user=request.user, conversation_id=uuid_of(request.GET.get("current", "")))
    context = {"typed": typed, "hits": hits, "newest": newest, "groups": groups, "problem": problem}
    return render(request, "conversations/_palette_options.html", context)


def _found(request: HttpRequest, typed: str, **how) -> search.Page:
    check_characters(typed)
    return search.messages(user=request.user, typed=typed, **how)


def _cursor(asked: str) -> int | None:
    plain = asked.isascii() and asked.isdigit() and len(asked) < len(str(search.ID_LAST))
    return int(asked) if plain else None
