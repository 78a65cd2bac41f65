"""What staff do with flags: take one, put something down, decide, and act on whoever it is about."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit, suspension
from accounts.models import User

from ..errors import Invalid, NotAllowed, NotFound
from ..models import DecisionTemplate, Flag, FlagNote
from ..turns import check_characters

WORDS_CHARACTERS = 2000
# How many flags the queue shows at once, the worst first.
SHOWN = 50
SEVERITIES = ("critical", "high", "medium", "low")
State = Flag.State


def waiting(*, mine: User | None = None) -> list[Flag]:
    """Return the flags that wait for a decision, the worst first, then the oldest; with `mine`, those of somebody."""
    found = Flag.objects.undecided().select_related("user", "assignee", "rule")
    if mine is not None:
        found = found.filter(assignee=mine)
    kept: list[Flag] = []
    for severity in SEVERITIES:
        kept += found.filter(severity=severity).order_by("created_at")[: SHOWN - len(kept)]
    return kept


def find(*, flag_id: Any) -> Flag:
    """Return a flag, for the staff; raises NotFound."""
    found = Flag.objects.select_related("user", "assignee", "rule", "decided_by").filter(pk=flag_id).first()
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def assign(*, flag: Flag, to: User | None, actor: User) -> Flag:
    """Return the flag, in somebody's hands, or in nobody's; raises Invalid if it is decided."""
    locked = _locked(flag)
    if locked.is_decided:
        raise Invalid(gettext("This flag is decided. Open it again first."), code="decided")
    locked.assignee = to
    locked.state = State.IN_REVIEW if to else State.OPEN
    locked.save(update_fields=["assignee", "state"])
    audit.enter("flag.assigned", actor=actor, target=locked, to=to.pk if to else None)
    return locked


@transaction.atomic
def decide(
    *, flag: Flag, outcome: str, actor: User, note: str = "", told: str = "", template: DecisionTemplate | None = None
) -> Flag:
    """Return the flag, upheld or dismissed; `told` is what a person who reported it reads. A template gives the words
    that are left empty."""
    locked = _locked(flag)
    if outcome not in (State.UPHELD, State.DISMISSED):
        raise Invalid(gettext("A flag is upheld or dismissed."), code="unknown_outcome")
    note, told = note or (template.note if template else ""), told or (template.told if template else "")
    locked.state, locked.decided_at, locked.decided_by = outcome, timezone.now(), actor
    locked.assignee = locked.assignee or actor
    locked.outcome = _words(told)
    locked.save(update_fields=["state", "decided_at", "decided_by", "assignee", "outcome"])
    if note.strip():
        FlagNote.objects.create(flag=locked, author=actor, text=_words(note))
    audit.enter("flag.decided", actor=actor, target=locked, outcome=str(outcome))
    return locked


@transaction.atomic
def reopen(*, flag: Flag, actor: User) -> Flag:
    """Return the flag, to be decided anew."""
    locked = _locked(flag)
    locked.state = State.IN_REVIEW if locked.assignee_id else State.OPEN
    locked.decided_at = locked.decided_by = None
    locked.save(update_fields=["state", "decided_at", "decided_by"])
    audit.enter("flag.decided", actor=actor, target=locked, outcome="open again")
    return locked


@transaction.atomic
def put_down(*, flag: Flag, text: str, actor: User) -> FlagNote:
    """Return a new note for the staff."""
    if not text.strip():
        raise Invalid(gettext("Write something first."), code="empty_note")
    note = FlagNote.objects.create(flag=flag, author=actor, text=_words(text))
    audit.enter("flag.noted", actor=actor, target=flag)
    return note


def suspend(*, flag: Flag, actor: User, told: str = "") -> None:
    """Suspend whose conversation it is in; raises NotAllowed for oneself and, but by an administrator, for staff."""
    if not _may_suspend(flag, actor):
        raise NotAllowed(gettext("You may not suspend this person."), code="may_not_suspend")
    suspension.suspend(user=flag.user, told=told, flag=str(flag.pk))


def lift(*, flag: Flag, actor: User) -> None:
    """Let whose conversation it is in come in again; raises NotAllowed where they could not have been suspended."""
    if not _may_suspend(flag, actor):
        raise NotAllowed(gettext("You may not let this person in again."), code="may_not_suspend")
    suspension.lift(user=flag.user)


def _may_suspend(flag: Flag, actor: User) -> bool:
    is_staff = flag.user.is_staff or flag.user.is_superuser
    return flag.user != actor and (actor.is_superuser or not is_staff)


def _locked(flag: Flag) -> Flag:
    locked = Flag.objects.select_for_update().filter(pk=flag.pk).first()
    if locked is None:
        raise NotFound
    return locked


def _words(text: str) -> str:
    text = text.strip()
    check_characters(text)
    if len(text) > WORDS_CHARACTERS:
        raise Invalid(
            gettext("Write %(words_characters)s characters at most.") % {"words_characters": WORDS_CHARACTERS},
            code="too_long",
        )
    return text
