"""The page on which an answer is reported to the staff, and on which it is seen what became of that."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.signed_in import who_asks

from . import feedback, sidebar, turns
from .errors import ChatError, NotFound
from .models import Flag
from .review import reports


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, turn_id: uuid.UUID) -> HttpResponse:
    """Take a report of an answer, or show what became of it."""
    user = who_asks(request)
    turn = turns.find(turn_id=turn_id, user=user)
    message = feedback.answer_of(turn)
    problem, status, given = "", 200, {name: request.POST.get(name, "") for name in ("category", "words")}
    if request.method == "POST":
        try:
            reports.report(message=message, user=user, **given)
        except reports.Reported:
            return redirect("report", turn.pk)
        except ChatError as error:
            problem, status = error.detail, error.status
        else:
            return redirect("report", turn.pk)
    try:
        flag = reports.find(message=message, user=user)
    except NotFound:
        flag = None
    context = {
        **sidebar.context(request),
        "user": user,
        "turn": turn,
        "flag": flag,
        "categories": Flag.Category.choices,
        "problem": problem,
        "given": given,
        "most": reports.WORDS_CHARACTERS,
    }
    return render(request, "conversations/report.html", context, status=status)
