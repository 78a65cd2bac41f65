"""The rules that are live, compiled once in each process, and how one is kept, changed and deleted."""

import logging
import threading
from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, Max
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit

from ..errors import Invalid
from ..models import ModerationRule
from ..models.moderation import Action
from . import patterns, personal, phrases
from .matcher import CHANGING, Matcher, Rule
from .window import Openings

logger = logging.getLogger(__name__)

# Sent once a change of the rules is committed: other processes are to look at them.
rules_changed = Signal()

LINES_MAX = 1000
ENDING_CHARACTERS = 20
CANNOT = "cannot_mask"
Kind, Place, State = ModerationRule.Kind, ModerationRule.Place, ModerationRule.State


class Rules:
    """Rules as they are applied: each `Matcher` is made when it is first needed."""

    def __init__(self, rules: Iterable[Rule] = ()):
        self.all = tuple(rules)
        self.grouped = any(rule.groups for rule in self.all)
        self._for: dict[frozenset[int], Rules] = {}

    def __bool__(self) -> bool:
        return bool(self.all)

    def of(self, groups: frozenset[int]) -> "Rules":
        """Return the rules that apply to members of these groups."""
        if not self.grouped:
            return self
        if groups not in self._for:
            kept = [rule for rule in self.all if not rule.groups or rule.groups & groups]
            self._for[groups] = Rules(_without_groups(rule) for rule in kept)
        return self._for[groups]

    def _of_place(self, place: str) -> list[Rule]:
        return [rule for rule in self.all if place in rule.places and rule.kind not in (Kind.FILES, Kind.GUARD)]

    @cached_property
    def question(self) -> Matcher:
        """What is looked for in questions."""
        return Matcher(self._of_place("question"))

    @cached_property
    def files(self) -> Matcher:
        """What is looked for in the texts of files."""
        return Matcher(self._of_place("files"))

    @cached_property
    def answer(self) -> Matcher:
        """What is looked for in answers."""
        return Matcher(self._of_place("answer"))

    @cached_property
    def openings(self) -> Openings | None:
        """What must not be told of an answer; None if nothing is held back."""
        changing = Matcher(rule for rule in self._of_place("answer") if rule.action in CHANGING)
        return Openings(changing) if changing else None

    @cached_property
    def guards(self) -> tuple[Rule, ...]:
        """The rules that ask a model."""
        return tuple(rule for rule in self.all if rule.kind == Kind.GUARD)

    def warm(self) -> None:
        """Make all that takes a while."""
        _ = (self.question, self.files, self.answer, self.openings, self.guards)

    def of_file(self, name: str) -> list[Rule]:
        """Return the rules against a file of this name."""
        # Some systems pass over a full stop at the end.
        path = PurePosixPath(name.lower().rstrip(". "))
        endings = {"".join(path.suffixes[-2:]), path.suffix}
        return [rule for rule in self.all if rule.kind == Kind.FILES and endings & set(rule.lines)]


_EMPTY = Rules()
_lock = threading.Lock()
# What is live as this process knows it, and by what it is known: None until it was looked.
_live: Rules = _EMPTY
_version: tuple | None = None


def live() -> Rules:
    """Return the rules that are live, without a question to the database once they are known."""
    if _version is None:
        refresh()
    return _live


def refresh() -> bool:
    """Look whether the rules have changed, and take them over; whether they had."""
    global _live, _version
    version = _current_version()
    if version == _version:
        return False
    with _lock:
        rows = ModerationRule.objects.filter(state=State.LIVE).prefetch_related("groups")
        found = Rules(filter(None, map(_compiled, rows)))
        # Here, and not while somebody waits for an answer.
        found.warm()
        _live, _version = found, version
    return True


def know(rules: Rules | None) -> None:
    """Take these rules for those that are live; None: look at the next occasion."""
    global _live, _version
    _live, _version = (rules or _EMPTY), None if rules is None else ("known",)


def value_of(row: ModerationRule) -> Rule:
    """Return a rule as it is applied."""
    places = {
        Place.QUESTION: {"question"},
        Place.ANSWER: {"answer"},
        Place.BOTH: {"question", "answer"},
        Place.FILES: {"files"},
    }[Place(row.place)]
    is_text = row.kind in (Kind.WORDS, Kind.PATTERN)
    return Rule(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        lines=row.lines if is_text else tuple(line.lower() for line in row.lines) if row.kind != Kind.GUARD else (),
        action=row.action,
        severity=row.severity,
        places=frozenset(places),
        groups=frozenset(group.pk for group in row.groups.all()),
        suspend_after=row.suspend_after,
        told=row.told,
        model=row.model,
        prompt=row.patterns if row.kind == Kind.GUARD else "",
    )


