"""The summary page of a session, and what can be done with it: end it, have it summarised again, rate it."""

import datetime
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chatsite.templatetags.pages import model_name, seconds

from . import lifecycle, sidebar, summaries, summary_charts, timeline, usage_charts
from .errors import ChatError, Invalid, NotFound
from .kept import sentence
from .models import Conversation, Job, Summary
from .summaries import Session
from .summaries.write import key_of

SESSION_ERROR = "summary_error"
STARS = range(1, 6)
LINES_SHOWN = 40
LINE_CHARACTERS = 160
# A job that is due within this time is worth waiting for with the page open.
SOON = datetime.timedelta(seconds=15)
HOUR_MINUTES = 60

# How each thing that happened is called on the page, and in which tone.
WORDS = {
    "question": (_("Question"), ""),
    "answer": (_("Answer"), "ok"),
    "answer.stopped": (_("Answer stopped"), "warn"),
    "answer.failed": (_("Answer failed"), "danger"),
    "answer.interrupted": (_("Answer interrupted"), "warn"),
    "answer.blocked": (_("Question blocked"), "warn"),
    "tool.called": (_("Tool called"), ""),
    "tool.returned": (_("Tool answered"), ""),
    "session.ended": (_("Session ended"), "ok"),
    "summary": (_("Summary written"), "ok"),
    "rating": (_("Rated"), "ok"),
}
TONES = {Summary.Sentiment.POSITIVE: "ok", Summary.Sentiment.NEUTRAL: "", Summary.Sentiment.NEGATIVE: "warn"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, as the page tells it."""

    at: datetime.datetime
    words: str
    tone: str
    detail: str


@login_required
@never_cache
@require_safe
def page(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """What a session came to: summary, figures, and everything that happened."""
    conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
    session = summaries.session_of(conversation)
    summary = session.summary
    log = timeline.read(conversation=conversation, after=_after(request), limit=LINES_SHOWN)
    context = {
        **sidebar.context(request, current=conversation.pk),
        "user": request.user,
        "conversation": conversation,
        "conversation_id": str(conversation.pk),
        "title": str(conversation),
        "session": session,
        "summary": summary,
        "ended": conversation.status == Conversation.Status.COMPLETED,
        "writing": summary is not None and _is_written_now(summary),
        "tone": TONES[Summary.Sentiment(summary.sentiment)] if summary and summary.sentiment else "",
        "stars": STARS,
        "length": _length(session),
        "first_word": _mean(session, "first_token_ms"),
        "chart": summary_charts.times(_times(conversation, session)) if summary else None,
        "models": _models(session),
        "kinds": usage_charts.kinds(session.metrics.get("modes", {})),
        "lines": list(_lines(log)),
        "later": log.next and f"{log.next.at.isoformat()}~{log.next.id}",
        "problem": request.session.pop(SESSION_ERROR, None),
    }
    return render(request, "conversations/summary.html", context)


@login_required
@require_POST
def again(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Have the summary written again."""
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)
    return _back(request, found, lambda: summaries.regenerate(conversation=found, user=request.user))


@login_required
@require_POST
def rate(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Rate the session."""
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)
    sent = request.POST.get("rating", "")
    rating = int(sent) if sent.isascii() and sent.isdigit() and len(sent) == 1 else 0
    return _back(request, found, lambda: summaries.rate(conversation=found, rating=rating))


@login_required
@require_POST
def end(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """End the session, and show what it came to."""
    found = lifecycle.find(conversation_id=conversation_id, user=request.user)
    return _back(request, found, lambda: lifecycle.end(conversation=found))


def _back(request: HttpRequest, conversation: Conversation, verb: Callable[[], object]) -> HttpResponse:
    """Do something and show the summary page; what went wrong is told there."""
    try:
        verb()
    except ChatError as error:
        if isinstance(error, NotFound) and error.code == NotFound.code:
            raise
        request.session[SESSION_ERROR] = error.detail
    return redirect("summary", conversation.pk)


def _is_written_now(summary: Summary) -> bool:
    job = Job.objects.open().filter(key=key_of(summary.pk)).first()
    return job is not None and (job.state == Job.State.RUNNING or job.due_at <= timezone.now() + SOON)


def _length(session: Session) -> str:
    minutes, rest = divmod(int((session.end_time - session.start_time).total_seconds()), 60)
    if minutes >= HOUR_MINUTES:
        return gettext("%(hours)s h %(minutes)s min") % {
            "hours": minutes // HOUR_MINUTES,
            "minutes": minutes % HOUR_MINUTES,
        }
    return (
        gettext("%(minutes)s min") % {"minutes": minutes} if minutes else gettext("%(seconds)s s") % {"seconds": rest}
    )


def _mean(session: Session, name: str) -> str:
    mean = session.metrics.get(name, {}).get("mean")
    return "" if mean is None else seconds(mean)


def _times(conversation: Conversation, session: Session) -> list[int]:
    until = session.summary.created_at if session.summary else session.end_time
    turns = conversation.turns.filter(total_ms__isnull=False, created_at__lte=until).order_by("-created_at")
    last = turns.values_list("total_ms", flat=True)[: summary_charts.ANSWERS]
    return [took for took in last if took is not None][::-1]


def _models(session: Session) -> list[usage_charts.Part]:
    used = session.metrics.get("models", {})
    return usage_charts.shares([(model_name(model), count, f"{count}") for model, count in used.items()])


def _lines(log: timeline.Log) -> Iterator[Line]:
    for event in log.events:
        words, tone = WORDS[event.type]
        yield Line(event.at, str(words), tone, _detail(event))


def _detail(event: timeline.Event) -> str:
    data = event.data
    match event.type:
        case "question":
            files = ", ".join(data["attachments"])
            text = " · ".join(
                part for part in (data["content"], files and gettext("with %(files)s") % {"files": files}) if part
            )
        case "answer.failed" | "answer.interrupted" | "answer.blocked":
            text = sentence(data["detail"])
        case "answer" | "answer.stopped":
            took = seconds(data["total_ms"]) if data["total_ms"] is not None else ""
            text = " · ".join(part for part in (model_name(data["model"]), took) if part)
        case "tool.called":
            text = str(data["name"] or "")
        case "tool.returned":
            text = f"{data['name']}: {data['result']}"
        case "session.ended":
            text = gettext("because nobody had it open any more") if data["by"] == Summary.EndedBy.CLOCK else ""
        case "summary":
            text = (
                gettext("from its own sentences")
                if data["status"] == Summary.State.PARTIAL
                else gettext("by %(model)s") % {"model": model_name(data["model"])}
            )
        case _:
            text = gettext("%(rating)s of %(all)s stars") % {"rating": data["rating"], "all": len(STARS)}
    line = " ".join(text.split())
    return line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS].rstrip() + "…"


def _after(request: HttpRequest) -> timeline.Place | None:
    """Return the place after which the timeline is to go on; raises Invalid."""
    asked = request.GET.get("after")
    if asked is None:
        return None
    moment, _, id = asked.partition("~")
    try:
        at = datetime.datetime.fromisoformat(moment)
        return timeline.Place(at.astimezone(datetime.UTC), uuid.UUID(id))
    except (ValueError, OverflowError):
        raise Invalid(gettext("There is no such place in the timeline.")) from None
