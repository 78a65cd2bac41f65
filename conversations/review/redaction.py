"""Removing a message: from every page, export, link, search and prompt. What it was is destroyed, or kept sealed."""

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable
from functools import partial

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from chatsite import languages

from .. import events, live, runner, search, summaries, work
from ..errors import Invalid, NotAllowed, NotFound, UnderHold
from ..models import (
    Attachment,
    ContextDigest,
    Conversation,
    Feedback,
    Message,
    Redaction,
    SearchEntry,
    ShareLink,
    Summary,
    Turn,
)
from ..retention import holds
from ..turns import check_characters

PERMISSION = "conversations.redact_message"
REASON_LEAST_CHARACTERS, REASON_MOST_CHARACTERS = 10, 500
REMOVED = "[This message was removed by a moderator.]"
HELD = _("This chat is under a legal hold: nothing in it can be removed before the hold ends. Nothing was removed.")
Role = Message.Role


class Sealed(Invalid):
    code = "cannot_be_opened"
    detail = _("The original is not kept, or was sealed with another SECRET_KEY.")


def redact(*, message_id: uuid.UUID, by: User, reason: str) -> list[Message]:
    """Return the messages that were removed: this one and what repeats it, such as the same question asked again.

    An answer that is being written is stopped. Raises NotAllowed, Invalid, NotFound or UnderHold.
    """
    if not by.has_perm(PERMISSION):
        raise NotAllowed(gettext("You may not remove messages."), code="may_not_redact")
    reason = " ".join(reason.split())
    check_characters(reason)
    if not REASON_LEAST_CHARACTERS <= len(reason) <= REASON_MOST_CHARACTERS:
        raise Invalid(
            gettext("Give a reason of %(least)s to %(most)s characters.")
            % {"least": REASON_LEAST_CHARACTERS, "most": REASON_MOST_CHARACTERS},
            code="reason_too_short",
        )
    with transaction.atomic():
        # The conversation first, as everywhere.
        everything = Conversation.everything.select_for_update(of=("self",))
        conversation = everything.filter(turns__messages=message_id).first()
        if conversation is None:
            raise NotFound
        if holds.is_held(conversation):
            # It must stay what it is; and a hold on words would not find it any more.
            raise UnderHold(HELD)
        message = Message.objects.select_related("turn").get(pk=message_id)
        found = _repeating(message)
        _stop(found)
        _forget_what_was_made_of_it(conversation, found)
        for each in found:
            _remove(each, by, reason)
            audit.enter("message.redacted", actor=by, target=each, whom=conversation.owner_id, role=each.role)
        news = [events.message_redacted(each) for each in found]
        transaction.on_commit(partial(live.publish, conversation.pk, *news, owner=conversation.owner_id))
        told = events.conversation_updated(conversation)
        transaction.on_commit(partial(live.publish, conversation.pk, told, owner=conversation.owner_id))
    return found


def original(*, redaction: Redaction, actor: User | None, reason: str) -> dict[str, str]:
    """Return the text and thoughts of a removed message, where they were kept; it is entered that they were read."""
    if redaction.original is None:
        raise Sealed
    try:
        opened = _seal().decrypt(bytes(redaction.original))
    except InvalidToken:
        raise Sealed from None
    audit.enter("message.unsealed", actor=actor, target=redaction.message, reason=reason)
    return json.loads(opened)


def _repeating(message: Message) -> list[Message]:
    """Return a message with all that say the same: a question that was asked again, an answer that was gone on with,
    and what its tools said."""
    turn = message.turn
    of_conversation = Message.objects.filter(turn__conversation=turn.conversation_id, redacted_at=None)
    if message.role == Role.USER:
        turns = Turn.objects.filter(conversation=turn.conversation_id, messages__role=Role.USER)
        alike = of_conversation.filter(role=Role.USER, text=message.text, turn__in=turns)
        if not message.text:
            # Files alone say the same if they are the same.
            alike = alike.filter(attachments__file__in=_files(message)).distinct()
        found = list(alike.select_related("turn"))
    else:
        chain = _chain(turn)
        found = list(of_conversation.exclude(role=Role.USER).filter(turn__in=chain).select_related("turn"))
    if message.redacted_at is None and message not in found:
        found.append(message)
    return found


