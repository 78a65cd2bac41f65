"""Trying a rule on what was said before: how often it would have applied, and in which conversations; no words."""

import datetime
import uuid
from collections import Counter
from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User

from .. import work
from ..errors import Invalid, NotFound
from ..models import DryRun, Message, ModerationRule
from ..moderation import Matcher, rules

KIND = "dry run"
DAYS = range(1, 366)
# How many rows are read at a time, and how many conversations are named, those with most of it first.
BATCH_ROWS = 500
NAMED = 100
ROLES = {"question": Message.Role.USER, "answer": Message.Role.ASSISTANT}


@transaction.atomic
def begin(*, rule: ModerationRule, actor: User, days: int) -> DryRun:
    """Return a new trial of a rule, draft or live, on what was said in the last so many days; it is done soon."""
    if rule.kind not in (ModerationRule.Kind.WORDS, ModerationRule.Kind.PATTERN, ModerationRule.Kind.PERSONAL):
        raise Invalid("Only words, expressions and personal data can be tried on what was said.", code="cannot_try")
    if days not in DAYS:
        raise Invalid(f"A trial is of {DAYS.start} to {DAYS.stop - 1} days.", code="invalid_days")
    rules.check(rule)
    trial = DryRun.objects.create(rule=rule, asked_by=actor, days=days, rule_changed_at=rule.changed_at)
    work.queue(kind=KIND, key=f"{KIND} {trial.pk}", trial=str(trial.pk))
    audit.enter("rule.tried", actor=actor, target=rule, days=days)
    return trial


@work.handles(KIND)
def do(job: work.Claim) -> work.Result:
    """Count where the rule of a trial would have applied."""
    trial = DryRun.objects.select_related("rule").filter(pk=job.payload["trial"]).first()
    if trial is None or trial.state != DryRun.State.WAITING:
        return work.Result()
    rule = rules.value_of(trial.rule)
    places = {"question", "answer"} if rule.places == {"files"} else rule.places
    matcher, since = Matcher([rule]), trial.created_at - datetime.timedelta(days=trial.days)
    found = Message.objects.filter(
        role__in=[ROLES[place] for place in places],
        created_at__range=(since, trial.created_at),
        turn__conversation__deleted_at=None,
    ).exclude(text="")
    if rule.groups:
        found = found.filter(turn__author__groups__in=rule.groups).distinct()
    counts: Counter[str] = Counter()
    chats: Counter[uuid.UUID] = Counter()
    people: set[uuid.UUID] = set()
    columns = ("role", "text", "turn__conversation_id", "turn__author_id")
    for number, (role, text, chat, person) in enumerate(found.values_list(*columns).iterator(BATCH_ROWS), start=1):
        counts["messages"] += 1
        if number % BATCH_ROWS == 0:
            job.beat()
        if matcher.find(text):
            counts["questions" if role == Message.Role.USER else "answers"] += 1
            chats[chat] += 1
            people.add(person)
    named = [[str(chat), times] for chat, times in chats.most_common(NAMED)]
    return work.Result(keep=partial(_keep, trial.pk, counts, len(people), named))


def find(*, trial_id: uuid.UUID) -> DryRun:
    """Return a trial, for the staff; raises NotFound."""
    found = DryRun.objects.select_related("rule").filter(pk=trial_id).first()
    if found is None:
        raise NotFound
    return found


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
