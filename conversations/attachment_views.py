"""The page of an attached file: its receipt, its picture, its text; and its chip in the composer."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import attachments, downloads, passages, sidebar
from .errors import AttachmentSent, NotFound
from .models import Passage, StoredFile
from .views import HttpRequest

# Whoever comes for one passage sees a little of what stands before it.
PASSAGES_BEFORE = 5
DIGITS = 9


@login_required
@never_cache
@require_safe
def page(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """What was read of a file, in words and in full; a fragment of it when a script asks."""
    attachment = attachments.find(attachment_id=attachment_id, user=request.user)
    context: dict[str, Any] = {"attachment": attachment, "file": attachment.file, **_passages(request, attachment.file)}
    if request.htmx:
        return render(request, "conversations/_file.html", context)
    message = attachment.message
    current = message.turn.conversation_id if message else ""
    context |= {**sidebar.context(request, current=current), "conversation_id": str(current)}
    return render(request, "conversations/file.html", context)


@login_required
@require_safe
def image(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponseBase:
    """The picture as models see it, without metadata."""
    response = downloads.image(attachments.find(attachment_id=attachment_id, user=request.user))
    if response is None:
        raise NotFound
    return response


@login_required
@never_cache
@require_safe
def chip(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """How a file that waits to be sent stands in the composer, as a fragment."""
    attachment = attachments.find(attachment_id=attachment_id, user=request.user)
    if attachment.message_id is not None:
        raise AttachmentSent
    return render(request, "conversations/_chip.html", {"attachment": attachment})


def _passages(request: HttpRequest, file: StoredFile) -> dict[str, Any]:
    """Return a part of the text: from the passage `from` on, or from the page `page`, and where there is more."""
    first = 0
    if "page" in request.GET:
        there = Passage.objects.filter(file=file, page__gte=_number(request.GET["page"])).first()
        first = there.position if there else 0
    elif "from" in request.GET:
        first = max(0, _number(request.GET["from"]) - PASSAGES_BEFORE)
    found, more = passages.part(file.pk, first)
    return {
        "passages": found,
        # As somebody would ask for them who wants to see a little of what stands before.
        "earlier": max(0, first - passages.PASSAGES_SHOWN) + PASSAGES_BEFORE if first else None,
        "later": None if more is None else more + PASSAGES_BEFORE,
    }


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= DIGITS):
        raise NotFound
    return int(value)
