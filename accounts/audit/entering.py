"""Putting down what was done: the two verbs that everybody else uses."""

import datetime
import json
import logging
import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from ..models import AuditEntry, User
from ..models.audit_entry import ADDRESS_CHARACTERS, ID_CHARACTERS
from . import chain, origin
from .actions import ACTIONS
from .people import email_digest

logger = logging.getLogger(__name__)

# How long others may keep the end of the chain before what is to be entered fails, or is let go on without.
ENTER_SECONDS = 5.0
NOTE_SECONDS = 2.0
TEXT_CHARACTERS = 500
# More than there are rights to give: of those none must stay unsaid.
LIST_LENGTH = 500


def enter(
    action: str,
    *,
    actor: User | None = None,
    target: models.Model | None = None,
    whom: User | uuid.UUID | None = None,
    email: str = "",
    **details: Any,
) -> AuditEntry:
    """Return the entry of what was done; if it cannot be made, neither can what it tells of.

    Enter last in the transaction that does it. Without an `actor` it is whoever sent the request; without `whom` it is
    the owner of the target. Of an `email` only a keyed digest is kept. No message, title, file name or secret belongs
    into the details. Raises `DatabaseError`.
    """
    values = _values(action, actor, target, whom, email, details)
    return chain.append(values, wait_seconds=ENTER_SECONDS)


def note(
    action: str,
    *,
    actor: User | None = None,
    target: models.Model | None = None,
    whom: User | uuid.UUID | None = None,
    email: str = "",
    **details: Any,
) -> None:
    """Enter what was done, for what must not fail because the ledger is slow: it is entered later then, by a job."""
    values = _values(action, actor, target, whom, email, details)
    try:
        # Within a transaction, what fails is undone up to here, and the transaction goes on.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            chain.append(values, wait_seconds=NOTE_SECONDS)
    except DatabaseError as error:
        logger.error("The ledger could not take %s at once (%s); a job tries again.", action, type(error).__name__)
        _enter_later(values)


def enter_late(values: dict[str, Any]) -> AuditEntry:
    """Return the entry of something that was done a while ago, as `note` prepared it; it keeps its moment."""
    at = datetime.datetime.fromisoformat(values["at"])
    ids = {name: values[name] and uuid.UUID(values[name]) for name in ("actor_id", "whom_id")}
    details = _spell({**json.loads(values["details"]), "late": True})
    return chain.append({**values, **ids, "at": at, "details": details}, wait_seconds=ENTER_SECONDS)


def _enter_later(values: dict[str, Any]) -> None:
    from .. import jobs

    plain = {name: None if value is None else str(value) for name, value in values.items()}
    try:
        jobs.queue_entry(plain)
    except Exception:
        # The last resort: whoever keeps the log has it.
        logger.exception("Not in the ledger: %s", json.dumps(plain))


def _values(
    action: str,
    actor: User | None,
    target: models.Model | None,
    whom: User | uuid.UUID | None,
    email: str,
    details: dict[str, Any],
) -> dict[str, Any]:
    if action not in ACTIONS:
        raise ValueError(f"The ledger has no words for {action}.")
    came = origin.current()
    actor = actor or came.actor
    return {
        "at": timezone.now(),
        "action": action,
        "actor_id": actor.pk if actor else None,
        "whom_id": _person(whom) or _owner(target),
        "email_digest": email_digest(email) if email else "",
        "target_kind": target._meta.model_name or "" if target is not None else "",
        "target_id": str(target.pk)[:ID_CHARACTERS] if target is not None else "",
        "address": came.address[:ADDRESS_CHARACTERS],
        "request_id": came.request_id[:ID_CHARACTERS],
        "details": _spell(details),
    }


def _person(whom: User | uuid.UUID | None) -> uuid.UUID | None:
    return whom.pk if isinstance(whom, User) else whom


def _owner(target: models.Model | None) -> uuid.UUID | None:
    """Return whose thing it is, as far as the thing itself says so."""
    if isinstance(target, User):
        return target.pk
    for name in ("owner_id", "user_id"):
        if isinstance(found := getattr(target, name, None), uuid.UUID):
            return found
    return None


def _spell(details: Mapping[str, Any]) -> str:
    """Return details in the one spelling that they have in the ledger: ASCII, sorted, each text cut to a sentence."""
    return json.dumps(_plain(details), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        told = [_plain(each) for each in list(value)[:LIST_LENGTH]]
        return told if len(value) <= LIST_LENGTH else [*told, f"and {len(value) - LIST_LENGTH} more"]
    if isinstance(value, Decimal | float):
        return format(value, "f" if isinstance(value, Decimal) else "")
    return str(value)[:TEXT_CHARACTERS]
