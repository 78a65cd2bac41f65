"""What a person can do with prompts that are kept: make, change and delete their own, and use what is shared."""

import re
import uuid
from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from accounts import audit
from accounts.text import has_hidden_characters
from chatsite.languages import grouped

from .errors import Invalid, NotAllowed, NotFound, PresetTaken, TooLarge
from .models import Preset
from .models.preset import NAME_CHARACTERS, TEXT_CHARACTERS
from .naming import named, save
from .turns import check_characters

PRESETS_PER_PERSON = 200
VARIABLES = 20
SHARE = "conversations.share_preset"

# A gap, such as {{topic}} or {{ your name }}.
VARIABLE = re.compile(r"\{\{\s*([^\W\d](?:[\w -]{0,38}\w)?)\s*\}\}")


def listing(*, user) -> QuerySet[Preset]:
    """Return the prompts that a person may use, by name."""
    return Preset.objects.visible_to(user).select_related("owner").prefetch_related("groups")


def find(*, preset_id: uuid.UUID, user) -> Preset:
    """Return the prompt if this person may use it; raises NotFound."""
    found = listing(user=user).filter(pk=preset_id).first()
    if found is None:
        raise NotFound
    return found


def find_own(*, preset_id: uuid.UUID, user) -> Preset:
    """Return the prompt for whoever may change it; raises NotFound, or NotAllowed where it is only shared with them."""
    found = find(preset_id=preset_id, user=user)
    if found.owner_id != user.pk:
        raise NotAllowed(gettext("This prompt is somebody else's. Keep a copy to change it."))
    return found


def variables(text: str) -> list[str]:
    """Return the names of the gaps in a prompt, each once, in their order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def make(*, owner, name: str, text: str) -> Preset:
    """Return a new prompt; raises Invalid, TooLarge or PresetTaken."""
    name, text = _name(name), _text(text)
    if Preset.objects.owned_by(owner).count() >= PRESETS_PER_PERSON:
        raise Invalid(
            gettext("You can keep %(presets_per_person)s prompts. Delete one first.")
            % {"presets_per_person": PRESETS_PER_PERSON},
            code="too_many_presets",
        )
    try:
        with transaction.atomic():
            return Preset.objects.create(owner=owner, **named(name), text=text)
    except IntegrityError:
        raise PresetTaken from None


def change(*, preset: Preset, name: str | None = None, text: str | None = None) -> Preset:
    """Return the prompt with another name or text; raises Invalid, TooLarge or PresetTaken."""
    fields = {} if name is None else named(_name(name))
    if text is not None:
        fields["text"] = _text(text)
    save(preset, fields, taken=PresetTaken)
    return preset


def share(*, preset: Preset, by, everybody: bool, groups: Collection[str] = ()) -> Preset:
    """Return the prompt, which everybody may use from now on, or the members of these groups, or nobody else.

    Raises NotAllowed for whoever may not share, Invalid for a group that there is not.
    """
    if not by.has_perm(SHARE):
        raise NotAllowed(gettext("Only administrators share prompts."))
    found = list(Group.objects.filter(name__in=groups).order_by("name"))
    if missing := sorted(set(groups) - {group.name for group in found}):
        raise Invalid(
            gettext("There is no group %(missing)s.") % {"missing": f"{missing[0][:100]!r}"}, code="no_such_group"
        )
    with transaction.atomic():
        before = (preset.everybody, {group.pk for group in preset.groups.all()})
        preset.everybody = everybody
        preset.save(update_fields=["everybody"])
        preset.groups.set(found)
        if before != (everybody, {group.pk for group in found}):
            audit.enter("prompt.shared", target=preset, everybody=everybody, groups=[group.name for group in found])
    return preset


def delete(*, preset: Preset) -> None:
    """Delete a prompt, for everybody whom it was shared with too."""
    preset.delete()


def _name(name: str) -> str:
    name = " ".join(name.split())
    check_characters(name)
    if not name or has_hidden_characters(name):
        raise Invalid(gettext("Give the prompt a name of characters that can be seen."), code="invalid_name")
    if len(name) > NAME_CHARACTERS:
        raise Invalid(
            gettext("A name has %(name_characters)s characters at most.") % {"name_characters": NAME_CHARACTERS},
            code="name_too_long",
        )
    return name


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    check_characters(text)
    if not text:
        raise Invalid(gettext("Write what is to be asked."), code="empty_prompt")
    if len(text) > TEXT_CHARACTERS:
        raise TooLarge(
            gettext("A prompt has %(text_characters)s characters at most.")
            % {"text_characters": grouped(TEXT_CHARACTERS)},
            code="prompt_too_large",
        )
    if len(variables(text)) > VARIABLES:
        raise Invalid(
            gettext("A prompt has %(variables)s gaps at most.") % {"variables": VARIABLES}, code="too_many_variables"
        )
    return text
