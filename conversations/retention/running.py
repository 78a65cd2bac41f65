"""What a night does: tells owners, deletes what is due in short transactions, and certifies what it has deleted."""

import datetime
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from accounts import audit

from .. import lifecycle
from ..models import Attachment, Conversation, Turn
from . import details, holds, notices, policies
from .due import Look
from .policies import Kind, Rule

# Not to be brought back: it was told long before.
NO_WAY_BACK = datetime.timedelta(seconds=1)


@dataclass(slots=True)
class Deleted:
    """What one rule has deleted in one run: how much, and which ids, of which only a digest is kept."""

    rule: Rule
    conversations: int = 0
    messages: int = 0
    files: int = 0
    entries: int = 0
    ids: list[uuid.UUID | int] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted ids, each on a line, in hexadecimal."""
        return hashlib.sha256("".join(f"{each}\n" for each in sorted(map(str, self.ids))).encode()).hexdigest()


def run(*, now: datetime.datetime | None = None) -> list[Deleted]:
    """Delete what is due and return it, one for each rule that had anything to delete; tell who has to be told."""
    now = now or timezone.now()
    holds.end_over()
    found = []
    for kind, delete in ((Kind.FILES, _delete_files), (Kind.CHATS, _delete_chat)):
        look = Look(kind, now)
        notices.refresh(look)
        for rule in look.rules:
            with _certified(rule) as deleted:
                for conversation_id in list(look.due(rule).order_by("pk").values_list("pk", flat=True)):
                    delete(conversation_id, look, deleted)
            if deleted.ids:
                found.append(deleted)
    return found + _run_usage(now)


def _run_usage(now: datetime.datetime) -> list[Deleted]:
    found = []
    for rule in policies.rules(Kind.USAGE):
        with _certified(rule) as deleted:
            for ids in details.delete(rule, now):
                deleted.entries += len(ids)
                deleted.ids += ids
        if deleted.ids:
            found.append(deleted)
    return found


@contextmanager
def _certified(rule: Rule) -> Iterator[Deleted]:
    """Give what counts the deletions of a rule, and certify them in the ledger, also when something went wrong."""
    deleted = Deleted(rule)
    try:
        yield deleted
    finally:
        if deleted.ids:
            audit.enter(
                "retention.deleted",
                target=rule.policy,
                kind=rule.kind,
                days=rule.days,
                group=rule.policy.group_id,
                conversations=deleted.conversations,
                messages=deleted.messages,
                files=deleted.files,
                usage_entries=deleted.entries,
                ids_sha256=deleted.digest,
            )


def _delete_chat(conversation_id: uuid.UUID, look: Look, deleted: Deleted) -> None:
    with transaction.atomic():
        locked = _locked(conversation_id, look, deleted.rule)
        if locked is None:
            return
        files = _files(locked).count()
        lifecycle.hide(locked, at=lifecycle.undone_since() - NO_WAY_BACK)
    # Should this be cut short, the clean-up of every minute goes on with it.
    lifecycle.drop(conversation_id=conversation_id)
    if Conversation.everything.filter(pk=conversation_id).exists():
        # Held since: its owner has it no more, and it goes when the hold ends.
        return
    deleted.conversations += 1
    deleted.messages += locked.message_count
    deleted.files += files
    deleted.ids.append(conversation_id)


def _delete_files(conversation_id: uuid.UUID, look: Look, deleted: Deleted) -> None:
    with transaction.atomic():
        locked = _locked(conversation_id, look, deleted.rule)
        if locked is None:
            return
        # In the order in which everybody locks: the turns, their messages, and the files with them.
        turns = list(Turn.objects.select_for_update().filter(conversation=locked).order_by("pk").only("pk", "included"))
        gone = [str(each) for each in _files(locked).values_list("pk", flat=True)]
        _files(locked).delete()
        _note_as_deleted(turns, set(gone))
        notices.files_gone(conversation_id)
        audit.enter("files.purged", target=locked, files=len(gone))
    deleted.conversations += 1
    deleted.files += len(gone)
    deleted.ids.append(conversation_id)


def _note_as_deleted(turns: list[Turn], gone: set[str]) -> None:
    """Let the turns say of the files that their model was sent that they are deleted."""
    concerned = [turn for turn in turns if any(each.get("attachment") in gone for each in turn.included)]
    for turn in concerned:
        for each in turn.included:
            if each.get("attachment") in gone:
                each["why"] = "deleted"
    Turn.objects.bulk_update(concerned, ["included"])


def _locked(conversation_id: uuid.UUID, look: Look, rule: Rule) -> Conversation | None:
    """Return the conversation, locked, if it is still due."""
    # Locked before it is looked at: somebody may have asked in it, pinned it or held it a moment ago.
    locked = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
    if locked is None or holds.is_held(locked) or not look.due(rule).filter(pk=conversation_id).exists():
        return None
    return locked


def _files(conversation: Conversation):
    return Attachment.objects.filter(message__turn__conversation=conversation)
