"""A turn: one question and all that answers it, as a node in the conversation's tree."""

import datetime
import json
import uuid
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .literal import literally_one_of

# Every so many turns of a branch, one is a milestone: a shorter way up, because a branch has no other than its turns.
MILESTONE_TURNS = 100


# Table and column names are our own; the values are parameters.
BRANCH = """
    WITH RECURSIVE branch(id, parent_id, status, steps) AS (
        SELECT id, parent_id, status, 1 FROM conversations_turn WHERE id = %s
        UNION ALL
        SELECT turn.id, turn.parent_id, turn.status, branch.steps + 1
        FROM conversations_turn AS turn JOIN branch ON turn.id = branch.parent_id
        WHERE branch.steps < %s
    ) SELECT branch.id, branch.parent_id, branch.status """
STEPS = f"{BRANCH} FROM branch ORDER BY steps"
WORDS = f"""{BRANCH}, message.role, message.text, message.tool_call_id, message.tool_name,
        CASE WHEN message.role = 'tool' THEN message.tool_run END
    FROM branch LEFT JOIN conversations_message AS message ON message.turn_id = branch.id
    ORDER BY steps, message.position"""


class Line(NamedTuple):
    """What of a message a model is sent."""

    role: str
    text: str
    tool_call_id: str
    tool_name: str
    tool_run: dict[str, Any]


class Mode(models.TextChoices):
    """The kinds of help."""

    CHAT = "chat", _("Chat")
    CODE = "code", _("Code assistant")
    TUTORIAL = "tutorial", _("Tutorial")
    SUPPORT = "support", _("Technical support")


class TurnQuerySet(models.QuerySet["Turn"]):
    def visible_to(self, user) -> "TurnQuerySet":
        """Return the turns of conversations this person may see."""
        return self.filter(conversation__owner=user, conversation__deleted_at=None)

    def open(self) -> "TurnQuerySet":
        """Return the turns that are waiting or being answered."""
        return self.filter(literally_one_of("status", Turn.OPEN))

    def asked_by(self, user, first: datetime.date, last: datetime.date) -> "TurnQuerySet":
        """Return what this person has asked from the first to the last of these days in UTC, both included, deleted
        conversations included."""
        begin = datetime.datetime.combine(first, datetime.time.min, datetime.UTC)
        end = datetime.datetime.combine(last, datetime.time.max, datetime.UTC)
        return self.filter(author=user, created_at__range=(begin, end))

    def with_messages(self) -> "TurnQuerySet":
        """Return the turns together with their messages, the files that are attached to those, and their digests."""
        # Of a digest's facts only the next digest is made.
        found = self.select_related("digest").defer("digest__facts")
        return found.prefetch_related("messages__attachments__file")

    def branch(self, leaf_id, limit: int, messages: bool = True) -> list["Turn"]:
        """Return the last `limit` turns of the branch that ends in `leaf_id`, oldest first, with their messages."""
        turns = self.filter(id__in=self.branch_ids(leaf_id, limit)).order_by("depth")
        if messages:
            return list(turns.with_messages())
        return list(turns)

    def branch_ids(self, leaf_id, limit: int) -> list[uuid.UUID]:
        """Return the ids of the last `limit` turns of the branch that ends in `leaf_id`, the last one first."""
        return [id for id, _, _ in self.branch_steps(leaf_id, limit)]

    def branch_steps(self, leaf_id, limit: int) -> list[tuple[uuid.UUID, uuid.UUID | None, str]]:
        """Return id, parent's id and status of the last `limit` turns of the branch that ends in `leaf_id`, the last
        one first."""
        if leaf_id is None:
            return []
        return [(_read(id), _read(parent), status) for id, parent, status in _up(STEPS, leaf_id, limit)]

    def branch_words(self, leaf_id, limit: int) -> list[tuple[uuid.UUID, uuid.UUID | None, str, list[Line]]]:
        """Return the same, each with what its messages say in their order: in a long branch, rows cost too much."""
        found: list[tuple[uuid.UUID, uuid.UUID | None, str, list[Line]]] = []
        last = None
        for id, parent, status, role, text, call, name, run in _up(WORDS, leaf_id, limit) if leaf_id else ():
            if id != last:
                found.append((_read(id), _read(parent), status, []))
                last = id
            if role is not None:
                found[-1][3].append(Line(role, text, call, name, json.loads(run) if run else {}))
        return found

    def branch_after(self, leaf_id, turn: "Turn", limit: int) -> list["Turn"]:
        """Return up to `limit` turns that come after `turn` towards `leaf_id`, oldest first, with their messages."""
        as_stored = Turn._meta.pk.get_db_prep_value
        depth = turn.depth + limit
        # Up from the leaf to that depth, by milestones as long as the next one does not stand higher.
        query = """
            WITH RECURSIVE way(id, above_id, depth) AS (
                SELECT id, {above}, depth FROM conversations_turn AS turn WHERE id = %s
                UNION ALL
                SELECT turn.id, {above}, turn.depth
                FROM conversations_turn AS turn JOIN way ON turn.id = way.above_id
                WHERE way.depth > %s
            ) SELECT id FROM way ORDER BY depth LIMIT 1"""
        above = f"""CASE WHEN turn.milestone_id IS NULL OR (turn.depth - 1) / {MILESTONE_TURNS} * {MILESTONE_TURNS} < %s
                THEN turn.parent_id ELSE turn.milestone_id END"""
        with connection.cursor() as cursor:
            cursor.execute(query.format(above=above), [depth, as_stored(leaf_id, connection), depth, depth])
            last = cursor.fetchone()
        return [found for found in self.branch(last and last[0], limit) if found.depth > turn.depth]


