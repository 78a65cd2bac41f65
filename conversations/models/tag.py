"""A tag: a word of a person's own under which they find some of their chats again; a chat can have several."""

import unicodedata
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_CHARACTERS = 40
# What is compared may be longer than what is shown: one letter can stand for several.
KEY_CHARACTERS = 200


def key_of(name: str) -> str:
    """Return what makes two names the same: however they are written, large or small."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())[:KEY_CHARACTERS]


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, user) -> "TagQuerySet":
        """Return the tags this person may see: their own."""
        return self.filter(owner=user)


class Tag(models.Model):
    class Colour(models.TextChoices):
        BLUE = "blue", _("Blue")
        TEAL = "teal", _("Teal")
        VIOLET = "violet", _("Violet")
        AMBER = "amber", _("Amber")
        GREEN = "green", _("Green")
        RED = "red", _("Red")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=NAME_CHARACTERS)
    key = models.CharField(max_length=KEY_CHARACTERS, editable=False, help_text=_("The name as it is compared."))
    colour = models.CharField(max_length=6, choices=Colour.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_tag_per_name")]

    def __str__(self) -> str:
        return self.name
