"""What a person can do with share links: make one, see which there are, revoke one; and what whoever has one reads."""

import datetime
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit, minting

from .errors import ChatError, IdTaken, Invalid, NotFound, OverQuota, TurnRunning
from .models import Attachment, Conversation, Message, ShareLink, Turn

# 192 bits: nobody finds one by trying.
TOKEN_BYTES = 24
# How long a link may live, in days; 0 is until it is revoked.
LIVES = {1: _("In a day"), 7: _("In a week"), 30: _("In 30 days"), 90: _("In 90 days"), 0: _("When you revoke it")}
USUAL_LIFE = 30
LINKS_MAX = 500
TURNS_SHOWN = 50
ALL_TURNS = 1_000_000


class SharingOff(ChatError):
    status = 403
    code = "sharing_off"
    detail = _("Sharing is turned off on this server.")


@dataclass(frozen=True, slots=True)
class Shared:
    """A part of what a link shows, oldest first, each turn with its messages, and which part of how many it is."""

    link: ShareLink
    turns: list[tuple[Turn, list[Message]]]
    page: int
    pages: int


@transaction.atomic
def make(
    *,
    conversation: Conversation,
    owner: Any,
    days: int = USUAL_LIFE,
    with_name: bool = False,
    with_work: bool = False,
    with_images: bool = False,
    branch: uuid.UUID | None = None,
    id: uuid.UUID | None = None,
) -> tuple[ShareLink, str]:
    """Return a new link to the open branch, or the one that ends in `branch`, as it stands, and its only token.

    By default it shows no name, no thoughts and tool calls, and of files their names only.
    Raises SharingOff, Invalid, NotFound, TurnRunning, IdTaken or OverQuota.
    """
    if not settings.SHARING:
        raise SharingOff
    if days not in LIVES:
        raise Invalid(
            gettext("A link lives for one of these days: %(lives)s.") % {"lives": ", ".join(map(str, LIVES))},
            code="invalid_days",
        )
    wanted = branch or conversation.leaf_id
    leaf = conversation.turns.filter(pk=wanted).first() if wanted else None
    if leaf is None:
        if branch:
            raise NotFound
        raise Invalid(gettext("Nothing was said here yet."), code="nothing_to_share")
    if leaf.is_open:
        raise TurnRunning(turn=str(leaf.pk))
    if ShareLink.objects.filter(owner=owner).count() >= LINKS_MAX:
        raise OverQuota(
            gettext("You have %(links_max)s links. Revoked ones count until their chats are deleted.")
            % {"links_max": LINKS_MAX},
            retry_after=60,
        )
    if id is not None and ShareLink.objects.filter(pk=id).exists():
        raise IdTaken(
            gettext("This link was made already. Only then could it be seen; make another one if you need it.")
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ShareLink.objects.create(
        id=id or uuid.uuid4(),
        owner=owner,
        conversation=conversation,
        leaf=leaf,
        title=conversation.title,
        digest=minting.digest(token),
        with_name=with_name,
        with_work=with_work,
        with_images=with_images,
        expires_at=timezone.now() + datetime.timedelta(days=days) if days else None,
    )
    shown = {"name": with_name, "work": with_work, "images": with_images}
    audit.enter("link.made", actor=owner, target=link, conversation=str(conversation.pk), days=days, shows=shown)
    return link, token


def find(*, link_id, user) -> ShareLink:
    """Return the link if it is this person's; raises NotFound."""
    try:
        return ShareLink.objects.visible_to(user).select_related("conversation").get(pk=link_id)
    except ShareLink.DoesNotExist:
        raise NotFound from None


def listed(*, user, conversation: Conversation | None = None) -> list[ShareLink]:
    """Return the links of a person, or those to one conversation, the newest first."""
    found = ShareLink.objects.visible_to(user).select_related("conversation")
    return list(found if conversation is None else found.filter(conversation=conversation))


@transaction.atomic
def revoke(*, link: ShareLink) -> ShareLink:
    """Return the link, which leads nowhere from now on."""
    if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.enter("link.revoked", target=link, conversation=str(link.conversation_id))
    link.refresh_from_db(fields=["revoked_at"])
    return link


def opened(*, token: str) -> ShareLink:
    """Return the link of a token, if it leads somewhere; raises NotFound in every other case alike."""
    if not settings.SHARING:
        raise NotFound
    link = ShareLink.objects.alive().select_related("owner").filter(digest=minting.digest(token)).first()
    # What is gone for its owner is gone for everybody.
    if link is None or not ShareLink.objects.visible_to(link.owner).filter(pk=link.pk).exists():
        raise NotFound
    return link


def read(*, link: ShareLink, page: int = 1) -> Shared:
    """Return a part of what a link shows, which is nothing that was said after it was made; raises NotFound."""
    ids = Turn.objects.branch_ids(link.leaf_id, ALL_TURNS)[::-1]
    pages = max(1, -(-len(ids) // TURNS_SHOWN))
    if not 1 <= page <= pages:
        raise NotFound
    some = ids[(page - 1) * TURNS_SHOWN : page * TURNS_SHOWN]
    turns = Turn.objects.filter(pk__in=some).order_by("depth").with_messages()
    return Shared(link, [(turn, _messages(link, turn)) for turn in turns], page, pages)


def _messages(link: ShareLink, turn: Turn) -> list[Message]:
    """Return the messages of a turn as far as a link shows them."""
    said = list(turn.messages.all())
    if not link.with_work:
        said = [message for message in said if message.role != Message.Role.TOOL]
        for message in said:
            # Nobody keeps this row.
            message.thinking = ""
    return [message for message in said if message.role != Message.Role.ASSISTANT or message.text or message.thinking]


def image(*, link: ShareLink, attachment_id: uuid.UUID) -> Attachment:
    """Return an attachment whose picture a link shows; raises NotFound for any other."""
    found = Attachment.objects.select_related("file", "message").filter(pk=attachment_id).first()
    if not link.with_images or found is None or found.message is None or not found.file.image:
        raise NotFound
    if found.message.role != Message.Role.USER or found.message.turn_id not in set(
        Turn.objects.branch_ids(link.leaf_id, ALL_TURNS)
    ):
        raise NotFound
    return found
