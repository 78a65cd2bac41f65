"""Looking for words in what others have said: with the permission to read, for a reason, and nothing is shown of it but
where it is."""

from dataclasses import dataclass

from django.utils.translation import gettext

from accounts import audit
from accounts.models import User
from accounts.recording import without_addresses

from . import reading, search
from .errors import NotAllowed
from .models import Conversation, ReadingGrant
from .turns import check_characters

CONVERSATIONS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation that holds it, and how often; what it says there only for whoever has a grant to read it."""

    conversation: Conversation
    finds: int
    grant: ReadingGrant | None
    excerpts: list[list[search.Piece]]


@dataclass(frozen=True, slots=True)
class Found:
    """The conversations with the newest finds, and how many there are; `is_cut` where older finds were not counted."""

    places: list[Place]
    conversations: int
    finds: int
    is_cut: bool


def find(*, typed: str, searcher: User, reason: str, owner: User | None = None) -> Found:
    """Return where anybody's titles and messages hold `typed`, or those of `owner`; entered in the ledger before it is
    told. Raises Invalid or NotAllowed."""
    check_allowed(searcher=searcher)
    reason = reading.check_reason(reason)
    check_characters(typed)
    finds = search.finds(typed=typed, owner_id=owner.pk if owner else None)
    counted = finds.by_conversation
    audit.enter(
        "text.searched",
        actor=searcher,
        whom=owner,
        words=without_addresses(typed),
        reason=reason,
        conversations=len(counted),
        finds=sum(counted.values()),
    )
    shown = list(counted)[:CONVERSATIONS_SHOWN]
    rows = Conversation.objects.filter(pk__in=shown).select_related("owner").defer("title", "instructions").in_bulk()
    grants = {
        each.conversation_id: each
        for each in ReadingGrant.objects.open().filter(reader=searcher, conversation__in=shown).order_by("created_at")
    }
    places = [_place(rows[pk], counted[pk], grants.get(pk), searcher, typed) for pk in shown if pk in rows]
    return Found(places, len(counted), sum(counted.values()), finds.is_cut)


def check_allowed(*, searcher: User) -> None:
    """Raise NotAllowed unless this person may search, which is entered in the ledger."""
    if not searcher.has_perm(reading.PERMISSION):
        audit.enter("text.refused", actor=searcher)
        raise NotAllowed(gettext("To search what was said, you need the permission to read conversations."))


def _place(conversation: Conversation, finds: int, grant: ReadingGrant | None, searcher: User, typed: str) -> Place:
    if grant is None:
        return Place(conversation, finds, None, [])
    # Even a line of it is reading.
    reading.note_view(grant=grant, conversation=conversation, reader=searcher, searched=True)
    return Place(conversation, finds, grant, search.excerpts(conversation=conversation, typed=typed))
