"""The database side of running turns: claim, keep, finish, and find the ones whose process died."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import connection, transaction
from django.utils import timezone

from .. import context
from ..models import Conversation, Message, Turn

REASON_CHARACTERS = 30
CODE_CHARACTERS = 50
# A finished turn, by how it ended, gives its message this status.
MESSAGE_STATUS = {
    Turn.Status.COMPLETED: Message.Status.COMPLETE,
    Turn.Status.STOPPED: Message.Status.STOPPED,
    Turn.Status.FAILED: Message.Status.FAILED,
    Turn.Status.INTERRUPTED: Message.Status.INTERRUPTED,
    Turn.Status.BLOCKED: Message.Status.BLOCKED,
}


@dataclass(slots=True)
class Work:
    """A claimed turn, with all that its runner needs to know."""

    turn: Turn
    answer: Message
    history: list[context.Past]


@dataclass(frozen=True, slots=True)
class Kept:
    """How far one live message has got."""

    message_id: str
    text: str
    thinking: str
    seq: int


@dataclass(slots=True)
class Ending:
    """How a turn ended, and with what words."""

    turn_id: uuid.UUID
    worker: str
    kept: Kept
    status: str
    model: str = ""
    finish_reason: str = ""
    error_code: str = ""
    error_detail: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    usage_exact: bool = False
    first_token_ms: int | None = None
    total_ms: int | None = None
    left_out: int = 0
    # Whether it is down to the words and the status.
    bare: bool = False

    def only_words(self) -> "Ending":
        """Return the ending without anything that a database could refuse."""
        return replace(
            self,
            bare=True,
            model="",
            finish_reason="",
            error_code=self.error_code[:CODE_CHARACTERS],
            prompt_tokens=None,
            completion_tokens=None,
            first_token_ms=None,
            total_ms=None,
            left_out=0,
        )


def claim(turn_id: uuid.UUID, worker: str) -> Work | None:
    """Return the work of a queued turn, now this worker's; None if it is gone, taken or already stopped."""
    now = timezone.now()
    taken = Turn.objects.filter(pk=turn_id, status=Turn.Status.QUEUED, stop_requested_at=None).update(
        status=Turn.Status.RUNNING, worker=worker, started_at=now, heartbeat_at=now
    )
    if not taken:
        return None
    turn = Turn.objects.select_related("conversation").get(pk=turn_id)
    question, answer = turn.messages.all()[:2]
    return work(turn, question, answer)


def work(turn: Turn, question: Message, answer: Message) -> Work:
    """Return what the runner of a claimed turn needs to know: the turn, and what was said before it."""
    earlier = Turn.objects.branch(turn.parent_id, limit=context.TURNS_READ)
    history = [*context.history(earlier), context.Past(messages=(context.said(question),))]
    return Work(turn=turn, answer=answer, history=history)


def keep(kept: Iterable[Kept], turn_ids: Iterable[uuid.UUID], worker: str) -> dict[uuid.UUID, bool]:
    """Write how far the live messages are and that their turns are alive; one statement each for all of them.

    Returns the turns that are still ours, and whether each was asked to stop; the others were reaped or deleted.
    """
    kept, turn_ids = list(kept), list(turn_ids)
    with transaction.atomic():
        ours = Turn.objects.filter(pk__in=turn_ids, worker=worker, status=Turn.Status.RUNNING)
        # Turns before messages, as everywhere: two transactions that lock in another order wait for each other.
        ours.update(heartbeat_at=timezone.now())
        _write(kept)
        return {pk: stop is not None for pk, stop in ours.values_list("pk", "stop_requested_at")}


