"""How long things are kept, by policies for groups; and holds, by which they are kept whatever anybody wishes."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

GRACE_DAYS = 14
# The figures of yesterday are counted from the details.
USAGE_LEAST_DAYS = 2


class RetentionPolicy(models.Model):
    group = models.OneToOneField(
        "auth.Group",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="retention",
        help_text=_("Empty: for everybody who is in no group with a policy."),
    )
    chats_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("A chat is deleted so many days after something was last said in it. Empty: it is kept."),
    )
    files_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "The files of a chat are deleted so many days after something was last said in it. Empty: as long "
            "as the chat."
        ),
    )
    usage_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(USAGE_LEAST_DAYS)],
        help_text=_(
            "The details of each call of a model are deleted after so many days; the sums of each day stay. "
            "Empty: they are kept."
        ),
    )
    grace_days = models.PositiveIntegerField(
        default=GRACE_DAYS,
        validators=[MinValueValidator(1)],
        help_text=_("So many days before, at the least, the owner is told."),
    )

    class Meta:
        verbose_name_plural = _("retention policies")
        permissions = [("keep_pinned", "Keeps pinned chats from being deleted by a retention policy")]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(group=None), name="one_retention_policy_for_everybody"
            ),
            models.CheckConstraint(
                condition=Q(grace_days__gte=1)
                & (Q(chats_days=None) | Q(chats_days__gte=F("grace_days")))
                & (Q(files_days=None) | Q(files_days__gte=F("grace_days"))),
                name="told_before_it_is_deleted",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Retention for %(everybody)s") % {"everybody": self.group or gettext("everybody")}

    def clean(self) -> None:
        """Raise ValidationError where nobody could be told in time."""
        for name in ("chats_days", "files_days"):
            days = getattr(self, name)
            if days is not None and self.grace_days is not None and days < self.grace_days:
                raise ValidationError(
                    {
                        name: gettext("The owner is told %(grace_days)s days before, so not fewer.")
                        % {"grace_days": self.grace_days}
                    }
                )


class HoldQuerySet(models.QuerySet["LegalHold"]):
    def open(self) -> "HoldQuerySet":
        """Return the holds that have not ended."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()), ended_at=None)

    def over(self) -> "HoldQuerySet":
        """Return the holds whose time has come, and whose end is not in the ledger yet."""
        return self.filter(ends_at__lte=timezone.now(), ended_at=None)


class LegalHold(models.Model):
    """What must not be deleted: a person's chats, one chat, or those that hold words (of one person or of anybody)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No foreign keys: that there was a hold is known when what it held is gone.
    owner_id = models.UUIDField(null=True, blank=True, db_index=True, help_text=_("Whose chats."))
    conversation_id = models.UUIDField(null=True, blank=True, db_index=True, help_text=_("Which chat."))
    words = models.CharField(max_length=500, blank=True, help_text=_("What a title or a message holds."))
    reason = models.TextField()
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until somebody ends it."))
    # Set: its end is in the ledger.
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(conversation_id=None) & (Q(owner_id__isnull=False) | ~Q(words="")))
                | (Q(conversation_id__isnull=False) & Q(owner_id=None, words="")),
                name="hold_of_one_kind",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Legal hold %(pk)s") % {"pk": str(self.pk)[:8]}

    @property
    def is_open(self) -> bool:
        """Whether it still holds."""
        return self.ended_at is None and (self.ends_at is None or self.ends_at > timezone.now())
