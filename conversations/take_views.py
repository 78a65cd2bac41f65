"""The pages of what people take with them: their data, their links, and what others read by a link."""

import uuid
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite.ids import uuid_or

from . import downloads, exports, imports, lifecycle, shares, sidebar
from .attachments import megabytes
from .errors import ChatError, Invalid, NotFound
from .views import HttpRequest

ROBOTS = "noindex, nofollow, noarchive"
PAGE_DIGITS = 6
NAMES_TOLD = 20


@login_required
@never_cache
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Everything that can be taken along and brought in, and all links."""
    return render(request, "conversations/data.html", _beside(request) | {"links": shares.listed(user=request.user)})


@login_required
@require_POST
def bring_in(request: HttpRequest) -> HttpResponse:
    """Import an export, and open what it was, or say why not."""
    try:
        files = request.FILES.getlist("file")
        if len(files) != 1:
            raise Invalid(gettext("Choose one file."), code="no_file")
        made = imports.take_in(owner=request.user, upload=files[0], preferences="preferences" in request.POST)
    except ChatError as error:
        messages.error(request, error.detail)
        return redirect("data")
    count = len(made.conversations)
    if count == 1 and not made.missing and made.account is None:
        return redirect("conversation", made.conversations[0].pk)
    messages.success(
        request,
        ngettext("%(number)s chat was imported.", "%(number)s chats were imported.", count) % {"number": count},
    )
    if made.account is not None:
        _tell_brought(request, made.account)
    if made.missing:
        messages.warning(request, gettext("These files were not in it: %(missing)s.") % {"missing": _few(made.missing)})
    return redirect("data")


def _tell_brought(request: HttpRequest, brought: imports.Brought) -> None:
    """Say what an archive of everything has brought beside chats, and what not."""
    if brought.prompts:
        messages.success(request, gettext("Prompts that came along: %(names)s.") % {"names": _few(brought.prompts)})
    if brought.prompts_kept:
        messages.info(
            request,
            gettext("You have prompts of these names already; yours stay as they are: %(names)s.")
            % {"names": _few(brought.prompts_kept)},
        )
    if brought.preferences:
        told = _few([str(imports.PREFERENCES[name]) for name in brought.preferences])
        messages.success(request, gettext("Settings that were taken over: %(names)s.") % {"names": told})
    if brought.preferences_left:
        told = _few([str(imports.PREFERENCES[name]) for name in brought.preferences_left])
        messages.warning(request, gettext("Settings that this site does not take: %(names)s.") % {"names": told})


def _few(names: list[str]) -> str:
    """Return names in a row, not more than can be read."""
    more = len(names) - NAMES_TOLD
    return ", ".join(names[:NAMES_TOLD]) + (gettext(" and %(number)s more") % {"number": more} if more > 0 else "")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponseBase:
    """The messages of the open branch to tick, and the file with those that were, or with the branch up to the last."""
    conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
    problem, ticked = "", request.POST.getlist("message")
    if request.method == "POST":
        try:
            made = exports.make(
                conversation=conversation,
                user=request.user,
                kind=request.POST.get("format", ""),
                message=_ticked(ticked),
                up_to="up_to" in request.POST,
            )
            return downloads.made(made.file, filename=made.name, content_type=made.media_type)
        except ChatError as error:
            if error.status == NotFound.status:
                raise
            problem = error.detail
    lines, has_earlier = exports.lines(conversation)
    context = {
        "conversation": conversation,
        "title": str(conversation),
        "lines": lines,
        "has_earlier": has_earlier,
        "ticked": set(ticked),
        "up_to": "up_to" in request.POST,
        "chosen_format": request.POST.get("format", "pdf"),
        "kinds": exports.KINDS.items(),
        "problem": problem,
    }
    status = 400 if problem else 200
    return render(request, "conversations/take.html", _beside(request) | context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token", "address")
def share(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The links to a conversation, and a form for a new one, whose address is in the answer to that form alone."""
    conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
    made, address, problem = None, "", ""
    if request.method == "POST":
        try:
            made, token = shares.make(conversation=conversation, owner=request.user, **_asked(request))
            address = urljoin(settings.PUBLIC_URL or request.build_absolute_uri("/"), reverse("shared", args=[token]))
        except ChatError as error:
            problem = error.detail
    context = {
        "conversation": conversation,
        "conversation_id": str(conversation.pk),
        "title": str(conversation),
        "links": shares.listed(user=request.user, conversation=conversation),
        "lives": shares.LIVES.items(),
        "usual_life": shares.USUAL_LIFE,
        "made": made,
        "address": address,
        "problem": problem,
        "link_id": uuid.uuid4(),
    }
    return render(request, "conversations/share.html", _beside(request) | context)


