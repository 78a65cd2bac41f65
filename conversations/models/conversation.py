"""A conversation: who owns it, what it is called, which model answers, and which branch is open."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .literal import literally
from .tag import key_of
from .turn import Mode, Turn

# Whose a deleted conversation is while its deletion can be undone: its id stays taken, and nobody may open it.
NOBODY = uuid.UUID(int=0)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user) -> "ConversationQuerySet":
        """Return what this person may see: the one gate that every edge goes through."""
        return self.filter(owner=user, deleted_at=None)

    def owner_of(self, id) -> uuid.UUID | None:
        """Return whose conversation this is, None while nobody has begun it: then it is for whoever asks first."""
        found = Conversation.everything.filter(pk=id).values_list("owner_id", "deleted_at").first()
        if found is None:
            return None
        owner, deleted_at = found
        return owner if deleted_at is None else NOBODY

    def with_news(self) -> "ConversationQuerySet":
        """Return them with `running`, whether an answer is being written, and `unread`, whether there is one that
        nobody has looked at."""
        running = Exists(Turn.objects.open().filter(conversation=OuterRef("pk")))
        unread = Q(seen_at__isnull=False, active_at__gt=F("seen_at")) & ~Q(running=True)
        return self.annotate(running=running).annotate(unread=models.ExpressionWrapper(unread, models.BooleanField()))

    def tagged(self, name: str) -> "ConversationQuerySet":
        """Return those with the tag of this name."""
        return self.filter(tags__key=key_of(name))

    def left(self, since: datetime.datetime) -> "ConversationQuerySet":
        """Return the active ones that nobody has had open, and in which nothing was said, since then."""
        return self.filter(literally("status", Conversation.Status.ACTIVE), seen_at__lte=since, active_at__lte=since)

    def recent(self) -> "ConversationQuerySet":
        """Return the newest activity first, in an order that a cursor can continue."""
        return self.order_by("-active_at", "-id")

    def before(self, active_at, id) -> "ConversationQuerySet":
        """Return what comes after that place in the `recent` order."""
        # The first condition says no more than the second, but an index can begin there.
        return self.filter(active_at__lte=active_at).filter(Q(active_at__lt=active_at) | Q(id__lt=id))

    def after(self, active_at, id) -> "ConversationQuerySet":
        """Return what comes before that place in the `recent` order: newer activity."""
        return self.filter(active_at__gte=active_at).filter(Q(active_at__gt=active_at) | Q(id__gt=id))


class ThereManager(models.Manager.from_queryset(ConversationQuerySet)):  # type: ignore[misc]
    """All but those that were deleted and only wait for their end."""

    def get_queryset(self) -> ConversationQuerySet:
        return super().get_queryset().filter(deleted_at=None)


class Conversation(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        COMPLETED = "completed", _("Completed")

    class TitleBy(models.TextChoices):
        QUESTION = "question", _("Question")
        MODEL = "model", _("Model")
        PERSON = "person", _("Person")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    title_by = models.CharField(max_length=8, choices=TitleBy.choices, default=TitleBy.QUESTION)
    model = models.CharField(max_length=200, blank=True, help_text=_("The model chosen for the next question."))
    mode = models.CharField(
        max_length=8,
        choices=Mode.choices,
        blank=True,
        help_text=_("The kind of help; empty: as each question needs it."),
    )
    instructions = models.TextField(blank=True, help_text=_("What the assistant is told before the conversation."))
    parameters = models.JSONField(default=dict, blank=True, help_text=_("How the model is asked, where that is set."))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    # The last turn of the branch that is open; sibling branches stay in the tree.
    leaf = models.ForeignKey("Turn", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Written by whoever adds messages, because counting those of a long conversation takes longer than a list may.
    message_count = models.PositiveIntegerField(default=0, help_text=_("Messages, of all branches."))
    created_at = models.DateTimeField(auto_now_add=True)
    active_at = models.DateTimeField(auto_now_add=True, help_text=_("When something was last said."))
    # None: never since this was kept, so that no clock ends a conversation of before.
    seen_at = models.DateTimeField(null=True, blank=True, help_text=_("When somebody last had it open."))
    rating = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("From 1 to 5."))
    rated_at = models.DateTimeField(null=True, blank=True)
    tags: models.ManyToManyField = models.ManyToManyField("Tag", blank=True, related_name="conversations")
    # Set: gone for everybody, and for good as soon as this can no longer be undone.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Set: its owner is told that retention deletes it, or its files, then.
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    files_expire_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ThereManager()
    # For what works below the edges: an answer that is being ended, or the deletion itself.
    everything = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-active_at", "-id"], name="conversations_of_owner"),
            # What the clock may end.
            models.Index(
                fields=["seen_at"], condition=Q(status="active", seen_at__isnull=False), name="conversations_left"
            ),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="conversations_deleted"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="conversations_expiring"),
            models.Index(
                fields=["files_expire_at"],
                condition=Q(files_expire_at__isnull=False),
                name="conversations_losing_files",
            ),
            # What retention looks through: the quietest first, whoever owns it.
            models.Index(fields=["active_at"], name="conversations_by_activity"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__gte=1, rating__lte=5), name="rating_from_1_to_5"
            )
        ]

    def __str__(self) -> str:
        return self.title or gettext("New chat")

    @property
    def tag_names(self) -> list[str]:
        """The names of its tags, in their order; one query where they were not fetched before."""
        return [tag.name for tag in self.tags.all()]
