"""What a person can do with a whole conversation."""

import uuid
from functools import partial

from django.db import transaction

from . import events, live, runner
from .errors import Invalid, NotFound, TurnRunning
from .models import Conversation, Turn
from .turns import check_characters

TITLE_CHARACTERS = 200


def find(*, conversation_id, user) -> Conversation:
    """Return the conversation if this person may see it; raises NotFound."""
    try:
        return Conversation.objects.visible_to(user).select_related("leaf").get(pk=conversation_id)
    except Conversation.DoesNotExist:
        raise NotFound from None


def exists(*, conversation_id, user) -> bool:
    """Whether this person has such a conversation."""
    return Conversation.objects.visible_to(user).filter(pk=conversation_id).exists()


def rename(*, conversation: Conversation, title: str) -> Conversation:
    """Return the conversation with its new title."""
    title = " ".join(title.split())
    check_characters(title)
    if not title:
        raise Invalid("A title has at least one character.", code="empty_title")
    if len(title) > TITLE_CHARACTERS:
        raise Invalid(f"A title has {TITLE_CHARACTERS} characters at most.", code="title_too_long")
    conversation.title = title
    conversation.save(update_fields=["title"])
    _tell(conversation)
    return conversation


def end(*, conversation: Conversation) -> Conversation:
    """Return the conversation, marked as completed; the next question opens it again."""
    with transaction.atomic():
        conversation = _quiet(conversation)
        conversation.status = Conversation.Status.COMPLETED
        conversation.save(update_fields=["status"])
        _tell(conversation)
    return conversation


def switch(*, conversation: Conversation, turn: Turn) -> Conversation:
    """Return the conversation with the branch open that goes through `turn`, down its newest answers."""
    with transaction.atomic():
        conversation = _quiet(conversation)
        conversation.leaf = _newest_below(conversation, turn)
        conversation.save(update_fields=["leaf"])
        _tell(conversation)
    return conversation


def _quiet(conversation: Conversation) -> Conversation:
    """Return the conversation, locked, if no answer is being written in it; raises NotFound or TurnRunning."""
    locked = Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
    if locked is None:
        raise NotFound
    running = locked.turns.open().first()
    if running is not None:
        raise TurnRunning(turn=str(running.pk))
    return locked


def _newest_below(conversation: Conversation, turn: Turn) -> Turn:
    """Return the end of the branch that goes through `turn` and then always through the newest version."""
    children: dict[uuid.UUID | None, Turn] = {}
    # Oldest first, so that the newest child of each parent stays.
    for later in conversation.turns.filter(depth__gt=turn.depth).only("pk", "parent_id").order_by("created_at"):
        children[later.parent_id] = later
    leaf = turn
    while leaf.pk in children:
        leaf = children[leaf.pk]
    return leaf


def delete(*, conversation: Conversation) -> None:
    """Delete the conversation and all in it; an answer that is being written ends, and no row comes back."""
    conversation_id = str(conversation.pk)
    with transaction.atomic():
        # In the order in which everybody locks: the conversation, its turns, and the messages with them.
        for locked in Conversation.objects.select_for_update().filter(pk=conversation.pk):
            list(locked.turns.select_for_update().values_list("pk"))
            locked.delete()
    transaction.on_commit(partial(runner.forget_conversation, conversation_id))
    transaction.on_commit(partial(live.publish, conversation_id, events.conversation_deleted(conversation_id)))


def _tell(conversation: Conversation) -> None:
    news = events.conversation_updated(conversation)
    transaction.on_commit(partial(live.publish, conversation.pk, news))
