"""What a reader does with an answer: take its words along, and say whether it was good."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from . import feedback, turns
from .errors import ChatError
from .views import SESSION_ERROR, HttpRequest


@login_required
@never_cache
@require_safe
def markdown(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """An answer as its model wrote it."""
    answer = feedback.answer_of(turns.find(turn_id=turn_id, user=request.user))
    return HttpResponse(answer.text, content_type="text/plain; charset=utf-8")


@login_required
@require_POST
def say(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Say that an answer is good or not, and why; saying nothing takes it back."""
    turn = turns.find(turn_id=turn_id, user=request.user)
    answer = feedback.answer_of(turn)
    value, reason = request.POST.get("value", ""), request.POST.get("reason", "")
    said = None
    try:
        if value:
            said = feedback.give(message=answer, user=request.user, value=value, reason=reason)
        else:
            feedback.take_back(message=answer, user=request.user)
    except ChatError as error:
        if request.htmx:
            raise
        request.session[SESSION_ERROR] = {"code": error.code, "detail": error.detail, "text": "", "attachments": []}
    if not request.htmx:
        return redirect("conversation", turn.conversation_id)
    return render(request, "conversations/_feedback.html", {"turn": turn, "feedback": said})
