"""The list of conversations on the pages: reading on, renaming, arranging one or several, the archive, and tags."""

import uuid
from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite.ids import uuid_or

from . import chats as listing
from . import lifecycle, sidebar
from . import tags as tagging
from .errors import ChatError, Invalid, NotFound
from .models import Tag
from .tags import Pair
from .views import SESSION_ERROR, HttpRequest

# How many conversations one click may change.
MOST_AT_ONCE = 200
MOST_PAIRS = 2000


def _change(**changes: bool) -> Callable:
    def change(*, conversation_id: uuid.UUID, user) -> None:
        found = lifecycle.find(conversation_id=conversation_id, user=user)
        lifecycle.change(conversation=found, changes=changes)

    return change


def _delete(*, conversation_id: uuid.UUID, user) -> None:
    lifecycle.delete(conversation=lifecycle.find(conversation_id=conversation_id, user=user))


VERBS: dict[str, Callable] = {
    "pin": _change(pinned=True),
    "unpin": _change(pinned=False),
    "archive": _change(archived=True),
    "unarchive": _change(archived=False),
    "delete": _delete,
    "restore": lifecycle.restore,
}


@login_required
@never_cache
@require_safe
def chats(request: HttpRequest) -> HttpResponse:
    """The list of conversations as a fragment."""
    current = request.GET.get("current", "")
    return render(request, "conversations/_chats.html", sidebar.context(request, current=current))


@login_required
@never_cache
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """The archived conversations, with the way back for each."""
    rows, cursor = listing.archived(user=request.user, cursor=request.GET.get("page"))
    context = {"rows": rows, "cursor": cursor, "problem": request.session.pop(SESSION_ERROR, None)}
    if request.htmx:
        return render(request, "conversations/_archived.html", context)
    return render(request, "conversations/archive.html", {**context, **sidebar.context(request)})


@login_required
@require_POST
def rename(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Give a conversation another title."""
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)
    found = lifecycle.rename(conversation=found, title=request.POST.get("title", ""))
    if not request.htmx:
        return redirect("conversation", found.pk)
    [row] = listing.named(user=request.user, ids=[found.pk])
    return render(request, "conversations/_chat_item.html", {"chat": row, "current": request.POST.get("current", "")})


@login_required
@require_POST
def delete(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Delete a conversation."""
    _delete(conversation_id=conversation_id, user=request.user)
    return HttpResponse("") if request.htmx else redirect("chat")


@login_required
@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """Do the same to several conversations; those that are gone meanwhile are left out. Says which ones it was done to.

    A form without a script goes back to the archive, the only page where it stands.
    """
    verb = VERBS.get(request.POST.get("verb", ""))
    ids = list(dict.fromkeys(uuid_or(NotFound, each) for each in request.POST.getlist("chat")))
    if verb is None or not ids or len(ids) > MOST_AT_ONCE:
        raise Invalid(
            gettext("Say what to do, and to which conversations: %(most_at_once)s at most.")
            % {"most_at_once": MOST_AT_ONCE}
        )
    done = []
    for conversation_id in ids:
        try:
            verb(conversation_id=conversation_id, user=request.user)
        except NotFound:
            continue
        done.append(str(conversation_id))
    if not done:
        raise NotFound
    return JsonResponse({"done": done}) if request.htmx else redirect("archive")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: HttpRequest) -> HttpResponse:
    """A person's tags, and a form for a new one; as the fields of a form where a script asks."""
    if request.method == "POST":
        return _tell(request, lambda: tagging.make(owner=request.user, name=request.POST.get("name", "")))
    return _tags(request)


def _tags(request: HttpRequest) -> HttpResponse:
    context = {"tags": list(tagging.listing(user=request.user)), "colours": Tag.Colour.choices}
    if request.htmx:
        return render(request, "conversations/_tag_choice.html", context)
    problem = request.session.pop(SESSION_ERROR, None)
    return render(request, "conversations/tags.html", {**sidebar.context(request), **context, "problem": problem})


@login_required
@require_POST
def tag(request: HttpRequest, tag_id: uuid.UUID) -> HttpResponse:
    """Rename a tag, give it another colour, or delete it."""
    found = tagging.find(tag_id=tag_id, user=request.user)
    if "delete" in request.POST:
        return _tell(request, lambda: tagging.delete(tag=found))
    name, colour = request.POST.get("name", found.name), request.POST.get("colour", found.colour)
    return _tell(request, lambda: tagging.change(tag=found, name=name, colour=colour))


@login_required
@require_POST
def tag_chats(request: HttpRequest) -> HttpResponse:
    """Put tags on conversations and take them off: fields `add` and `remove`, each a tag's id and a conversation's."""
    add, remove = _pairs(request, "add"), _pairs(request, "remove")
    if not 0 < len(add) + len(remove) <= MOST_PAIRS:
        raise Invalid(gettext("Say which tags to put on which conversations."))
    tagging.rearrange(user=request.user, add=add, remove=remove)
    return HttpResponse(status=204) if request.htmx else redirect("tags")


def _pairs(request: DjangoRequest, field: str) -> list[Pair]:
    pairs = [typed.partition(" ") for typed in request.POST.getlist(field)]
    return [(uuid_or(NotFound, tag_id), uuid_or(NotFound, chat_id)) for tag_id, _, chat_id in pairs]


def _tell(request: HttpRequest, verb: Callable) -> HttpResponse:
    """Do something with a tag and show the tags; what went wrong is told there."""
    try:
        verb()
    except ChatError as error:
        if request.htmx:
            raise
        request.session[SESSION_ERROR] = {"code": error.code, "detail": error.detail}
    return _tags(request) if request.htmx else redirect("tags")
