"""What a person can do with a turn: ask, stop, ask again, ask differently."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from chatsite.ids import uuid_or

from . import attachments as files
from . import events, live, moderation, modes, quotas, runner, search
from .errors import AttachmentSent, Invalid, KeyReused, NotFound, OverQuota, RefusedByRule, TooLarge, TurnRunning
from .models import Attachment, Conversation, Message, Turn
from .rendering import plain
from .runner import rows

TITLE_CHARACTERS = 60
MODEL_CHARACTERS = 200
# Far above any real branch; keeps the tree's walks bounded.
DEPTH_LIMIT = 10_000

# Attaches files to a question that is being committed.
Attach = Callable[..., list[Attachment]]


@dataclass(frozen=True, slots=True)
class Started:
    """A turn that is committed; `new` is false when its client_id had been seen before.

    `tools` are the calls that an answer which goes on begins with.
    """

    turn: Turn
    question: Message
    answer: Message
    new: bool
    tools: tuple[Message, ...] = ()


def start(
    *,
    conversation_id,
    author,
    text: str,
    client_id: str | None = None,
    model: str = "",
    parent=None,
    attachments: Sequence = (),
    mode: str = "",
) -> Started:
    """Return the committed turn that will answer `text`, in a conversation that is made if it does not exist yet.

    `parent` is the id of the turn to answer after; by default the last one of the open branch. `attachments` are ids
    of files that were uploaded and not sent yet; with one of them the text may be empty. `mode` is the kind of help
    that is wanted; without one it is the conversation's, or what the question looks like.
    Raises Invalid, TooLarge, NotFound, TurnRunning, KeyReused or RefusedByRule.
    """
    files.check_number(attachments)
    _check_text(text, empty=bool(attachments))
    ids = [str(each) for each in attachments]
    return _begin(
        conversation_id=conversation_id,
        author=author,
        client_id=client_id,
        asked=(
            *("start", str(conversation_id), text, model, str(parent or "")),
            *files.contents(author=author, ids=ids),
            *([mode] if mode else []),
        ),
        model=model,
        mode=mode,
        place=partial(_after, conversation_id=conversation_id, author=author, parent=parent),
        text=text,
        attach=partial(files.send, author=author, ids=ids) if ids else None,
        attached=partial(files.waiting, user=author, ids=ids) if ids else None,
    )


def retry(*, turn: Turn, author, client_id: str | None = None, model: str = "", mode: str = "") -> Started:
    """Return a new turn beside `turn` that asks the same question again, perhaps for another kind of help."""
    question = turn.messages.get(role=Message.Role.USER)
    _check_not_removed(question)
    return _begin(
        conversation_id=turn.conversation_id,
        author=author,
        client_id=client_id,
        asked=("retry", str(turn.id), model, *([mode] if mode else [])),
        model=model or turn.model,
        mode=modes.again(turn, asked=mode),
        place=partial(_beside, turn=turn),
        text=question.text,
        attach=_same_files(question),
        attached=partial(_files_of, question),
    )


def edit(*, turn: Turn, author, text: str, client_id: str | None = None, model: str = "") -> Started:
    """Return a new turn beside `turn` that asks `text` instead, of the same files; the old branch stays."""
    question = turn.messages.get(role=Message.Role.USER)
    attach = _same_files(question)
    _check_text(text, empty=attach is not None)
    return _begin(
        conversation_id=turn.conversation_id,
        author=author,
        client_id=client_id,
        asked=("edit", str(turn.id), text, model),
        model=model or turn.model,
        mode=modes.again(turn, asked=""),
        place=partial(_beside, turn=turn),
        text=text,
        attach=attach,
        attached=partial(_files_of, question),
    )


def resume(*, turn: Turn, author, client_id: str | None = None, model: str = "") -> Started:
    """Return a new turn beside `turn` whose answer goes on where that one was cut off; `turn` stays as it is.

    Raises Invalid if there is no answer, or one that was not cut off; TurnRunning while it is being written.
    """
    question, *_, answer = turn.messages.all()
    if not turn.is_open and not (turn.is_cut_off and answer.text):
        raise Invalid(gettext("There is no answer here that was cut off."), code="not_cut_off")
    _check_not_removed(question, answer)
    return _begin(
        conversation_id=turn.conversation_id,
        author=author,
        client_id=client_id,
        asked=("continue", str(turn.id), model),
        model=model or turn.model,
        mode=modes.again(turn, asked=""),
        place=partial(_beside, turn=turn),
        text=question.text,
        attach=_same_files(question),
        attached=partial(_files_of, question),
        continues=turn,
    )


def stop(*, turn: Turn) -> Turn:
    """Return the turn, asked to stop wherever it runs; what was said so far is kept."""
    changed = Turn.objects.open().filter(pk=turn.pk, stop_requested_at=None).update(stop_requested_at=timezone.now())
    if changed:
        transaction.on_commit(partial(runner.stop, turn.pk))
    return turn


def find(*, turn_id, user) -> Turn:
    """Return the turn if this person may see it; raises NotFound."""
    try:
        return Turn.objects.visible_to(user).select_related("conversation", "digest").get(pk=turn_id)
    except Turn.DoesNotExist:
        raise NotFound from None


def _check_text(text: str, *, empty: bool = False) -> None:
    if not text.strip() and not empty:
        raise Invalid(gettext("Write something first."), code="empty_message")
    check_characters(text)
    if len(text.encode()) > settings.MESSAGE_MAX_BYTES:
        raise TooLarge(
            gettext("A message may have %(message_max_bytes)s KB at most.")
            % {"message_max_bytes": settings.MESSAGE_MAX_BYTES // 1024},
            code="message_too_large",
        )


def _check_not_removed(*said: Message) -> None:
    if any(message.redacted_at for message in said):
        raise Invalid(gettext("A moderator has removed this message."), code="message_removed")


def check_characters(text: str) -> None:
    """Raise Invalid if the text holds what no database or page can carry: NUL or half a character."""
    if "\x00" in text:
        raise Invalid(gettext("The text holds a NUL character."), code="invalid_character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid(gettext("The text holds half of a Unicode character."), code="invalid_unicode") from None


def check_model(model: str) -> None:
    """Raise Invalid if no model can have this name."""
    if len(model) > MODEL_CHARACTERS:
        raise Invalid(gettext("There is no model of that name."), code="model_not_found")
    check_characters(model)


def _after(*, conversation_id, author, parent) -> tuple[Conversation, Turn | None]:
    """Return the conversation, made if it is new, and the turn to answer after."""
    try:
        locked = Conversation.everything.select_for_update(of=("self",))
        conversation = locked.select_related("leaf").get(pk=conversation_id)
    except Conversation.DoesNotExist:
        if parent is not None:
            raise NotFound from None
        begun = {"model": author.default_model, "mode": author.default_mode}
        conversation = Conversation.objects.create(pk=conversation_id, owner=author, **begun)
    if conversation.owner_id != author.pk or conversation.deleted_at is not None:
        raise NotFound
    if parent is None:
        return conversation, conversation.leaf
    before = conversation.turns.filter(pk=parent).first()
    if before is None:
        raise NotFound
    return conversation, before


def _beside(*, turn: Turn) -> tuple[Conversation, Turn | None]:
    """Return the conversation and the turn that `turn` came after."""
    if turn.is_open:
        raise TurnRunning(turn=str(turn.pk))
    conversation = Conversation.objects.select_for_update().filter(pk=turn.conversation_id).first()
    if conversation is None:
        raise NotFound
    return conversation, turn.parent


def _same_files(question: Message) -> Attach | None:
    """Return how to attach the files of a question to another one; None if it has none."""
    attached = _files_of(question)
    return partial(files.send_again, attachments=attached) if attached else None


def _files_of(question: Message) -> list[Attachment]:
    return list(question.attachments.select_related("file", "owner"))


def _begin(
    *,
    conversation_id,
    author,
    client_id,
    asked: tuple[str, ...],
    model: str,
    mode: str,
    place,
    text: str,
    attach: Attach | None = None,
    attached: Callable[[], list[Attachment]] | None = None,
    continues: Turn | None = None,
) -> Started:
    """Commit the question and its turn, then tell and run it; a repeated client_id finds the first one."""
    if client_id is not None:
        client_id = key_of(client_id)
    check_model(model)
    modes.check(mode)
    fingerprint = hashlib.sha256("\x00".join(asked).encode()).hexdigest()

    limits = quotas.limits_of(author)
    try:
        verdict = moderation.check_question(author=author, text=text, conversation_id=conversation_id, files=attached)
    except RefusedByRule:
        # A question that was let in before the rule was made may be asked for again.
        if client_id and (seen := _seen(author=author, client_id=client_id, fingerprint=fingerprint)):
            return seen
        raise

    @transaction.atomic
    def attempt() -> Started:
        quotas.admit(user=author, limits=limits)
        conversation, parent = place()
        return _commit(
            conversation=conversation,
            parent=parent,
            author=author,
            client_id=client_id,
            fingerprint=fingerprint,
            model=model or conversation.model,
            mode=mode,
            verdict=verdict,
            attach=attach,
            continues=continues,
            limits=limits,
        )

    try:
        return attempt()
    except (OverQuota, AttachmentSent):
        # A question that was let in before may be asked for again.
        if client_id and (seen := _seen(author=author, client_id=client_id, fingerprint=fingerprint)):
            return seen
        raise
    except IntegrityError:
        # Somebody was first: with the same client_id, with another question, or with the conversation itself.
        if client_id and (seen := _seen(author=author, client_id=client_id, fingerprint=fingerprint)):
            return seen
        running = Turn.objects.visible_to(author).open().filter(conversation=conversation_id).first()
        if running is not None:
            raise TurnRunning(turn=str(running.pk)) from None
        # What stood in the way has ended meanwhile.
        return attempt()


def _commit(
    *, conversation, parent, author, client_id, fingerprint, model, mode, verdict, attach, continues, limits
) -> Started:
    text = verdict.text
    # Where a server runs, it is claimed from the start: one commit less before the first word.
    worker = runner.worker()
    claimed = {"status": Turn.Status.RUNNING, "worker": worker, "started_at": timezone.now()} if worker else {}
    depth = parent.depth + 1 if parent else 0
    if depth > DEPTH_LIMIT:
        raise Invalid(gettext("This conversation is too long. Please begin a new one."), code="conversation_too_long")
    before = list(continues.messages.all()) if continues else []
    turn = Turn.objects.create(
        conversation=conversation,
        parent=parent,
        continues=continues,
        carried=len(before[-1].text) if before else None,
        depth=depth,
        milestone_id=parent.milestone_of_next if parent else None,
        author=author,
        client_id=client_id,
        fingerprint=fingerprint,
        model=model,
        notes=verdict.notes,
        parameters=conversation.parameters,
        **modes.of(conversation=conversation, parent=parent, text=text, asked=mode),
        **claimed,
    )
    question = Message(turn=turn, position=0, role=Message.Role.USER, text=text)
    answer = Message(turn=turn, position=1, role=Message.Role.ASSISTANT, model=model, status=Message.Status.STREAMING)
    tools = _carry_over(before, turn, answer) if before else []
    said = Message.objects.bulk_create([question, *tools, answer])
    attached = attach(question=question) if attach else []
    question.remember(attached)
    conversation.leaf = turn
    conversation.message_count += len(said)
    conversation.status = Conversation.Status.ACTIVE
    conversation.active_at = turn.created_at
    # Whoever was told that retention deletes it has kept it by this.
    conversation.expires_at = conversation.files_expire_at = None
    conversation.model = model
    titled = not conversation.title
    if titled:
        conversation.title = title_of(text.strip() or attached[0].name)
        conversation.title_by = Conversation.TitleBy.QUESTION
    fields = ["leaf", "message_count", "status", "active_at", "expires_at", "files_expire_at", "model"]
    conversation.save(update_fields=[*fields, "title", "title_by"] if titled else fields)
    search.keep_messages(conversation, [question], titled=titled)
    started = Started(turn=turn, question=question, answer=answer, new=True, tools=tuple(tools))
    verdict.keep(moderation.Where(author, "question", conversation.pk, turn.pk, question.pk))
    transaction.on_commit(partial(_announce, started, titled, limits))
    return started


def _carry_over(before: Sequence[Message], turn: Turn, answer: Message) -> list[Message]:
    """Let an answer begin with what was said before, and return the calls that were made for it as the turn's own."""
    # As of one step: readers who know none of it are told the whole.
    answer.text, answer.seq = before[-1].text, 1
    # A call that was cut short has nothing to say.
    done = [message for message in before if message.role == Message.Role.TOOL and "ok" in message.tool_run]
    answer.position += len(done)
    fields = ("text", "status", "tool_call_id", "tool_name", "tool_run")
    return [
        Message(turn=turn, position=place, role=tool.role, **{name: getattr(tool, name) for name in fields})
        for place, tool in enumerate(done, start=1)
    ]


