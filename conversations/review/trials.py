"""Trying a rule on what was said before: how often it would have applied, and in which conversations; no words."""

import datetime
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.models import User

from .. import background, work
from ..errors import Invalid, NotFound
from ..models import DryRun, Job, Message, ModerationRule
from ..moderation import Matcher, rules

KIND = "dry run"
DAYS = range(1, 366)
# How many messages are read at a time, and how many conversations are named, those with most of it first.
BATCH_ROWS = 500
NAMED = 100
ROLES = {"question": Message.Role.USER, "answer": Message.Role.ASSISTANT}


@transaction.atomic
def begin(*, rule: ModerationRule, actor: User, days: int) -> DryRun:
    """Return a new trial of a rule, draft or live, on what was said in the last so many days; it is done soon."""
    if rule.kind not in (ModerationRule.Kind.WORDS, ModerationRule.Kind.PATTERN, ModerationRule.Kind.PERSONAL):
        raise Invalid(
            gettext("Only words, expressions and personal data can be tried on what was said."), code="cannot_try"
        )
    if days not in DAYS:
        raise Invalid(
            gettext("A trial is of %(start)s to %(stop)s days.") % {"start": DAYS.start, "stop": DAYS.stop - 1},
            code="invalid_days",
        )
    rules.check(rule)
    trial = DryRun.objects.create(rule=rule, asked_by=actor, days=days, rule_changed_at=rule.changed_at)
    work.queue(kind=KIND, key=_key(trial), trial=str(trial.pk))
    audit.enter("rule.tried", actor=actor, target=rule, days=days)
    return trial


@work.handles(KIND)
def do(job: work.Claim) -> work.Result:
    """Count where the rule of a trial would have applied."""
    trial = DryRun.objects.select_related("rule").filter(pk=job.payload["trial"]).first()
    if trial is None or trial.state != DryRun.State.WAITING:
        return work.Result()
    running = Job.objects.running().filter(kind=KIND).order_by("started_at", "pk")
    if running.values_list("pk", flat=True).first() not in (None, job.id):
        # One at a time: a process has few places for jobs, and a trial can take long.
        return work.Result(postponed=True)
    rule = rules.value_of(trial.rule)
    places = {"question", "answer"} if rule.places == {"files"} else rule.places
    matcher, since = Matcher([rule]), trial.created_at - datetime.timedelta(days=trial.days)
    found = Message.objects.filter(
        role__in=[ROLES[place] for place in places],
        created_at__range=(since, trial.created_at),
        turn__conversation__deleted_at=None,
    )
    # Each once, what was said twice in the same words too; in no order, which would take the memory of all.
    found = found.exclude(text="").order_by()
    if rule.groups:
        found = found.filter(turn__author__in=User.objects.filter(groups__in=rule.groups).values("pk"))
    counts: Counter[str] = Counter()
    chats: Counter[uuid.UUID] = Counter()
    people: set[uuid.UUID] = set()
    for part in _parts(found):
        job.beat()
        begun = time.monotonic()
        counts["messages"] += len(part)
        for _, role, text, chat, person in part:
            if matcher.find(text):
                counts["questions" if role == Message.Role.USER else "answers"] += 1
                chats[chat] += 1
                people.add(person)
        if background.going_down():
            return work.Result(postponed=True)
        if background.people_wait():
            # Half of the time is theirs.
            time.sleep(min(time.monotonic() - begun, work.BEAT_SECONDS))
    named = [[str(chat), times] for chat, times in chats.most_common(NAMED)]
    return work.Result(keep=partial(_keep, trial.pk, counts, len(people), named))


def of(*, rule_id: int, most: int) -> list[DryRun]:
    """Return the newest trials of a rule; one whose job was given up has failed."""
    found = list(DryRun.objects.filter(rule=rule_id)[:most])
    waiting = {_key(each): each for each in found if each.state == DryRun.State.WAITING}
    for key in Job.objects.filter(key__in=waiting, state=Job.State.FAILED).values_list("key", flat=True):
        waiting[key].state = DryRun.State.FAILED
    return found


def find(*, trial_id: uuid.UUID) -> DryRun:
    """Return a trial, for the staff; raises NotFound."""
    found = DryRun.objects.select_related("rule").filter(pk=trial_id).first()
    if found is None:
        raise NotFound
    return found


def _key(trial: DryRun) -> str:
    return f"{KIND} {trial.pk}"


def _parts(found: QuerySet[Message]) -> Iterator[list[tuple]]:
    """Yield id, role, text, conversation and person, some messages at a time: each part is a query of its own, so that
    the database keeps nothing open for as long as all of it takes."""
    columns = ("pk", "role", "text", "turn__conversation_id", "turn__author_id")
    rest = found.order_by("pk")
    while True:
        part = list(rest.values_list(*columns)[:BATCH_ROWS])
        yield part
        if len(part) < BATCH_ROWS:
            return
        rest = rest.filter(pk__gt=part[-1][0])


def _keep(trial_id: uuid.UUID, counts: Counter[str], people: int, named: list) -> None:
    DryRun.objects.filter(pk=trial_id).update(
        state=DryRun.State.DONE,
        messages=counts["messages"],
        questions=counts["questions"],
        answers=counts["answers"],
        people=people,
        conversations=named,
        finished_at=timezone.now(),
    )
