"""A turn: one question and all that answers it, as a node in the conversation's tree."""

import uuid

from django.conf import settings
from django.db import connection, models
from django.db.models import Q


class TurnQuerySet(models.QuerySet["Turn"]):
    def visible_to(self, user) -> "TurnQuerySet":
        """Return the turns of conversations this person may see."""
        return self.filter(conversation__owner=user)

    def open(self) -> "TurnQuerySet":
        """Return the turns that are waiting or being answered."""
        return self.filter(status__in=Turn.OPEN)

    def branch(self, leaf_id, limit: int, messages: bool = True) -> list["Turn"]:
        """Return the last `limit` turns of the branch that ends in `leaf_id`, oldest first, with their messages."""
        if leaf_id is None:
            return []
        as_stored = Turn._meta.pk.get_db_prep_value
        # Table and column names are our own; the values are parameters.
        query = """
            WITH RECURSIVE branch(id, parent_id, steps) AS (
                SELECT id, parent_id, 1 FROM conversations_turn WHERE id = %s
                UNION ALL
                SELECT turn.id, turn.parent_id, branch.steps + 1
                FROM conversations_turn AS turn JOIN branch ON turn.id = branch.parent_id
                WHERE branch.steps < %s
            ) SELECT id FROM branch"""
        with connection.cursor() as cursor:
            cursor.execute(query, [as_stored(leaf_id, connection), limit])
            ids = [row[0] for row in cursor.fetchall()]
        turns = self.filter(id__in=ids).order_by("depth")
        if messages:
            turns = turns.prefetch_related("messages")
        return list(turns)


class Turn(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"
        BLOCKED = "blocked"

    OPEN = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="turns")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    depth = models.PositiveIntegerField(default=0, help_text="How many turns come before this one on its branch.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="turns")
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  NULL: no idempotency asked for
    fingerprint = models.CharField(
        max_length=64, help_text="What was asked for, so that a repeated client_id can be told."
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
    left_out = models.PositiveIntegerField(default=0, help_text="Earlier turns that did not fit the model's window.")
    usage_exact = models.BooleanField(default=False, help_text="Counted by the model server, not estimated.")

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
        ]

    def __str__(self) -> str:
        return f"{self.status} turn {self.id}"

    @property
    def is_open(self) -> bool:
        """Whether it is waiting or being answered."""
        return self.status in self.OPEN