def _chain(turn: Turn) -> set[uuid.UUID]:
    """Return the turns of one answer: those that it goes on with, and those that go on with it."""
    pairs = Turn.objects.filter(conversation=turn.conversation_id).exclude(continues=None)
    ways: dict[uuid.UUID, set[uuid.UUID]] = {}
    for here, there in pairs.values_list("pk", "continues_id"):
        ways.setdefault(here, set()).add(there)
        ways.setdefault(there, set()).add(here)
    found, look = {turn.pk}, [turn.pk]
    while look:
        for further in ways.get(look.pop(), set()) - found:
            found.add(further)
            look.append(further)
    return found


def _stop(found: Iterable[Message]) -> None:
    for turn in {each.turn_id: each.turn for each in found}.values():
        if turn.is_open:
            Turn.objects.open().filter(pk=turn.pk, stop_requested_at=None).update(stop_requested_at=timezone.now())
            transaction.on_commit(partial(runner.stop, turn.pk))


def _remove(message: Message, by: User, reason: str) -> None:
    kept = json.dumps({"text": message.text, "thinking": message.thinking, "tool_run": message.tool_run}).encode()
    Redaction.objects.create(
        message=message, by=by, reason=reason, original=_seal().encrypt(kept) if settings.REDACTION_KEEPS else None
    )
    message.text, message.thinking, message.tool_calls, message.redacted_at = REMOVED, "", [], timezone.now()
    message.tool_run = {name: value for name, value in message.tool_run.items() if name != "arguments"}
    message.seq += 1
    message.save(update_fields=["text", "thinking", "tool_calls", "tool_run", "redacted_at", "seq"])


def _forget_what_was_made_of_it(conversation: Conversation, found: list[Message]) -> None:
    """Let nothing stand that was made of these messages: finds, digests, summaries, titles, files, opinions."""
    ids = [each.pk for each in found]
    # Whoever has read them for a title, a summary or a digest keeps nothing of it, and reads again.
    work.take_back(conversation)
    SearchEntry.objects.filter(message__in=ids).delete()
    Feedback.objects.filter(message__in=ids).exclude(reason="").update(reason="")
    # What was condensed or summed up may say it in other words.
    ContextDigest.objects.filter(conversation=conversation).delete()
    cleared = {"text": "", "topics": [], "outcomes": [], "sentiment": "", "state": Summary.State.PENDING}
    if Summary.objects.filter(conversation=conversation).update(**cleared):
        for summary in conversation.summaries.all():
            summaries.write_again(summary)
    # Also where another question was asked of them.
    files = Attachment.objects.filter(file__in=_files(*found), message__turn__conversation=conversation)
    if files.exists():
        for each in files:
            # One by one, so that the bytes go with the last of them.
            each.delete()
        conversation.turns.exclude(included=[]).update(included=[])
    _forget_titles(conversation, found)


def _forget_titles(conversation: Conversation, found: list[Message]) -> None:
    """Let no title stand that was made of these messages, in the chat or on its links."""
    with languages.speaking_to(conversation.owner):
        new_title = gettext("New chat")
    chosen = conversation.title_by == Conversation.TitleBy.PERSON
    # A model titles by the answer as well.
    by_model = conversation.title_by == Conversation.TitleBy.MODEL
    if not chosen and (by_model or any(each.role == Role.USER for each in found)):
        conversation.title, conversation.title_by = new_title, Conversation.TitleBy.PERSON
        conversation.save(update_fields=["title", "title_by"])
        search.keep_title(conversation)
    # Links keep the title of their day, which may have been made of it whatever the title is now.
    ShareLink.objects.filter(conversation=conversation).exclude(title=conversation.title).update(title=new_title)


def _files(*messages: Message) -> list[uuid.UUID]:
    return list(Attachment.objects.filter(message__in=messages).values_list("file", flat=True))


def _seal() -> Fernet:
    key = hashlib.sha256(b"conversations.redaction" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