@login_required
@require_POST
def revoke(request: HttpRequest, link_id: uuid.UUID) -> HttpResponse:
    """Let a link lead nowhere."""
    link = shares.revoke(link=shares.find(link_id=link_id, user=request.user))
    messages.success(request, gettext("The link was revoked. Nobody can open it any more."))
    if request.POST.get("from") == "data":
        return redirect("data")
    return redirect("share", link.conversation_id)


@never_cache
@require_safe
@sensitive_variables("token")
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody shared, to be read and no more."""
    link = shares.opened(token=token)
    part = shares.read(link=link, page=_page(request))
    for _, said in part.turns:
        for message in said:
            for each in message.attachments.all():
                shown = link.with_images and bool(each.file.image)
                vars(each)["picture"] = reverse("shared_image", args=[token, each.pk]) if shown else ""
    context = {
        "link": link,
        "title": link.title or gettext("A shared chat"),
        # Never a part of their address.
        "by": (link.owner.name or gettext("Somebody")) if link.with_name else "",
        "asker": link.owner.name if link.with_name and link.owner.name else gettext("Question"),
        "turns": [(turn, said, exports.how_it_ended(turn)) for turn, said in part.turns],
        "page": part.page,
        "pages": part.pages,
    }
    return _secret(render(request, "conversations/shared.html", context))


@never_cache
@require_safe
@sensitive_variables("token")
def shared_image(request: HttpRequest, token: str, attachment_id: uuid.UUID) -> HttpResponseBase:
    """A picture on a shared page, without metadata."""
    link = shares.opened(token=token)
    response = downloads.image(shares.image(link=link, attachment_id=attachment_id))
    assert response is not None
    # A link that is revoked leaves nothing in anybody's browser.
    response["Cache-Control"] = "private, no-store"
    return _secret(response)


def _secret(response: Any) -> Any:
    """Let no search engine keep the answer, and no other site hear its address."""
    response["X-Robots-Tag"] = ROBOTS
    response["Referrer-Policy"] = "no-referrer"
    return response


def _beside(request: HttpRequest) -> dict[str, Any]:
    return {
        **sidebar.context(request),
        "user": request.user,
        "sharing": settings.SHARING,
        "import_limit": megabytes(settings.IMPORT_MAX_BYTES),
    }


def _ticked(ticked: list[str]) -> str:
    """Return the ids of messages with commas between; raises Invalid where there is none."""
    if not any(ticked):
        raise Invalid(gettext("Tick at least one message."), code="no_message")
    return ",".join(ticked)


def _asked(request: HttpRequest) -> dict[str, Any]:
    days, link_id = request.POST.get("days", ""), request.POST.get("link_id") or None
    id = uuid_or(Invalid(gettext("This form is broken. Reload the page.")), link_id) if link_id else None
    chosen = int(days) if days.isascii() and days.isdigit() and len(days) < PAGE_DIGITS else -1
    ticked = {name: name in request.POST for name in ("with_name", "with_work", "with_images")}
    return {"days": chosen if days else shares.USUAL_LIFE, "id": id, **ticked}


def _page(request: HttpRequest) -> int:
    value = request.GET.get("page", "1")
    if not (value.isascii() and value.isdigit() and len(value) < PAGE_DIGITS):
        raise NotFound
    return int(value)
