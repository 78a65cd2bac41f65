"""The pages of the chat; without JavaScript, a form post and a reload carry it too."""

import uuid
from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from chatsite.ids import uuid_of, uuid_or

from . import attachments, lifecycle, models_offered, permits, reading, sidebar, threads, turns
from .errors import ChatError, NotFound, TooLarge
from .models import Conversation, Message, Turn

SESSION_ERROR = "chat_error"


class HttpRequest(DjangoRequest):
    """A request as django-htmx leaves it."""

    htmx: HtmxDetails


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, for those who are not signed in."""
    if request.user.is_authenticated:
        return redirect("chat")
    return render(request, "landing.html", {"listing": models_offered.listing()})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def chat(request: HttpRequest) -> HttpResponse:
    """An empty chat; its first question makes the conversation."""
    if request.method == "POST":
        return _ask(request, request.POST.get("conversation_id") or str(uuid.uuid4()))
    return _page(request, conversation=None, conversation_id=uuid.uuid4())


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """A conversation, its open branch and the composer."""
    if request.method == "POST":
        return _ask(request, str(conversation_id))
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)
    return _page(request, conversation=found, conversation_id=found.pk, at=_place(request, found))


def _place(request: HttpRequest, conversation: Conversation) -> Message | None:
    """Return the message of a conversation that a page is to be opened at; None if that is none of its."""
    if (asked := uuid_of(request.GET.get("at"))) is None:
        return None
    found = Message.objects.visible_to(request.user).filter(pk=asked, turn__conversation=conversation)
    return found.select_related("turn").first()


def _page(request, *, conversation, conversation_id, at: Message | None = None) -> HttpResponse:
    listing = models_offered.listing_for(request.user)
    problem = request.session.pop(SESSION_ERROR, None)
    context = {
        **sidebar.context(request, current=conversation_id),
        "conversation": conversation,
        "conversation_id": str(conversation_id),
        "title": str(conversation) if conversation else gettext("New chat"),
        "listing": listing,
        "model": models_offered.chosen(listing, conversation.model)
        if conversation
        else models_offered.to_begin_with(listing, request.user.default_model),
        "user": request.user,
        "readings": reading.of_conversation(conversation=conversation) if conversation else [],
        "problem": problem,
        "attachments": attachments.waiting(user=request.user, ids=problem.get("attachments", [])) if problem else [],
        **_shown(conversation, conversation.leaf_id if conversation else None, at),
    }
    return render(request, "conversations/chat.html", context)


def _shown(conversation, leaf_id, at: Message | None = None) -> dict:
    if conversation is None:
        return {"entries": [], "earlier": None, "running": False}
    shown = threads.thread_at(conversation=conversation, turn=at.turn) if at else None
    where = {"at": at.pk, "elsewhere": None if shown else at.turn} if at else {}
    return where | _told(shown or threads.thread(conversation=conversation, leaf_id=leaf_id))


def _told(shown: threads.Thread) -> dict:
    told = {name: getattr(shown, name) for name in ("entries", "earlier", "around", "gap")}
    return told | {"running": shown.running is not None}


def _ask(request, conversation_id: str) -> HttpResponse:
    conversation_uuid = uuid_or(NotFound, conversation_id)
    # Those that were read before something went wrong, and those that come with this form.
    files = [str(uuid_or(NotFound, each)) for each in request.POST.getlist("attachments")]

    def ask() -> None:
        uploads = request.FILES.getlist("files")
        attachments.check_number([*files, *range(len(uploads))])
        for upload in uploads:
            files.append(str(attachments.receive(owner=request.user, upload=upload).pk))
        turns.start(
            conversation_id=conversation_uuid,
            author=request.user,
            text=request.POST.get("text", ""),
            client_id=request.POST.get("client_id") or None,
            model=request.POST.get("model", ""),
            attachments=files,
            mode=request.POST.get("mode", ""),
        )

    return _back(request, conversation_uuid, ask, files)


def _back(request, conversation_id: uuid.UUID, verb, files: Sequence[str] = ()) -> HttpResponseRedirect:
    """Do something to a conversation and show it; what went wrong is told there, and `files` wait there."""
    try:
        verb()
    except ChatError as error:
        if isinstance(error, NotFound) and error.code == NotFound.code:
            raise
        # What was refused stands in the composer again, except what is too long to be kept.
        text = "" if isinstance(error, TooLarge) else request.POST.get("text", "")
        told = {"code": error.code, "detail": error.detail, "text": text, "attachments": list(files)}
        request.session[SESSION_ERROR] = told
        if not lifecycle.exists(conversation_id=conversation_id, user=request.user):
            return redirect("chat")
    return redirect("conversation", conversation_id)


@login_required
@never_cache
@require_safe
def thread(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Part of a conversation as a fragment: what comes before a turn, what comes after one until another one, or the
    end of the open branch."""
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)

    def named(parameter: str) -> Turn:
        turn = turns.find(turn_id=uuid_or(NotFound, request.GET.get(parameter, "")), user=request.user)
        if turn.conversation_id != found.pk:
            raise NotFound
        return turn

    if "after" in request.GET:
        shown = threads.between(conversation=found, after=named("after"), until=named("until"))
    else:
        leaf_id = named("before").pk if request.GET.get("before") else found.leaf_id
        shown = threads.thread(conversation=found, leaf_id=leaf_id)
    return render(request, "conversations/_thread.html", {"conversation": found, **_told(shown)})