def check(row: ModerationRule) -> None:
    """Raise Invalid if a rule cannot be applied as it is; says what is wrong with which line."""
    if row.kind == Kind.GUARD:
        if not row.model.strip():
            raise Invalid(gettext("Say which model is asked."), code="no_model")
        if row.place == Place.FILES:
            raise Invalid(gettext("A guard model is asked about questions or answers."), code="invalid_place")
        if row.action == Action.MASK:
            raise Invalid(
                gettext("A guard model does not say which words to mask. Choose another action."), code=CANNOT
            )
        return
    if row.action == Action.MASK and (row.kind == Kind.FILES or row.place == Place.FILES):
        raise Invalid(
            gettext("Files are sent as they are, so nothing is masked in them. Choose another action."), code=CANNOT
        )
    if not row.lines:
        raise Invalid(gettext("Write at least one line."), code="no_patterns")
    if len(row.lines) > LINES_MAX:
        raise Invalid(
            gettext("A rule has %(lines_max)s lines at most.") % {"lines_max": LINES_MAX}, code="too_many_patterns"
        )
    for number, line in enumerate(row.lines, start=1):
        if wrong := _wrong_with(row.kind, line):
            raise Invalid(
                gettext("Line %(number)s: %(wrong)s") % {"number": number, "wrong": wrong}, code="bad_pattern"
            )


def _wrong_with(kind: str, line: str) -> str:
    match kind:
        case Kind.WORDS:
            return "" if phrases.read(line) else gettext("There is no letter and no digit in it.")
        case Kind.PATTERN:
            try:
                patterns.read(line)
            except patterns.BadPattern as error:
                return str(error)
        case Kind.PERSONAL:
            if line.lower() not in personal.DETECTORS:
                return gettext("Personal data is one of: %(detectors)s.") % {"detectors": ", ".join(personal.DETECTORS)}
        case Kind.FILES:
            if not line.startswith(".") or not line[1:] or len(line) > ENDING_CHARACTERS or any(map(str.isspace, line)):
                return gettext("The ending of a file’s name begins with a full stop, such as .exe.")
    return ""


def note_kept(row: ModerationRule, *, before: str | None, actor: Any = None, fields: Collection[str] = ()) -> None:
    """Enter that a rule was created (`before` is None) or changed, and whether it went live or out of use; then let all
    processes know. Call it last in the transaction that keeps the rule."""
    if row.state == State.LIVE and before != State.LIVE:
        row.live_at = timezone.now()
        ModerationRule.objects.filter(pk=row.pk).update(live_at=row.live_at)
    details: dict[str, Any] = {"kind": row.kind, "does": row.action, "severity": row.severity, "state": row.state}
    if before is None:
        audit.enter("rule.created", actor=actor, target=row, **details)
    elif fields:
        audit.enter("rule.changed", actor=actor, target=row, fields=sorted(fields), **details)
    if row.state == State.LIVE and before != State.LIVE:
        audit.enter("rule.live", actor=actor, target=row, **details)
    elif row.state != State.LIVE and before == State.LIVE:
        audit.enter("rule.withdrawn", actor=actor, target=row, **details)
    transaction.on_commit(_announce)


@transaction.atomic
def delete(row: ModerationRule, *, actor: Any = None) -> None:
    """Delete a rule, and let all processes know; the flags that it raised stay."""
    gone = copy(row)
    row.delete()
    audit.enter("rule.deleted", actor=actor, target=gone, kind=gone.kind, state=gone.state)
    transaction.on_commit(_announce)


@transaction.atomic
def withdraw_those_of(group: Group) -> None:
    """Take the rules out of use that hold for this group alone: without it they would hold for everybody."""
    alone = ModerationRule.objects.annotate(number=Count("groups")).filter(number=1, groups=group, state=State.LIVE)
    for row in ModerationRule.objects.filter(pk__in=alone.values("pk")):
        row.state = State.DRAFT
        row.save(update_fields=["state", "changed_at"])
        note_kept(row, before=State.LIVE, fields=["state"])


def is_known() -> bool:
    """Whether `live` answers without a question to the database."""
    return _version is not None


def _announce() -> None:
    refresh()
    rules_changed.send(sender=ModerationRule)


def _current_version() -> tuple:
    live = ModerationRule.objects.filter(state=State.LIVE).aggregate(number=Count("pk"), last=Max("changed_at"))
    return (live["number"], live["last"])


def _compiled(row: ModerationRule) -> Rule | None:
    """Return a rule that can be applied; one that cannot, written by other means, is left out and told in the log."""
    try:
        check(row)
    except Invalid as error:
        logger.error("The rule %s is not applied: %s", row.pk, error.detail)
        return None
    return value_of(row)


def _without_groups(rule: Rule) -> Rule:
    return replace(rule, groups=frozenset())
