"""The database side of running turns: claim, keep, finish, and find the ones whose process died."""

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Exists, F, Q
from django.utils import timezone

from llm.meter import Measured
from llm.tokens import estimate
from llm.values import ToolCall, Usage

from .. import assembly, calibration, context, ledger, moderation, profiles, quotas, search
from ..models import ContextDigest, Conversation, Message, Turn
from ..work import queue as queue_job

logger = logging.getLogger(__name__)

REASON_CHARACTERS = 30
CODE_CHARACTERS = 50
NAME_CHARACTERS = 200
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
    asked: context.Past
    # The last round of tools that is there already.
    rounds: int
    # What its author may use.
    limits: quotas.Limits
    # The models as its author sees them.
    seen: profiles.Seen

    @property
    def question(self) -> str:
        """The words that were asked."""
        return self.asked.messages[0].text


@dataclass(frozen=True, slots=True)
class Kept:
    """How far one live message has got."""

    message_id: str
    text: str
    thinking: str
    seq: int
    thinking_ms: int | None = None


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
    # What the turn keeps of what its model was sent, and what the answer says about our estimate.
    sent: dict[str, Any] = field(default_factory=dict)
    learnt: calibration.Learnt | None = None
    calls: list[ledger.Call] = field(default_factory=list)
    # Where rules applied to the answer, and what its reader is told of that.
    found: list[moderation.Found] = field(default_factory=list)
    # And what guard models found, in the question or the answer.
    judged: list[tuple[str, moderation.Found]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    # Whether it is down to the words and the status.
    bare: bool = False

    def only_words(self) -> "Ending":
        """Return the ending without anything that a database could refuse."""
        return replace(
            self,
            bare=True,
            kept=replace(self.kept, thinking_ms=None),
            model="",
            finish_reason="",
            error_code=self.error_code[:CODE_CHARACTERS],
            prompt_tokens=None,
            completion_tokens=None,
            first_token_ms=None,
            total_ms=None,
            sent={},
            learnt=None,
            calls=[],
        )


def claim(turn_id: uuid.UUID, worker: str) -> Work | None:
    """Return the work of a queued turn, now this worker's; None if it is gone, taken or already stopped."""
    now = timezone.now()
    taken = Turn.objects.filter(pk=turn_id, status=Turn.Status.QUEUED, stop_requested_at=None).update(
        status=Turn.Status.RUNNING, worker=worker, started_at=now, heartbeat_at=now
    )
    if not taken:
        return None
    turn = Turn.objects.select_related("conversation", "author").get(pk=turn_id)
    return work(turn, list(turn.messages.with_files()), quotas.limits_of(turn.author))


def work(turn: Turn, messages: Sequence[Message], limits: quotas.Limits) -> Work:
    """Return what the runner of a claimed turn needs to know: the turn, what it asks, and what its author may."""
    question, answer = messages[0], messages[-1]
    asked = context.resumed(messages) if turn.continues_id else context.asked(question)
    rounds = max((message.tool_run.get("round", 0) for message in messages), default=0)
    return Work(turn=turn, answer=answer, asked=asked, rounds=rounds, limits=limits, seen=profiles.seen_by(turn.author))


def call(
    id: uuid.UUID, *, turn_id: uuid.UUID, worker: str, answer_id: str, called: ToolCall, round_number: int
) -> Message | None:
    """Return the row of a tool call that begins now, before the answer; None if the turn has ended meanwhile, or the
    answer was removed."""
    with transaction.atomic():
        if known := Message.objects.filter(pk=id).first():
            # Committed before, when the database went away without saying so.
            return known
        # The conversation first, as everywhere.
        Conversation.everything.filter(turns=turn_id).update(message_count=F("message_count") + 1)
        ours = Turn.objects.filter(pk=turn_id, worker=worker, status=Turn.Status.RUNNING)
        alive = ours.update(heartbeat_at=timezone.now())
        answers = Message.objects.filter(pk=answer_id)
        position = answers.filter(redacted_at=None).values_list("position", flat=True).first() if alive else None
        if position is None:
            transaction.set_rollback(True)
            return None
        answers.update(position=position + 1)
        return Message.objects.create(
            id=id,
            turn_id=turn_id,
            position=position,
            role=Message.Role.TOOL,
            tool_call_id=called.id[:NAME_CHARACTERS],
            tool_name=called.name[:NAME_CHARACTERS],
            tool_run={"arguments": called.arguments, "round": round_number},
            status=Message.Status.STREAMING,
        )


def answered(message: Message, *, result: str, ok: bool, ms: int) -> Message:
    """Return the row of a tool call with what the tool answered; one that was cut short stays as it is."""
    run = {"ok": ok, "ms": ms}
    kept: dict[str, Any] = {
        "text": result,
        "status": Message.Status.COMPLETE if ok else Message.Status.FAILED,
        "tool_run": {**message.tool_run, **run},
    }
    at_work = Message.objects.filter(pk=message.pk, status=Message.Status.STREAMING)
    if not at_work.filter(redacted_at=None).update(**kept):
        removed = Message.objects.filter(pk=message.pk).exclude(redacted_at=None).first()
        if removed is not None:
            # Removed while the tool was at work: it says no more than that.
            kept |= {"text": removed.text, "tool_run": {**removed.tool_run, **run}}
            at_work.update(**kept)
    for name, value in kept.items():
        setattr(message, name, value)
    return message


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


def account(known: Mapping[uuid.UUID, dict[str, Any]], worker: str) -> None:
    """Write what the models of these turns are being sent, so that it is known also where this process dies."""
    ours = Turn.objects.filter(worker=worker, status=Turn.Status.RUNNING)
    turns = [Turn(pk=turn_id, **fields) for turn_id, fields in known.items()]
    try:
        ours.bulk_update(turns, list(next(iter(known.values()))))
    except (DataError, IntegrityError):
        # Such as a digest that was deleted meanwhile: what was said is kept all the same, and the end tells more.
        logger.exception("What the models of running turns are sent is not kept yet")


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
    entries = ledger.draft(ending.calls)
    ours = Turn.objects.filter(pk=ending.turn_id, worker=ending.worker)
    ended = {
        "status": ending.status,
        "model": ending.model,
        "finish_reason": ending.finish_reason[:REASON_CHARACTERS],
        "error_code": ending.error_code[:CODE_CHARACTERS],
        "error_detail": ending.error_detail,
        "prompt_tokens": ending.prompt_tokens,
        "completion_tokens": ending.completion_tokens,
        "usage_exact": ending.usage_exact,
        "first_token_ms": ending.first_token_ms,
        "total_ms": ending.total_ms,
        **ending.sent,
        "finished_at": now,
        "heartbeat_at": now,
    }
    with transaction.atomic():
        # The conversation first, as everywhere, so that nobody waits for somebody who waits for him.
        Conversation.everything.filter(turns=ending.turn_id).update(active_at=now)
        running = ours.filter(status=Turn.Status.RUNNING).update(**ended)
        if not running and not ours.filter(status=Turn.Status.INTERRUPTED).update(**ended):
            # Committed before, when the database went away without saying so: that is still to be told.
            known = _as_it_is_told(ending.turn_id) if ours.filter(status=ending.status).exists() else None
            transaction.set_rollback(True)
            return known
        Message.objects.filter(pk=ending.kept.message_id, redacted_at=None).update(
            text=ending.kept.text,
            thinking=ending.kept.thinking,
            thinking_ms=ending.kept.thinking_ms,
            seq=ending.kept.seq,
            status=status,
            model=ending.model,
        )
        # A tool that was still at work is cut short with the answer.
        Message.objects.filter(turn=ending.turn_id, status=Message.Status.STREAMING).update(status=status)
        turn = _as_it_is_told(ending.turn_id)
        if not ending.bare:
            answers = [message for message in turn.messages.all() if message.role == Message.Role.ASSISTANT]
            search.keep_messages(turn.conversation, answers)
        # Reaped meanwhile, it was entered as it stood then.
        if running:
            ledger.keep(entries, user_id=turn.author_id, conversation_id=turn.conversation_id, turn_id=turn.pk)
        if (ending.found or ending.judged) and not ending.bare:
            _keep_found(turn, ending)
        if ending.learnt:
            calibration.learn(ending.learnt)
        if settings.AUTO_TITLES and turn.status == Turn.Status.COMPLETED and ending.kept.text:
            _have_titled(turn.conversation)
        if settings.AUTO_DIGESTS and turn.digest and turn.digest.by == ContextDigest.By.EXTRACT:
            _have_condensed(turn.digest, turn.conversation)
    return turn


def _keep_found(turn: Turn, ending: Ending) -> None:
    """Put down with the turn what its reader is told, and for the staff that rules applied."""
    turn.notes = [*turn.notes, *ending.notes]
    Turn.objects.filter(pk=turn.pk).update(notes=turn.notes)
    whose = (turn.author, "answer", turn.conversation_id, turn.pk, uuid.UUID(ending.kept.message_id))
    moderation.raise_for(ending.found, moderation.Where(*whose))
    for place in ("question", "answer"):
        judged = [found for about, found in ending.judged if about == place]
        about = moderation.Where(turn.author, place, turn.conversation_id, turn.pk, _message_of(turn, place))
        moderation.raise_for(judged, about, source="guard")


def _message_of(turn: Turn, place: str) -> uuid.UUID:
    role = Message.Role.USER if place == "question" else Message.Role.ASSISTANT
    return next(message.pk for message in turn.messages.all() if message.role == role)


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


def unbegun(turn_id: uuid.UUID, worker: str) -> Work | None:
    """Return the work of a turn that its worker never began; None if there is more of it than its question."""
    begun = Message.objects.filter(Q(role=Message.Role.TOOL) | Q(role=Message.Role.ASSISTANT, seq__gt=0), turn=turn_id)
    ours = Turn.objects.filter(pk=turn_id, worker=worker, status=Turn.Status.RUNNING, stop_requested_at=None)
    turn = ours.exclude(Exists(begun)).select_related("conversation", "author").first()
    if turn is None:
        return None
    return work(turn, list(turn.messages.with_files()), quotas.limits_of(turn.author))


def open_turns() -> list[Turn]:
    """Return all open turns, as far as it takes to see whether somebody works on them."""
    return list(Turn.objects.open().only("pk", "worker", "heartbeat_at", "status"))


def _as_it_is_told(turn_id: uuid.UUID) -> Turn:
    """Return a turn with all that the news of its end tells, which is nothing of files."""
    found = Turn.objects.select_related("conversation", "digest").defer("digest__facts")
    return found.prefetch_related("messages").get(pk=turn_id)


def _have_titled(conversation: Conversation) -> None:
    """Have a model give the title, once, where nobody has given one yet."""
    if conversation.title_by == Conversation.TitleBy.QUESTION:
        queue_job(kind="title", key=f"title {conversation.pk}", conversation=conversation)


def _have_condensed(digest: ContextDigest, conversation: Conversation) -> None:
    """Have a model condense, once, what was condensed by rule."""
    key = f"digest {digest.through_id}"
    queue_job(kind="digest", key=key, conversation=conversation, digest=str(digest.pk))


def _lost_call(turn: Turn, status: str) -> ledger.Call:
    """Return the call of a turn whose process died, as far as what it left behind tells."""
    said = turn.messages.filter(role=Message.Role.ASSISTANT)
    text = "".join(message.thinking + message.text[turn.carried or 0 :] for message in said)
    prompt = assembly.estimated(turn=turn, asked=context.asked(turn.messages.with_files()[0]))
    began = bool(text)
    usage = Usage(prompt_tokens=prompt if began else 0, completion_tokens=estimate(text), exact=False)
    lasted = timezone.now() - (turn.started_at or turn.created_at)
    measured = Measured(usage=usage, first_token_ms=None, total_ms=int(lasted.total_seconds() * 1000))
    provider, slash, _ = turn.model.partition("/")
    return ledger.Call(provider=provider if slash else "", model=turn.model, measured=measured, outcome=status)


def _end(turns, status: str, code: str, detail: str) -> Turn | None:
    now = timezone.now()
    with transaction.atomic():
        turn = turns.select_related("conversation").first()
        if turn is None:
            return None
        # The conversation first, as everywhere.
        Conversation.everything.select_for_update().filter(pk=turn.conversation_id).values_list("pk").first()
        if not turns.update(status=status, error_code=code, error_detail=detail, finished_at=now, heartbeat_at=now):
            return None
        Message.objects.filter(turn=turn.pk, status=Message.Status.STREAMING).update(
            status=MESSAGE_STATUS[Turn.Status(status)]
        )
        search.keep_messages(turn.conversation, turn.messages.filter(role=Message.Role.ASSISTANT))
        if turn.status == Turn.Status.RUNNING:
            ledger.enter(
                [_lost_call(turn, status)],
                user_id=turn.author_id,
                conversation_id=turn.conversation_id,
                turn_id=turn.pk,
            )
        Conversation.everything.filter(pk=turn.conversation_id).update(active_at=now)
    return Turn.objects.with_messages().get(pk=turn.pk)


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
        "AND conversations_message.status IN ('streaming', 'interrupted') AND conversations_message.redacted_at IS NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, values)