@login_required
@require_POST
def switch(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Open the branch that goes through a turn."""
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)
    turn = turns.find(turn_id=uuid_or(NotFound, request.POST.get("turn", "")), user=request.user)
    if turn.conversation_id != found.pk:
        raise NotFound
    if not request.htmx:
        at = request.POST.get("at", "")
        answer = _back(request, found.pk, lambda: lifecycle.switch(conversation=found, turn=turn))
        # Only where it went well: else the page would want to open that version again.
        if not at or SESSION_ERROR in request.session:
            return answer
        return redirect(f"{answer.url}?at={uuid_or(NotFound, at)}")
    found = lifecycle.switch(conversation=found, turn=turn)
    return render(request, "conversations/_thread.html", {"conversation": found, **_shown(found, found.leaf_id)})


@login_required
@require_POST
def stop(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Stop an answer."""
    turn = turns.find(turn_id=turn_id, user=request.user)
    return _back(request, turn.conversation_id, lambda: turns.stop(turn=turn))


@login_required
@require_POST
def allow(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Let a tool run that asks first, or refuse it."""
    turn = turns.find(turn_id=turn_id, user=request.user)
    message, answer = uuid_or(NotFound, request.POST.get("message", "")), request.POST.get("allow", "")

    def decide() -> None:
        permits.decide(turn=turn, message_id=message, allow=permits.read(answer))

    if not request.htmx:
        return _back(request, turn.conversation_id, decide)
    decide()
    # The card is told of it over the socket.
    return HttpResponse(status=204)


@login_required
@require_POST
def retry(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Ask the same question again."""
    turn = turns.find(turn_id=turn_id, user=request.user)
    return _back(
        request,
        turn.conversation_id,
        lambda: turns.retry(
            turn=turn,
            author=request.user,
            client_id=request.POST.get("client_id") or None,
            mode=request.POST.get("mode", ""),
        ),
    )


@login_required
@require_POST
def resume(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Have an answer go on that was cut off."""
    turn = turns.find(turn_id=turn_id, user=request.user)
    client_id = request.POST.get("client_id") or None
    return _back(
        request, turn.conversation_id, lambda: turns.resume(turn=turn, author=request.user, client_id=client_id)
    )


@login_required
@require_POST
def mode(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Choose the kind of help for the whole conversation of a turn, or leave it to each question."""
    found = turns.find(turn_id=turn_id, user=request.user).conversation
    lifecycle.change(conversation=found, changes={"mode": request.POST.get("mode", "")})
    return HttpResponse(status=204) if request.htmx else redirect("conversation", found.pk)


@login_required
@require_POST
def edit(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Ask differently."""
    turn = turns.find(turn_id=turn_id, user=request.user)
    return _back(
        request,
        turn.conversation_id,
        lambda: turns.edit(
            turn=turn,
            author=request.user,
            text=request.POST.get("text", ""),
            client_id=request.POST.get("client_id") or None,
        ),
    )
