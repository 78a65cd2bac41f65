"""Whether a tool may run that asks first: the question stands in the row of its call, and so does the answer."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit

from .errors import Invalid, NotFound, NotWaiting
from .models import Message, Turn

# Why a call was not allowed where nobody said so.
NOBODY = "nobody"


def ask(message: Message) -> Message:
    """Return the row of a call, which waits for its person from now on."""
    with transaction.atomic():
        return _change(_locked(message.pk), {"asks": True})


def look(message: Message) -> Message:
    """Return the row of a call as it stands now."""
    return Message.objects.get(pk=message.pk)


def give_up(message: Message) -> Message:
    """Return the row of a call for which nobody answered in time: it is not allowed."""
    with transaction.atomic():
        row = _locked(message.pk)
        return _change(row, {"allowed": False, "by": NOBODY}) if row.waits_for_permission else row


def decide(*, turn: Turn, message_id, allow: bool) -> Message:
    """Return the row of a call that the person allows or refuses; raises NotFound or, too late, NotWaiting."""
    with transaction.atomic():
        try:
            row = _locked(message_id)
        except Message.DoesNotExist:
            raise NotFound from None
        if row.turn_id != turn.pk or row.role != Message.Role.TOOL:
            raise NotFound
        if not row.waits_for_permission:
            raise NotWaiting
        decided = {"allowed": allow, "by": "person", "decided_at": timezone.now().isoformat(timespec="seconds")}
        _change(row, decided)
        action = "tool.allowed" if allow else "tool.refused"
        audit.enter(action, target=turn, whom=turn.author_id, tool=row.tool_name, message=row.pk)
        return row


def read(value: str) -> bool:
    """Return what a form's field says; raises Invalid."""
    if value not in {"yes", "no"}:
        raise Invalid(gettext("Say yes or no."), code="invalid_choice")
    return value == "yes"


def _locked(message_id) -> Message:
    # Only this column is changed, and nobody who refers to the row need wait.
    return Message.objects.select_for_update(no_key=True).get(pk=message_id)


def _change(row: Message, more: dict) -> Message:
    row.tool_run = {**row.tool_run, **more}
    row.save(update_fields=["tool_run"])
    return row
