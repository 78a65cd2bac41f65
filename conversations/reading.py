"""Reading what others have said: with the permission, for a reason, for a while, and in view of who said it."""

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.models import User

from .errors import Invalid, NotAllowed, NotFound
from .models import Conversation, ReadingGrant
from .models.conversation import ConversationQuerySet
from .retention import holds
from .turns import check_characters

PERMISSION, SEE_HOLDS = "conversations.read_text", "conversations.view_legalhold"
REASON_LEAST_CHARACTERS = 10
REASON_MOST_CHARACTERS = 500
# How many of the last readings their owner is shown.
TOLD = 200


def find(*, conversation_id: uuid.UUID, staff: User) -> Conversation:
    """Return anybody's conversation that this member of the staff may know of; raises NotFound."""
    try:
        return known_to(staff).select_related("owner", "leaf").get(pk=conversation_id)
    except Conversation.DoesNotExist:
        raise NotFound from None


def known_to(staff: User) -> ConversationQuerySet:
    """Return the conversations that this member of the staff may know of."""
    there = Q(deleted_at=None)
    return Conversation.everything.filter(there | _gone() if may_know_of_gone(staff) else there)


def gone() -> ConversationQuerySet:
    """Return what its owner has deleted and a legal hold keeps."""
    return Conversation.everything.filter(_gone())


def may_know_of_gone(staff: User) -> bool:
    """Whether this member of the staff may know of what is deleted and held: who may see holds, and read.

    A hold on words tells what was said in what it holds.
    """
    return staff.has_perms([PERMISSION, SEE_HOLDS])


def _gone() -> Q:
    return Q(deleted_at__isnull=False) & holds.held()


def grant(*, conversation: Conversation, reader: User, reason: str) -> ReadingGrant:
    """Return the grant to read this conversation for `READING_GRANT_MINUTES`; raises NotAllowed or Invalid."""
    check_allowed(conversation=conversation, reader=reader)
    reason = check_reason(reason, and_then=gettext("The owner will read it."))
    expires_at = timezone.now() + datetime.timedelta(minutes=settings.READING_GRANT_MINUTES)
    with transaction.atomic():
        made = ReadingGrant.objects.create(
            owner_id=conversation.owner_id,
            conversation=conversation,
            reader=reader,
            reason=reason,
            expires_at=expires_at,
        )
        audit.enter(
            "text.opened",
            actor=reader,
            target=conversation,
            reason=reason,
            minutes=round(settings.READING_GRANT_MINUTES),
        )
    return made


def check_reason(reason: str, *, and_then: str = "") -> str:
    """Return a reason without needless spaces; raises Invalid, where it is too short with what becomes of it."""
    reason = " ".join(reason.split())
    check_characters(reason)
    if len(reason) < REASON_LEAST_CHARACTERS:
        sentence = gettext("Give a reason of at least %(reason_least_characters)s characters.") % {
            "reason_least_characters": REASON_LEAST_CHARACTERS
        }
        raise Invalid(f"{sentence} {and_then}".strip(), code="reason_too_short")
    if len(reason) > REASON_MOST_CHARACTERS:
        raise Invalid(
            gettext("A reason has %(reason_most_characters)s characters at most.")
            % {"reason_most_characters": REASON_MOST_CHARACTERS},
            code="reason_too_long",
        )
    return reason


def check_allowed(*, conversation: Conversation, reader: User) -> None:
    """Raise NotAllowed unless this person may ask to read, which is entered in the ledger."""
    if not reader.has_perm(PERMISSION):
        audit.enter("text.refused", actor=reader, target=conversation)
        raise NotAllowed(gettext("You may see that this conversation exists, and not what was said in it."))


def grant_of(*, conversation: Conversation, reader: User) -> ReadingGrant | None:
    """Return the grant by which this person may read the conversation now, None without one."""
    if not reader.has_perm(PERMISSION):
        return None
    return ReadingGrant.objects.open().filter(conversation=conversation, reader=reader).first()


def note_view(*, grant: ReadingGrant, conversation: Conversation, reader: User, **details: Any) -> None:
    """Enter that a page of text is about to be shown; if that cannot be entered, it must not be."""
    with transaction.atomic():
        ReadingGrant.objects.filter(pk=grant.pk).update(views=F("views") + 1, viewed_at=timezone.now())
        audit.enter("text.read", actor=reader, target=conversation, grant=grant.pk, **details)


def of_owner(*, owner: User) -> list[ReadingGrant]:
    """Return the last readings of what this person has said, the newest first."""
    return list(ReadingGrant.objects.visible_to(owner).select_related("reader", "conversation")[:TOLD])


def of_conversation(*, conversation: Conversation) -> list[ReadingGrant]:
    """Return the last readings of a conversation, the newest first."""
    return list(ReadingGrant.objects.filter(conversation=conversation).select_related("reader")[:TOLD])
