"""Writing an export down as rows of somebody's: everything under a new id, nothing that points to anybody else's."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from .. import search, tags
from ..attachments import clean_name
from ..bulk import insert
from ..models import Attachment, ContextDigest, Conversation, Feedback, Message, StoredFile, Summary, Turn
from .form import AttachmentForm, ExportForm, MessageForm, TurnForm
from .tree import in_order

BATCH_ROWS = 500
FINGERPRINT = "imported"
# Nobody works on what was imported.
TURN_ENDS: dict[str, str] = dict.fromkeys(map(str, Turn.OPEN), Turn.Status.INTERRUPTED)
MESSAGE_ENDS: dict[str, str] = {Message.Status.STREAMING: Message.Status.INTERRUPTED}


class Writer:
    """Writes one conversation; `files` are the importer's own, by their digest."""

    def __init__(self, export: ExportForm, *, owner: Any, files: Mapping[str, StoredFile]):
        self._export, self._owner, self._files = export, owner, files
        self._turns: dict[uuid.UUID, Turn] = {}
        self._digests: dict[uuid.UUID, ContextDigest] = {}
        self._attachments: dict[uuid.UUID, Attachment] = {}
        self._messages: list[Message] = []
        self._thumbs: list[Feedback] = []

    def write(self) -> Conversation:
        """Return the conversation with all its rows written; call it in a transaction. Raises NotAnExport."""
        ordered = in_order(self._export)
        conversation = self._conversation()
        for form, depth in ordered:
            self._take(conversation, form, depth)
        # Written after their turns, which they are of, and before: what a turn was sent is known only now.
        for digest in self._export.digests:
            self._digests[digest.id] = ContextDigest(
                conversation=conversation,
                through=self._turns[digest.through],
                facts=[list(fact) for fact in digest.facts],
                **digest.model_dump(exclude={"id", "through", "facts"}),
            )
        for form, _ in ordered:
            self._turns[form.id].included = self._included(form)
            # Another version of the same answer, which may stand after it.
            self._turns[form.id].continues = self._turns[form.continues] if form.continues else None
        conversation.message_count = len(self._messages)
        insert([conversation])
        self._insert(list(self._turns.values()))
        self._insert(list(self._digests.values()))
        self._tell_digests()
        self._insert(self._messages)
        self._insert(list(self._attachments.values()))
        Feedback.objects.bulk_create(self._thumbs, BATCH_ROWS)
        if names := self._export.conversation.tags:
            tags.put(conversation=conversation, tags=tags.named(owner=self._owner, names=names))
        self._summaries(conversation)
        if self._turns:
            last = self._export.conversation.leaf or ordered[-1][0].id
            conversation.leaf = self._turns[last]
            conversation.save(update_fields=["leaf"])
        self._make_findable(conversation)
        return conversation

    def _tell_digests(self) -> None:
        condensed = [(self._turns[form.id], form.digest) for form in self._export.turns if form.digest is not None]
        for turn, digest in condensed:
            turn.digest = self._digests[digest]
        Turn.objects.bulk_update([turn for turn, _ in condensed], ["digest"], batch_size=BATCH_ROWS)

    def _conversation(self) -> Conversation:
        form = self._export.conversation
        fields = form.model_dump(exclude={"id", "leaf", "title", "rated_at", "tags", "parameters"})
        fields["parameters"] = form.parameters.model_dump(exclude_none=True)
        rated_at = (form.rated_at or timezone.now()) if form.rating else None
        return Conversation(owner=self._owner, title=" ".join(form.title.split()), rated_at=rated_at, **fields)

    def _take(self, conversation: Conversation, form: TurnForm, depth: int) -> None:
        parent = self._turns[form.parent] if form.parent else None
        fields = form.model_dump(
            exclude={"id", "parent", "continues", "status", "intent", "digest", "included", "messages", "parameters"}
        )
        turn = Turn(
            conversation=conversation,
            author=self._owner,
            parent=parent,
            depth=depth,
            milestone_id=parent.milestone_of_next if parent else None,
            fingerprint=FINGERPRINT,
            status=TURN_ENDS.get(form.status, form.status),
            intent=form.intent.model_dump(exclude_unset=True),
            parameters=form.parameters.model_dump(exclude_none=True),
            heartbeat_at=form.finished_at or form.created_at,
            **fields,
        )
        self._turns[form.id] = turn
        for position, said in enumerate(form.messages):
            self._take_message(turn, position, said)

    def _take_message(self, turn: Turn, position: int, form: MessageForm) -> None:
        fields = form.model_dump(exclude={"id", "status", "tool_run", "attachments", "feedback"})
        message = Message(
            turn=turn,
            position=position,
            status=MESSAGE_ENDS.get(form.status, form.status),
            tool_run=form.tool_run.model_dump(exclude_unset=True),
            **fields,
        )
        self._messages.append(message)
        if form.feedback:
            self._thumbs.append(Feedback(message=message, user=self._owner, **form.feedback.model_dump()))
        for place, attached in enumerate(form.attachments):
            self._attach(message, place, attached)

    def _attach(self, message: Message, position: int, form: AttachmentForm) -> None:
        file = self._files.get(form.sha256)
        if file is not None:
            self._attachments[form.id] = Attachment(
                owner=self._owner,
                file=file,
                message=message,
                name=clean_name(form.name),
                position=position,
                created_at=form.created_at,
            )

    def _included(self, form: TurnForm) -> list[dict[str, Any]]:
        """Return what a turn was sent of files, by their new ids, without those that are not here."""
        known = [(each, self._attachments.get(each.attachment)) for each in form.included]
        return [{**each.model_dump(), "attachment": str(new.pk)} for each, new in known if new is not None]

    def _summaries(self, conversation: Conversation) -> None:
        rows = [
            Summary(
                conversation=conversation,
                leaf=self._turns[form.leaf] if form.leaf else None,
                metrics=form.metrics.model_dump(exclude_unset=True),
                **form.model_dump(exclude={"leaf", "metrics"}),
            )
            for form in self._export.summaries
        ]
        self._insert(rows)

    def _make_findable(self, conversation: Conversation) -> None:
        if conversation.title:
            search.keep_title(conversation)
        said = [each for each in self._messages if each.role != Message.Role.TOOL]
        for start in range(0, len(said), BATCH_ROWS):
            search.keep_messages(conversation, said[start : start + BATCH_ROWS])

    @staticmethod
    def _insert(rows: list) -> None:
        for start in range(0, len(rows), BATCH_ROWS):
            insert(rows[start : start + BATCH_ROWS])
