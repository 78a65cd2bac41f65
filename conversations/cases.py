"""Taking conversations of others along for a case: by the permission to read, for a reason, in view of their owners."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.audit import verification
from accounts.models import User

from . import exports, reading
from .errors import Invalid, NotAllowed, NotFound
from .exports import record
from .models import Conversation, Flag

# Their ids stand in an address, of which a proxy takes 8 kB.
MOST_CONVERSATIONS = 100


def chosen(
    *, maker: User, ids: Iterable[uuid.UUID] = (), owner: User | None = None, flag_id: uuid.UUID | None = None
) -> list:
    """Return the ids of the conversations of a case: those named, or all of a person, or the one of a flag, the oldest
    first, as far as its maker may know of them. Raises Invalid or NotFound."""
    wanted: set[uuid.UUID | None] = set(ids)
    if flag_id is not None:
        wanted.add(Flag.objects.filter(pk=flag_id).values_list("conversation_id", flat=True).first())
    known = reading.known_to(maker)
    there = known.filter(owner=owner) if owner else known.filter(pk__in=[pk for pk in wanted if pk])
    found = list(there.order_by("created_at", "pk").values_list("pk", flat=True)[: MOST_CONVERSATIONS + 1])
    if len(found) > MOST_CONVERSATIONS:
        sentence = gettext(
            "A case has %(most_conversations)s conversations at most. Narrow the list, and choose from it."
        ) % {"most_conversations": MOST_CONVERSATIONS}
        raise Invalid(sentence, code="case_too_large")
    if not owner and len(found) != len(wanted):
        raise NotFound
    return found


def make(*, ids: list[uuid.UUID], maker: User, reason: str) -> exports.Export:
    """Return the archive of these conversations. Their owners are told as of a reading, before anything is written; the
    ledger has the digest of the archive before it leaves. Raises Invalid, NotAllowed, NotFound or OverQuota."""
    check_allowed(maker=maker)
    reason = reading.check_reason(reason, and_then=gettext("The owners will read it."))
    if not ids:
        raise Invalid(gettext("Choose conversations first."), code="case_of_nothing")
    case = uuid.uuid4()
    found: list[tuple[uuid.UUID, Any]] = []

    def open_all() -> None:
        with transaction.atomic():
            for pk in ids:
                conversation = reading.find(conversation_id=pk, staff=maker)
                grant = reading.grant(conversation=conversation, reader=maker, reason=reason)
                reading.note_view(grant=grant, conversation=conversation, reader=maker, case=case)
                found.append((pk, grant.pk))

    def write(target: IO[bytes]) -> None:
        open_all()
        exports.pack_case(_read(ids, maker), _about(case, maker, reason, found), target)

    def enter(file: IO[bytes]) -> None:
        digest, size = _digest(file)
        owners = set(Conversation.everything.filter(pk__in=ids).values_list("owner_id", flat=True))
        audit.enter(
            "case.exported",
            actor=maker,
            whom=owners.pop() if len(owners) == 1 else None,
            case=case,
            reason=reason,
            conversations=ids,
            sha256=digest,
            bytes=size,
        )

    return exports.make_case(user=maker, name=f"case-{case}.zip", write=write, enter=enter)


def check_allowed(*, maker: User) -> None:
    """Raise NotAllowed unless this person may take what others said along, which is entered in the ledger."""
    if not maker.has_perm(reading.PERMISSION):
        audit.enter("text.refused", actor=maker)
        raise NotAllowed(gettext("To take conversations along, you need the permission to read them."))


def _read(ids: list[uuid.UUID], maker: User) -> Iterator[Conversation]:
    """Yield the conversations one by one; raises NotFound for one that was deleted meanwhile."""
    for pk in ids:
        yield reading.find(conversation_id=pk, staff=maker)


def _about(case: uuid.UUID, maker: User, reason: str, found: list[tuple[uuid.UUID, Any]]) -> dict[str, Any]:
    head = verification.head()
    owners = dict(Conversation.everything.filter(pk__in=[pk for pk, _ in found]).values_list("pk", "owner__email"))
    return {
        "id": str(case),
        "made_by": {"id": str(maker.pk), "email": maker.email},
        "made_at": record.moment(timezone.now()),
        "reason": reason,
        # Of an entry that is not older than the readings by which this was made.
        "ledger": {"number": head.number, "hash": head.hash} if head else None,
        "conversations": [{"id": str(pk), "owner": owners.get(pk), "reading": str(grant)} for pk, grant in found],
    }


def _digest(file: IO[bytes]) -> tuple[str, int]:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := file.read(exports.PIECE_BYTES):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size
