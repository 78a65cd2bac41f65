"""What an administrator says about a model: how it is called, who may use it, and how it is asked."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_CHARACTERS = 80
DESCRIPTION_CHARACTERS = 200
INSTRUCTIONS_CHARACTERS = 4000
LEAST_WINDOW = 1024
CAN = [(None, _("as found")), (True, _("yes")), (False, _("no"))]


def _ability(words: Any) -> models.BooleanField:
    return models.BooleanField(words, null=True, blank=True, choices=CAN)


class ModelProfile(models.Model):
    # No key: models are the servers', and come and go.
    model = models.CharField(_("model"), max_length=200, unique=True, help_text=_("Its id, such as “ollama/qwen3:8b”."))
    name = models.CharField(
        _("name"), max_length=NAME_CHARACTERS, blank=True, help_text=_("What people see instead of its id.")
    )
    description = models.CharField(
        _("description"),
        max_length=DESCRIPTION_CHARACTERS,
        blank=True,
        help_text=_("What it is good for, in a few words."),
    )
    groups = models.ManyToManyField(
        "auth.Group",
        blank=True,
        verbose_name=_("groups"),
        help_text=_("Only their members may use it; to everybody else it is not there. None: everybody may."),
    )
    # Stays when its last group is deleted: then it is nobody's, and not everybody's.
    limited = models.BooleanField(default=False, editable=False)
    is_default = models.BooleanField(
        _("for new chats"),
        default=False,
        help_text=_("The model to begin with. Of several it is the first that somebody may use."),
    )
    hidden = models.BooleanField(
        _("hidden"), default=False, help_text=_("Not in lists; whoever may use it can still name it.")
    )
    instructions = models.TextField(
        _("instructions"),
        max_length=INSTRUCTIONS_CHARACTERS,
        blank=True,
        help_text=_("What it is told before what a person wants of it, in every chat and by every way."),
    )
    window = models.PositiveIntegerField(
        _("window"),
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST_WINDOW)],
        help_text=_("The most tokens that a question, what came before, and the answer take together."),
    )
    max_tokens = models.PositiveIntegerField(
        _("longest answer"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("In tokens.")
    )
    temperature = models.FloatField(
        _("temperature"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(2)],
        help_text=_("Where nobody chooses one."),
    )
    vision = _ability(_("sees pictures"))
    tools = _ability(_("calls tools"))
    thinking = _ability(_("can think"))
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("model profile")
        verbose_name_plural = _("model profiles")
        ordering = ["model"]
        permissions = [("manage_models", "Can fetch, delete and try out models")]

    def __str__(self) -> str:
        return self.name or self.model
