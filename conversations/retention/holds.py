"""Legal holds: what is held is deleted by nobody, neither its owner nor a policy, before the hold has ended."""

import datetime
import uuid

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.models import User
from accounts.recording import without_addresses

from .. import search
from ..errors import Invalid, NotAllowed, NotFound
from ..models import Conversation, LegalHold, RetentionPolicy
from ..turns import check_characters

READ_TEXT = "conversations.read_text"
REASON_LEAST_CHARACTERS = 10
REASON_MOST_CHARACTERS = 1000


def place(
    *,
    by: User,
    reason: str,
    owner_id: uuid.UUID | None = None,
    conversation_id: uuid.UUID | None = None,
    words: str = "",
    ends_at: datetime.datetime | None = None,
) -> LegalHold:
    """Return the new hold on one conversation, or on those of a person, that hold words, or both.

    Raises Invalid, NotAllowed or NotFound.
    """
    hold = draft(by=by, reason=reason, owner_id=owner_id, conversation_id=conversation_id, words=words, ends_at=ends_at)
    with transaction.atomic():
        if owner_id and not User.objects.select_for_update(no_key=True).filter(pk=owner_id).exists():
            raise NotFound
        # Whoever is deleting one of them now, or their usage, is waited for; whoever comes later sees the hold.
        list(RetentionPolicy.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        held = list(Conversation.everything.filter(_covered(hold)).select_for_update().order_by("pk").values_list("pk"))
        if conversation_id and not held:
            raise NotFound
        hold.save(force_insert=True)
        audit.enter(
            "hold.placed",
            actor=by,
            target=hold,
            reason=hold.reason,
            conversation=conversation_id,
            words=without_addresses(hold.words),
            until=hold.ends_at,
            conversations=len(held),
        )
    return hold


def draft(
    *,
    by: User,
    reason: str,
    owner_id: uuid.UUID | None = None,
    conversation_id: uuid.UUID | None = None,
    words: str = "",
    ends_at: datetime.datetime | None = None,
) -> LegalHold:
    """Return a hold that could be placed so, without placing it; raises Invalid or NotAllowed."""
    words = " ".join(words.split())
    check_characters(words)
    if conversation_id and (owner_id or words):
        raise Invalid(gettext("A hold is on one chat, or on a person or words, not on both."), code="hold_of_two_kinds")
    if not (conversation_id or owner_id or words):
        raise Invalid(gettext("Say what is held: a person, a chat, or words."), code="hold_of_nothing")
    # How many chats hold a word tells what was said in them.
    if words and not by.has_perm(READ_TEXT):
        raise NotAllowed(
            gettext("To hold what has certain words, you need the permission to read conversations as well.")
        )
    hold = LegalHold(
        owner_id=owner_id,
        conversation_id=conversation_id,
        words=words,
        reason=_reason(reason),
        placed_by=by,
        ends_at=_end(ends_at),
    )
    _covered(hold)
    return hold


def change_end(*, hold: LegalHold, by: User, ends_at: datetime.datetime | None) -> LegalHold:
    """Return the hold with another end, None until somebody ends it; raises Invalid."""
    with transaction.atomic():
        locked = LegalHold.objects.select_for_update().get(pk=hold.pk)
        if not locked.is_open:
            raise Invalid(gettext("This hold has ended. Place a new one."), code="hold_ended")
        locked.ends_at = _end(ends_at)
        locked.save(update_fields=["ends_at"])
        audit.enter("hold.changed", actor=by, target=locked, until=locked.ends_at)
    return locked


def end(*, hold: LegalHold, by: User) -> None:
    """End a hold; what its owner or a policy has deleted meanwhile goes now. One that has ended stays as it is."""
    with transaction.atomic():
        locked = LegalHold.objects.select_for_update().get(pk=hold.pk)
        if locked.ended_at is None:
            locked.ended_at = timezone.now()
            locked.save(update_fields=["ended_at"])
            audit.enter("hold.ended", actor=by, target=locked)


def end_over() -> int:
    """Put the end of the holds whose time has come into the ledger; return how many."""
    over = list(LegalHold.objects.over())
    for hold in over:
        with transaction.atomic():
            if LegalHold.objects.over().filter(pk=hold.pk).update(ended_at=timezone.now()):
                audit.enter("hold.ended", target=hold, because="its time has come")
    return len(over)


def held(*, by_words: bool = True) -> Q:
    """Return the condition that a conversation is held, not `by_words` only if that must not be told; takes one
    query."""
    condition = Q(pk__in=[])
    open_ones = LegalHold.objects.open()
    for hold in open_ones if by_words else open_ones.filter(words=""):
        condition |= _covered(hold)
    return condition


def is_held(conversation: Conversation) -> bool:
    """Whether a conversation, locked before, must not be deleted now."""
    return Conversation.everything.filter(held(), pk=conversation.pk).exists()


def count(hold: LegalHold) -> int:
    """Return how many conversations this hold covers, those that their owner has deleted included."""
    return Conversation.everything.filter(_covered(hold)).count()


def _covered(hold: LegalHold) -> Q:
    if hold.conversation_id:
        return Q(pk=hold.conversation_id)
    if not hold.words:
        return Q(owner=hold.owner_id)
    return search.anybodys(typed=hold.words, owner_id=hold.owner_id)


def _end(ends_at: datetime.datetime | None) -> datetime.datetime | None:
    if ends_at is not None and ends_at <= timezone.now():
        raise Invalid(gettext("A hold ends in the future, or when somebody ends it."), code="hold_ends_before")
    return ends_at


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    check_characters(reason)
    if len(reason) < REASON_LEAST_CHARACTERS:
        sentence = gettext("Give a reason of at least %(reason_least_characters)s characters.") % {
            "reason_least_characters": REASON_LEAST_CHARACTERS
        }
        raise Invalid(sentence, code="reason_too_short")
    if len(reason) > REASON_MOST_CHARACTERS:
        raise Invalid(
            gettext("A reason has %(reason_most_characters)s characters at most.")
            % {"reason_most_characters": REASON_MOST_CHARACTERS},
            code="reason_too_long",
        )
    return reason