class Turn(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")
        BLOCKED = "blocked", _("Blocked")

    class Truncated(models.TextChoices):
        """What the model server left away without an error."""

        PROMPT = "prompt", _("Prompt")
        ANSWER = "answer", _("Answer")

    OPEN = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="turns")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    depth = models.PositiveIntegerField(default=0, help_text=_("How many turns come before this one on its branch."))
    # No constraint and no index: it is above in the same branch, so it goes with it, and is only looked at from below.
    milestone = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, blank=True, db_constraint=False, db_index=False, related_name="+"
    )
    # Of the same conversation too, and only looked at from here.
    continues = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text=_("The turn whose answer this one goes on with."),
    )
    carried = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("How many characters of the answer were said there.")
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="turns")
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  NULL: no idempotency asked for
    fingerprint = models.CharField(
        max_length=64, help_text=_("What was asked for, so that a repeated client_id can be told.")
    )
    model = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    # The process that works on it, and when it last said so.
    worker = models.CharField(max_length=100, blank=True)
    heartbeat_at = models.DateTimeField(auto_now_add=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    first_token_ms = models.PositiveIntegerField(null=True, blank=True)
    total_ms = models.PositiveIntegerField(null=True, blank=True)
    finish_reason = models.CharField(max_length=30, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_detail = models.TextField(blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    # What of the branch the model was sent: `verbatim` messages as they are, `condensed` ones in the digest.
    verbatim = models.PositiveIntegerField(default=0, help_text=_("Earlier messages that the model was sent."))
    condensed = models.PositiveIntegerField(default=0, help_text=_("Earlier messages that it was sent in short."))
    left_out = models.PositiveIntegerField(default=0, help_text=_("Earlier messages that it was sent nothing of."))
    digest = models.ForeignKey(
        "ContextDigest",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("What it was sent in short."),
    )
    window = models.PositiveIntegerField(null=True, blank=True, help_text=_("The model's window in tokens, if known."))
    window_used = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Tokens of the last call and its answer, if the server counted them.")
    )
    truncated = models.CharField(max_length=8, choices=Truncated.choices, blank=True)
    usage_exact = models.BooleanField(default=False, help_text=_("Counted by the model server, not estimated."))
    mode = models.CharField(
        max_length=8, choices=Mode.choices, blank=True, help_text=_("The kind of help that was given.")
    )
    intent = models.JSONField(default=dict, blank=True, help_text=_("Why that mode: `by`, `confidence` and `reason`."))
    parameters = models.JSONField(default=dict, blank=True, help_text=_("How the model was asked, where that was set."))
    instructed = models.BooleanField(default=False, help_text=_("Whether the person's own instructions were sent."))
    included = models.JSONField(default=list, blank=True, help_text=_("What of each attached file the model was sent."))
    # Each with its `place` (question or answer), what was done (`action`: warn or mask), and `text` for the person.
    notes = models.JSONField(default=list, blank=True, help_text=_("What rules have to say about it."))

    objects = TurnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(status__in=["queued", "running"]), name="one_open_turn"
            ),
            models.UniqueConstraint(fields=["author", "client_id"], name="one_turn_per_client_id"),
        ]
        indexes = [
            models.Index(fields=["conversation", "parent", "created_at"], name="turns_of_parent"),
            # A person's open turns are counted with each question.
            models.Index(fields=["author", "status"], name="turns_of_author"),
            # All that a report of months needs.
            models.Index(fields=["author", "created_at", "mode", "conversation"], name="turns_asked"),
            # The log of a conversation is read in this order, whatever the branch.
            models.Index(fields=["conversation", "created_at", "id"], name="turns_in_order"),
        ]

    def __str__(self) -> str:
        return gettext("turn %(id)s (%(status)s)") % {"id": self.id, "status": self.get_status_display()}

    @property
    def milestone_of_next(self) -> uuid.UUID | None:
        """The milestone of a turn that follows this one: the last one above it, which nobody needs near the first."""
        is_one = self.depth > 0 and self.depth % MILESTONE_TURNS == 0
        return self.pk if is_one else self.milestone_id

    @property
    def is_open(self) -> bool:
        """Whether it is waiting or being answered."""
        return self.status in self.OPEN

    @property
    def is_cut_off(self) -> bool:
        """Whether it ended before its model had said everything, so that the answer could go on."""
        if self.status == self.Status.COMPLETED:
            return self.finish_reason == "length" or self.truncated == self.Truncated.ANSWER
        return self.status in (self.Status.STOPPED, self.Status.INTERRUPTED, self.Status.FAILED)


def _up(query: str, leaf_id: uuid.UUID, limit: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, [Turn._meta.pk.get_db_prep_value(leaf_id, connection), limit])
        return cursor.fetchall()


def _read(id: Any) -> Any:
    """Return an id as it is said: a database without UUIDs has them as text."""
    return id if id is None or isinstance(id, uuid.UUID) else uuid.UUID(id)