def _announce(started: Started, titled: bool, limits: quotas.Limits) -> None:
    conversation = started.turn.conversation
    news = [
        events.turn_started(started.turn),
        *(
            events.message_created(message, client_id=started.turn.client_id)
            for message in (started.question, *started.tools, started.answer)
        ),
    ]
    if titled:
        news.append(events.conversation_updated(conversation))
    live.publish(conversation.pk, *news, owner=conversation.owner_id)
    if started.turn.worker:
        runner.begin(rows.work(started.turn, (started.question, *started.tools, started.answer), limits))


def _seen(*, author, client_id: str, fingerprint: str) -> Started | None:
    turn = Turn.objects.filter(author=author, client_id=client_id).select_related("conversation").first()
    if turn is None:
        return None
    if turn.fingerprint != fingerprint:
        raise KeyReused
    if turn.conversation.deleted_at is not None:
        raise NotFound
    said = {message.role: message for message in turn.messages.with_files()}
    return Started(turn=turn, question=said[Message.Role.USER], answer=said[Message.Role.ASSISTANT], new=False)


def key_of(client_id: Any) -> str:
    """Return a client_id as it is kept, under which a question is asked once; raises Invalid."""
    return str(uuid_or(Invalid(gettext("A client_id is a UUID."), code="invalid_client_id"), client_id))


def title_of(text: str) -> str:
    """Return a first title for a conversation: the beginning of its first question, cut between words."""
    line = plain(text) or gettext("New chat")
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0].rstrip(".,;:!?") + "…"
