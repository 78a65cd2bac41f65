"""Counting what happened on each day, so that a dashboard over months reads a few thousand numbers and no messages."""

import datetime
import math
from collections.abc import Callable, Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Count, F, FloatField, IntegerField, Max, Sum, Value
from django.db.models.functions import Cast, Floor, Ln, TruncDate

from . import quotas
from .models import Conversation, DailyFigure, Feedback, Flag, StoredFile, Summary, Turn, UsageEntry

# The first time, so many days are counted.
DAYS_BACK = 366
ENDED, FIRST_TOKEN, SENTIMENT, RATING, THUMBS, STORAGE, FLAGS, WAITING = (
    "ended",
    "first_token",
    "sentiment",
    "rating",
    "thumbs",
    "storage",
    "flags",
    "flags_waiting",
)
# What can be told of this day only.
OF_THE_MOMENT = (STORAGE, WAITING)
RAISED = "raised"
# Times are counted in buckets, each so many times as long as the one before: what is told of them is 2.5% off at most.
BUCKET_FACTOR = 1.05
# The first and the day after the last moment of the days that are counted.
Moments = tuple[datetime.datetime, datetime.datetime]


def count(*, now: datetime.datetime | None = None) -> int:
    """Count today, yesterday, and all days that were not counted when they had ended; return how many figures that
    made."""
    today = (now or quotas.utc_now()).astimezone(datetime.UTC).date()
    last = DailyFigure.objects.filter(kind=STORAGE).aggregate(day=Max("day"))["day"]
    first = min(last, today - datetime.timedelta(days=1)) if last else today - datetime.timedelta(days=DAYS_BACK)
    moments = _midnight(first), _midnight(today + datetime.timedelta(days=1))
    found = [each for source in SOURCES for each in source(moments)]
    with transaction.atomic():
        DailyFigure.objects.filter(day__gte=first).exclude(kind__in=OF_THE_MOMENT, day__lt=today).delete()
        DailyFigure.objects.bulk_create(
            found,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["day", "kind", "label", "bucket"],
            update_fields=["value"],
        )
    return len(found)


def milliseconds(bucket: int) -> int:
    """Return the time in the middle of a bucket."""
    return round(BUCKET_FACTOR ** (bucket + 0.5) - 1)


def percentile(buckets: Iterable[tuple[int, int]], share: float) -> int:
    """Return the time within which this share of what was counted stayed, from buckets and how many each has."""
    found = sorted(buckets)
    left = share * sum(number for _, number in found)
    for bucket, number in found:
        left -= number
        if left <= 0:
            return milliseconds(bucket)
    return 0


def _ended(moments: Moments) -> Iterator[DailyFigure]:
    """How answers ended, and why those failed that did."""
    first, end = moments
    # No turn's last sign of life is before its question, and that has an index.
    turns = Turn.objects.filter(heartbeat_at__gte=first, created_at__gte=first, created_at__lt=end)
    ended = turns.exclude(status__in=Turn.OPEN).order_by()
    days = ended.annotate(on=_day("created_at")).values_list("on", "status", "error_code").annotate(Count("pk"))
    for day, status, code, number in days:
        label = f"{status}:{code or 'unknown'}" if status == Turn.Status.FAILED else status
        yield DailyFigure(day=day, kind=ENDED, label=label, value=number)


def _first_tokens(moments: Moments) -> Iterator[DailyFigure]:
    """How long it took until a model said its first word, in buckets."""
    first, end = moments
    # As `percentile` reads them.
    power = Ln(Cast("first_token_ms", FloatField()) + 1.0) / Value(math.log(BUCKET_FACTOR))
    entries = UsageEntry.objects.filter(
        created_at__gte=first, created_at__lt=end, purpose=UsageEntry.Purpose.CHAT, first_token_ms__isnull=False
    )
    counted = entries.order_by().annotate(reached=Cast(Floor(power), IntegerField()))
    for day, model, bucket, number in counted.values_list("day", "model", "reached").annotate(Count("pk")):
        yield DailyFigure(day=day, kind=FIRST_TOKEN, label=model, bucket=bucket, value=number)


def _opinions(moments: Moments) -> Iterator[DailyFigure]:
    """The sentiment of sessions, their stars, and thumbs for answers."""
    for kind, rows, at, what in (
        (SENTIMENT, Summary.objects.exclude(sentiment=""), "created_at", "sentiment"),
        (RATING, Conversation.everything.exclude(rating=None), "rated_at", "rating"),
        (THUMBS, Feedback.objects.all(), "changed_at", "value"),
    ):
        inside = rows.filter(**{f"{at}__gte": moments[0], f"{at}__lt": moments[1]}).order_by()
        for day, label, number in inside.annotate(on=_day(at)).values_list("on", what).annotate(Count("pk")):
            yield DailyFigure(day=day, kind=kind, label=str(label), value=number)


def _flags(moments: Moments) -> Iterator[DailyFigure]:
    """Flags that were raised, upheld and dismissed, and those that wait now: what, how severe, and by which rule."""
    for at, what in (("created_at", Value(RAISED)), ("decided_at", F("state"))):
        inside = Flag.objects.filter(**{f"{at}__gte": moments[0], f"{at}__lt": moments[1]}).order_by()
        days = inside.annotate(on=_day(at), what=what).values_list("on", "what", "severity", "rule_name")
        for day, *label, number in days.annotate(Count("pk")):
            yield DailyFigure(day=day, kind=FLAGS, label=":".join(label), value=number)
    waiting = Flag.objects.undecided().order_by().values_list("state", "severity", "rule_name")
    for *label, number in waiting.annotate(Count("pk")):
        yield DailyFigure(day=_last_day(moments), kind=WAITING, label=":".join(label), value=number)


def _stored(moments: Moments) -> Iterator[DailyFigure]:
    """How many bytes files and the database take on the last of these days."""
    files = StoredFile.objects.aggregate(size=Sum("size"))["size"] or 0
    for label, size in (("files", files), ("database", _database_bytes())):
        yield DailyFigure(day=_last_day(moments), kind=STORAGE, label=label, value=size)


# Each is told the moments between which days are counted, and yields what it has counted. Another kind of figure is
# another function here, and a section in `dashboard`.
SOURCES: list[Callable[[Moments], Iterator[DailyFigure]]] = [_ended, _first_tokens, _opinions, _flags, _stored]


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return cursor.fetchone()[0]


def _day(field: str) -> TruncDate:
    return TruncDate(field, tzinfo=datetime.UTC)


def _last_day(moments: Moments) -> datetime.date:
    return (moments[1] - datetime.timedelta(days=1)).date()


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.min, datetime.UTC)
