"""A prompt that is kept: a text of a person's own with gaps to fill, which an administrator may share."""

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .tag import KEY_CHARACTERS

NAME_CHARACTERS = 60
TEXT_CHARACTERS = 8000


class PresetQuerySet(models.QuerySet["Preset"]):
    def visible_to(self, user) -> "PresetQuerySet":
        """Return the prompts this person may use: their own, and what is shared with everybody or a group of theirs."""
        theirs = Group.objects.filter(user=user.pk).values("pk")
        shared = self.model.groups.through.objects.filter(group__in=theirs).values("preset")
        return self.filter(Q(owner=user.pk) | Q(everybody=True) | Q(pk__in=shared))

    def owned_by(self, user) -> "PresetQuerySet":
        """Return the prompts this person may change: their own."""
        return self.filter(owner=user.pk)


class Preset(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets")
    name = models.CharField(max_length=NAME_CHARACTERS)
    key = models.CharField(max_length=KEY_CHARACTERS, editable=False, help_text=_("The name as it is compared."))
    text = models.TextField()
    everybody = models.BooleanField(default=False, help_text=_("Whether everybody may use it."))
    groups: models.ManyToManyField = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text=_("Whose members may use it.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ["key", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_preset_per_name")]
        permissions = [("share_preset", "Can share prompts with others")]

    def __str__(self) -> str:
        return self.name
