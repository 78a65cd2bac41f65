"""An invitation: a link by which a stranger may make an account, kept as a digest only."""

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .api_key import DIGEST_CHARACTERS, PREFIX_MAX_CHARACTERS

MOST_USES = 1000
NOTE_CHARACTERS = 200
# What its maker has to have for as long as it counts.
RIGHT = "accounts.add_invitation"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def alive(self) -> "InvitationQuerySet":
        """Return those that can still be used: not revoked, expired or used up, and their maker may still sign in."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at=None, used__lt=F("uses"), made_by__is_active=True)


class Invitation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The beginning of the secret, by which staff know the link again.
    prefix = models.CharField(_("begins with"), max_length=PREFIX_MAX_CHARACTERS, editable=False)
    digest = models.CharField(max_length=DIGEST_CHARACTERS, unique=True, editable=False)
    email = models.EmailField(
        _("e-mail address"), blank=True, help_text=_("Only this address may use it. Empty: whoever has the link.")
    )
    groups = models.ManyToManyField(
        Group, blank=True, verbose_name=_("groups"), help_text=_("What they become a member of.")
    )
    uses = models.PositiveIntegerField(
        _("how many may use it"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_USES)]
    )
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    note = models.CharField(
        _("note"), max_length=NOTE_CHARACTERS, blank=True, help_text=_("For the staff; nobody invited reads it.")
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(used__lte=F("uses")), name="an_invitation_is_not_overused")]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def state(self) -> str:
        """How it stands: "open", "used up", "expired", "revoked", or "void" when its maker may no longer invite."""
        if self.revoked_at is not None:
            return "revoked"
        if self.used >= self.uses:
            return "used up"
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return "expired"
        return "open" if self.made_by and self.made_by.has_perm(RIGHT) else "void"


class InvitationUse(models.Model):
    """Who made an account with which invitation."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="users")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invited")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return str(self.user)
