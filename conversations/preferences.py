"""What a person wants of every conversation: instructions, and the model and the kind of help to begin with."""

from typing import Any

from django.utils.translation import gettext

from chatsite import saving
from chatsite.languages import grouped

from . import moderation, modes
from .errors import TooLarge
from .turns import check_characters, check_model

INSTRUCTIONS_CHARACTERS = 4000


def of(user) -> dict[str, Any]:
    """Return what a person has chosen."""
    return {
        "instructions": user.instructions,
        "use_instructions": user.use_instructions,
        "model": user.default_model,
        "mode": user.default_mode,
    }


def change(
    *,
    user,
    instructions: str | None = None,
    use_instructions: bool | None = None,
    model: str | None = None,
    mode: str | None = None,
) -> None:
    """Keep what is given, all or nothing, and leave the rest; raises Invalid, TooLarge or RefusedByRule."""
    fields: dict[str, Any] = {}
    if instructions is not None and (text := _instructions(instructions)) != user.instructions:
        fields["instructions"] = moderation.check_instructions(author=user, text=text)
    if use_instructions is not None:
        fields["use_instructions"] = use_instructions
    if model is not None:
        check_model(model)
        fields["default_model"] = model
    if mode is not None:
        fields["default_mode"] = modes.check(mode)
    saving.save(user, fields)


def _instructions(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    check_characters(text)
    if len(text) > INSTRUCTIONS_CHARACTERS:
        raise TooLarge(
            gettext("Instructions have %(instructions_characters)s characters at most.")
            % {"instructions_characters": grouped(INSTRUCTIONS_CHARACTERS)},
            code="instructions_too_large",
        )
    return text
