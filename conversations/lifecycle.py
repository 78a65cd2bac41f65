"""What a person can do with a whole conversation."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Callable, Collection
from copy import copy
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.models import User

from . import events, live, moderation, modes, parameters, runner, search, summaries, tags
from .errors import IdTaken, Invalid, NotFound, PreconditionFailed, TooLarge, TurnRunning, UnderHold
from .models import Conversation, Summary, Turn
from .retention import holds, policies
from .turns import check_characters, check_model

TITLE_CHARACTERS = 200
INSTRUCTIONS_MAX_BYTES = 32 * 1024
# So many turns of a long conversation are deleted at a time, so that others can write in between.
PURGED_TURNS = 200
# All that are pinned are listed at once.
PINNED_MAX = 200
# What makes one version of a conversation differ from another.
# Beside these, its tags do.
VERSION_FIELDS = (
    "title",
    "model",
    "mode",
    "instructions",
    "parameters",
    "status",
    "pinned",
    "archived",
    "leaf_id",
    "active_at",
)


def find(*, conversation_id, user) -> Conversation:
    """Return the conversation if this person may see it; raises NotFound."""
    try:
        return Conversation.objects.visible_to(user).select_related("leaf").get(pk=conversation_id)
    except Conversation.DoesNotExist:
        raise NotFound from None


def exists(*, conversation_id, user) -> bool:
    """Whether this person has such a conversation."""
    return Conversation.objects.visible_to(user).filter(pk=conversation_id).exists()


def version_of(conversation: Conversation) -> str:
    """Return a name for how the conversation stands, another one after each change and each word said."""
    standing = [str(getattr(conversation, name)) for name in VERSION_FIELDS] + conversation.tag_names
    return hashlib.sha256(json.dumps(standing).encode()).hexdigest()[:32]


def create(*, owner, id: uuid.UUID | None = None, **fields: Any) -> Conversation:
    """Return a new, empty conversation with these fields, and of the others what its owner begins with.

    Fields are title, model, mode, instructions and parameters; raises IdTaken, Invalid, TooLarge or RefusedByRule.
    """
    conversation = Conversation(pk=id or uuid.uuid4(), owner=owner, model=owner.default_model, mode=owner.default_mode)
    for name, value in _allowed(owner, fields).items():
        setattr(conversation, name, value)
    if conversation.title:
        conversation.title_by = Conversation.TitleBy.PERSON
    try:
        with transaction.atomic():
            conversation.save(force_insert=True)
            if conversation.title:
                search.keep_title(conversation)
    except IntegrityError:
        raise IdTaken from None
    return conversation


def change(
    *, conversation: Conversation, changes: dict[str, Any], expected: Collection[str] | None = None
) -> Conversation:
    """Return the conversation with all the changes or none: title, model, mode, instructions, parameters, pinned,
    archived, tags, leaf.

    `tags` are names, made if there are none yet; `leaf` is the id of a turn, and opens the branch that goes through
    it. `expected` names the versions that may be
    changed, None any; raises PreconditionFailed, NotFound, Invalid, TooLarge, TurnRunning or RefusedByRule.
    """
    changes = _allowed(conversation.owner, changes, before=conversation.instructions)
    names = changes.pop("tags", None)
    with transaction.atomic():
        locked = _locked(conversation, expected)
        chosen = None if names is None else tags.named(owner=conversation.owner, names=names)
        if changes.get("pinned") and not locked.pinned:
            _check_pins(locked)
        if "leaf" in changes:
            _check_quiet(locked)
            changes["leaf"] = newest_below(locked, _turn_of(locked, changes["leaf"]))
        if "title" in changes:
            changes["title_by"] = Conversation.TitleBy.PERSON
        differing = {name for name, value in changes.items() if getattr(locked, name) != value}
        if chosen is not None and {tag.pk for tag in chosen} != set(locked.tags.values_list("pk", flat=True)):
            differing.add("tags")
        if changes.get("pinned") and locked.owner.has_perm(policies.KEEP_PINNED):
            # What retention was about to delete is kept; it is told anew if it is unpinned.
            changes |= {"expires_at": None, "files_expire_at": None}
        for name, value in changes.items():
            setattr(locked, name, value)
        if changes:
            locked.save(update_fields=list(changes))
        if "title" in changes:
            search.keep_title(locked)
        if chosen is not None:
            tags.put(conversation=locked, tags=chosen)
        if changes or chosen is not None:
            _tell(locked)
        # To open another branch is to look, not to change; nor is to say again what is so.
        if changed := sorted(differing - {"leaf", "title_by"}):
            audit.enter("conversation.changed", target=locked, fields=changed)
    return locked


def rename(*, conversation: Conversation, title: str) -> Conversation:
    """Return the conversation with its new title."""
    return change(conversation=conversation, changes={"title": title})


def end(
    *, conversation: Conversation, by: str = Summary.EndedBy.PERSON, left_since: datetime.datetime | None = None
) -> Conversation:
    """Return the conversation, marked as completed, with a summary on its way; the next question opens it again.

    One that is completed already stays as it is. With `left_since` it only ends if nobody has had it open, and nothing
    was said, since then. Raises TurnRunning or NotFound.
    """
    # Before the lock: of a long conversation it takes a while.
    measured = summaries.measure(conversation) if conversation.status == Conversation.Status.ACTIVE else None
    with transaction.atomic():
        locked = _locked(conversation)
        if locked.status == Conversation.Status.COMPLETED or not _was_left(locked, left_since):
            return locked
        _check_quiet(locked)
        locked.status = Conversation.Status.COMPLETED
        locked.save(update_fields=["status"])
        if measured is None or not measured.holds_for(locked):
            measured = summaries.measure(locked)
        summaries.begin(conversation=locked, by=by, measured=measured)
        _tell(locked)
    return locked


def _was_left(conversation: Conversation, since: datetime.datetime | None) -> bool:
    if since is None:
        return True
    return conversation.seen_at is not None and max(conversation.seen_at, conversation.active_at) <= since


def switch(*, conversation: Conversation, turn: Turn) -> Conversation:
    """Return the conversation with the branch open that goes through `turn`, down its newest answers."""
    return change(conversation=conversation, changes={"leaf": turn.pk})


def _locked(conversation: Conversation, expected: Collection[str] | None = None) -> Conversation:
    """Return the conversation as it stands, locked; raises NotFound, or PreconditionFailed if it is not as expected."""
    locked = Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
    if locked is None:
        raise NotFound
    if expected is not None and version_of(locked) not in expected:
        raise PreconditionFailed
    return locked


def _check_quiet(conversation: Conversation) -> None:
    running = conversation.turns.open().first()
    if running is not None:
        raise TurnRunning(turn=str(running.pk))


def _check_pins(conversation: Conversation) -> None:
    """Raise Invalid where as many are pinned as the list shows at its top."""
    pinned = Conversation.objects.visible_to(conversation.owner).filter(pinned=True).count()
    if pinned >= PINNED_MAX:
        raise Invalid(
            gettext("At most %(pinned_max)s chats can be pinned. Unpin some first.") % {"pinned_max": PINNED_MAX},
            code="too_many_pinned",
        )


def _turn_of(conversation: Conversation, turn_id: uuid.UUID) -> Turn:
    turn = conversation.turns.filter(pk=turn_id).first()
    if turn is None:
        raise NotFound
    return turn


def newest_below(conversation: Conversation, turn: Turn) -> Turn:
    """Return the end of the branch that goes through `turn` and then always through the newest version."""
    children: dict[uuid.UUID | None, Turn] = {}
    # Oldest first, so that the newest child of each parent stays.
    for later in conversation.turns.filter(depth__gt=turn.depth).only("pk", "parent_id").order_by("created_at"):
        children[later.parent_id] = later
    leaf = turn
    while leaf.pk in children:
        leaf = children[leaf.pk]
    return leaf


def delete(*, conversation: Conversation, expected: Collection[str] | None = None) -> None:
    """Delete the conversation and all in it, for everybody and at once; an answer that is being written ends.

    For UNDO_DELETE_SECONDS `restore` brings it back, then it is gone for good. `expected` names the versions that may
    be deleted, None any; raises PreconditionFailed or NotFound.
    """
    with transaction.atomic():
        locked = _locked(conversation, expected)
        gone = copy(locked)
        if settings.UNDO_DELETE_SECONDS or holds.is_held(locked):
            hide(locked, at=timezone.now())
        else:
            _purge(locked)
            _tell_gone(gone)
        audit.enter("conversation.deleted", target=gone, messages=gone.message_count)


def hide(locked: Conversation, *, at: datetime.datetime) -> None:
    """Let a locked conversation vanish for everybody; answers that are being written in it end. `drop_deleted` deletes
    it for good, UNDO_DELETE_SECONDS after `at`."""
    locked.deleted_at = at
    locked.save(update_fields=["deleted_at"])
    # In the row first, so that every process sees it, also one that no news reaches.
    running = locked.turns.open()
    ids = list(running.values_list("pk", flat=True))
    running.filter(stop_requested_at=None).update(stop_requested_at=timezone.now())
    for turn_id in ids:
        transaction.on_commit(partial(runner.stop, turn_id))
    _tell_gone(locked)


def _tell_gone(conversation: Conversation) -> None:
    news = events.conversation_deleted(str(conversation.pk))
    transaction.on_commit(partial(live.publish, str(conversation.pk), news, owner=conversation.owner_id))


def restore(*, conversation_id, user) -> Conversation:
    """Return a conversation whose deletion is undone, as it was; one that was not deleted stays as it is.

    Raises NotFound when it is too late, or when it never was this person's.
    """
    with transaction.atomic():
        mine = Conversation.everything.select_for_update(of=("self",)).select_related("leaf").filter(owner=user)
        found = mine.filter(Q(deleted_at=None) | Q(deleted_at__gt=undone_since())).filter(pk=conversation_id).first()
        if found is None:
            raise NotFound
        if found.deleted_at is not None:
            found.deleted_at = None
            found.save(update_fields=["deleted_at"])
            _tell(found)
            audit.enter("conversation.restored", target=found)
    return found


def drop_deleted() -> int:
    """Delete for good what was deleted so long ago that nobody can undo it, but for what is held; return how many
    conversations."""
    late = Q(deleted_at__lte=undone_since())
    ids = list(Conversation.everything.filter(late).exclude(holds.held()).values_list("pk", flat=True))
    return sum(drop(conversation_id=each) for each in ids)


def drop(*, conversation_id: uuid.UUID) -> bool:
    """Delete one conversation for good that nobody can bring back, in short transactions; return whether it is gone
    now, and was not before."""
    while True:
        with transaction.atomic():
            # Looked at again under the lock: somebody may have undone it a moment ago.
            late = Q(deleted_at__lte=undone_since())
            found = Conversation.everything.select_for_update().filter(late, pk=conversation_id).first()
            if found is None or holds.is_held(found):
                return False
            if not _purge_piece(found):
                gone = copy(found)
                _purge(found)
                audit.enter("conversation.purged", target=gone, messages=gone.message_count)
                return True


def undone_since() -> datetime.datetime:
    """Return since when a conversation must have been deleted so that it can be brought back."""
    return timezone.now() - datetime.timedelta(seconds=settings.UNDO_DELETE_SECONDS)


def _purge_piece(locked: Conversation) -> bool:
    """Delete the deepest turns of a long conversation; return whether there were so many."""
    ids = list(locked.turns.order_by("-depth", "pk").values_list("pk", flat=True)[: PURGED_TURNS + 1])
    if len(ids) <= PURGED_TURNS:
        return False
    piece = Turn.objects.filter(pk__in=ids[:PURGED_TURNS])
    list(piece.select_for_update().values_list("pk"))
    piece.delete()
    return True


def _purge(locked: Conversation) -> None:
    """Delete a locked conversation and all in it; no row comes back."""
    conversation_id = str(locked.pk)
    # In the order in which everybody locks: the conversation, its turns, and the messages with them.
    list(locked.turns.select_for_update().values_list("pk"))
    locked.delete()
    transaction.on_commit(partial(runner.forget_conversation, conversation_id))


def delete_all(*, owner) -> None:
    """Delete every conversation of a person; answers that are being written end. What was used stays in the ledger.

    Raises UnderHold if anything of theirs is held: nothing is deleted then.
    """
    theirs = Conversation.everything.filter(owner=owner)
    with transaction.atomic():
        # The person first, as whoever asks does, and whoever places a hold; then in the same order as for one of them.
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).values_list("pk").first()
        list(theirs.select_for_update().order_by("pk").values_list("pk"))
        if theirs.filter(holds.held()).exists():
            raise UnderHold
        turns = Turn.objects.filter(conversation__owner=owner)
        list(turns.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        running = list(turns.open().values_list("conversation_id", flat=True))
        theirs.delete()
    for conversation_id in running:
        transaction.on_commit(partial(runner.forget_conversation, str(conversation_id)))


def _tell(conversation: Conversation) -> None:
    news = events.conversation_updated(conversation)
    transaction.on_commit(partial(live.publish, conversation.pk, news, owner=conversation.owner_id))


def _title(title: str) -> str:
    title = " ".join(title.split())
    check_characters(title)
    if not title:
        raise Invalid(gettext("A title has at least one character."), code="empty_title")
    if len(title) > TITLE_CHARACTERS:
        raise Invalid(
            gettext("A title has %(title_characters)s characters at most.") % {"title_characters": TITLE_CHARACTERS},
            code="title_too_long",
        )
    return title


def _model(model: str) -> str:
    check_model(model)
    return model


def _instructions(instructions: str) -> str:
    check_characters(instructions)
    if len(instructions.encode()) > INSTRUCTIONS_MAX_BYTES:
        limit = INSTRUCTIONS_MAX_BYTES // 1024
        raise TooLarge(
            gettext("Instructions may have %(limit)s KB at most.") % {"limit": limit}, code="instructions_too_large"
        )
    return instructions


def _allowed(owner: Any, changes: dict[str, Any], *, before: str = "") -> dict[str, Any]:
    """Return the changes as they are kept, new instructions as rules let them through."""
    kept = {name: _FIELDS.get(name, _as_it_is)(value) for name, value in changes.items()}
    if "instructions" in kept and kept["instructions"] != before:
        kept["instructions"] = moderation.check_instructions(author=owner, text=kept["instructions"])
    return kept


def _as_it_is(value: Any) -> Any:
    return value


# What each text is checked for, and how it is kept.
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "title": _title,
    "model": _model,
    "mode": modes.check,
    "instructions": _instructions,
    "parameters": parameters.check,
}