def deleted(turn_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of these turns whose rows are gone."""
    asked = set(turn_ids)
    return asked - set(Turn.objects.filter(pk__in=asked).values_list("pk", flat=True))


def finish(ending: Ending) -> Turn | None:
    """Return the turn, ended with its last words in one transaction; None if it was deleted or ended elsewhere.

    A turn that was reaped while its own worker could not reach the database is still ended by that worker: it has
    the whole text.
    """
    now = timezone.now()
    status = MESSAGE_STATUS[Turn.Status(ending.status)]
    with transaction.atomic():
        # The conversation first, as everywhere, so that nobody waits for somebody who waits for him.
        Conversation.objects.select_for_update().filter(turns=ending.turn_id).values_list("pk").first()
        changed = Turn.objects.filter(
            pk=ending.turn_id, worker=ending.worker, status__in=[Turn.Status.RUNNING, Turn.Status.INTERRUPTED]
        ).update(
            status=ending.status,
            model=ending.model,
            finish_reason=ending.finish_reason[:REASON_CHARACTERS],
            error_code=ending.error_code[:CODE_CHARACTERS],
            error_detail=ending.error_detail,
            prompt_tokens=ending.prompt_tokens,
            completion_tokens=ending.completion_tokens,
            usage_exact=ending.usage_exact,
            first_token_ms=ending.first_token_ms,
            total_ms=ending.total_ms,
            left_out=ending.left_out,
            finished_at=now,
            heartbeat_at=now,
        )
        if not changed:
            return None
        Message.objects.filter(pk=ending.kept.message_id).update(
            text=ending.kept.text,
            thinking=ending.kept.thinking,
            seq=ending.kept.seq,
            status=status,
            model=ending.model,
        )
        turn = Turn.objects.prefetch_related("messages").get(pk=ending.turn_id)
        Conversation.objects.filter(pk=turn.conversation_id).update(active_at=now)
    return turn


def end_unclaimed(turn_id: uuid.UUID, status: str, code: str = "", detail: str = "") -> Turn | None:
    """Return the queued turn, ended before anybody worked on it; None if it was claimed or ended meanwhile."""
    return _end(Turn.objects.filter(pk=turn_id, status=Turn.Status.QUEUED), status, code, detail)


def reap(turn_id: uuid.UUID, worker: str) -> Turn | None:
    """Return the turn of a worker that died, marked as interrupted with the text kept so far."""
    return _end(
        Turn.objects.filter(pk=turn_id, worker=worker, status=Turn.Status.RUNNING),
        Turn.Status.INTERRUPTED,
        "interrupted",
        "The server was restarted while this answer was being written.",
    )


def open_turns() -> list[Turn]:
    """Return all open turns, as far as it takes to see whether somebody works on them."""
    return list(Turn.objects.open().only("pk", "worker", "heartbeat_at", "status"))


def _end(turns, status: str, code: str, detail: str) -> Turn | None:
    now = timezone.now()
    with transaction.atomic():
        turn = turns.first()
        if turn is None:
            return None
        if not turns.update(status=status, error_code=code, error_detail=detail, finished_at=now, heartbeat_at=now):
            return None
        Message.objects.filter(turn=turn.pk, status=Message.Status.STREAMING).update(
            status=MESSAGE_STATUS[Turn.Status(status)]
        )
    return Turn.objects.prefetch_related("messages").get(pk=turn.pk)


def _write(kept: list[Kept]) -> None:
    """Update all messages in one statement; a message that was deleted meanwhile stays deleted."""
    if not kept:
        return
    as_stored = Message._meta.pk.get_db_prep_value
    row = "(%s::uuid, %s::text, %s::text, %s::int)" if connection.vendor == "postgresql" else "(%s, %s, %s, %s)"
    values: list = []
    for message in kept:
        values += [as_stored(message.message_id, connection), message.text, message.thinking, message.seq]
    # The names are our own and the rows are placeholders; what was said only travels as parameters.
    query = (
        "UPDATE conversations_message SET text = live.column2, thinking = live.column3, seq = live.column4 "
        f"FROM (VALUES {', '.join([row] * len(kept))}) AS live "
        "WHERE conversations_message.id = live.column1 AND conversations_message.seq < live.column4 "
        # Interrupted: reaped while this process could not reach the database, but it is still being written here.
        "AND conversations_message.status IN ('streaming', 'interrupted')"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, values)
