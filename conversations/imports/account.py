"""What an archive of everything brings back beside conversations: prompts, and what a person had chosen."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from accounts import people
from accounts.errors import AccountError

from .. import preferences as wishes
from .. import presets
from ..errors import ChatError
from ..models import Preset
from ..models.tag import key_of

if TYPE_CHECKING:
    from .form import AccountForm

# What the archive calls them, in the order in which they are told, and what people do.
PREFERENCES = {
    "instructions": _("Instructions for the assistant"),
    "use_instructions": _("Whether the instructions are sent"),
    "default_model": _("Default model"),
    "default_mode": _("Default kind of help"),
    "theme": _("Theme"),
    "density": _("Density"),
    "language": _("Language"),
}


@dataclass(frozen=True, slots=True)
class Brought:
    """The names of prompts that were brought and of those that were there before; preferences by the archive's names:
    those that were taken over, and those that this site does not take."""

    prompts: list[str] = field(default_factory=list)
    prompts_kept: list[str] = field(default_factory=list)
    preferences: list[str] = field(default_factory=list)
    preferences_left: list[str] = field(default_factory=list)


def bring_prompts(*, owner: Any, form: "AccountForm") -> Brought:
    """Return which prompts of an account were brought; call it in a transaction. Raises Invalid or TooLarge."""
    brought = Brought()
    mine = set(Preset.objects.owned_by(owner).values_list("key", flat=True))
    for prompt in form.prompts:
        name = " ".join(prompt.name.split())
        if key_of(name) in mine:
            brought.prompts_kept.append(name)
        else:
            made = presets.make(owner=owner, name=name, text=prompt.text)
            mine.add(made.key)
            brought.prompts.append(name)
    return brought


def bring_preferences(*, owner: Any, form: "AccountForm", brought: Brought) -> None:
    """Take over what an account had chosen, and put down in `brought` what was and what was not.

    Call it at the end of a transaction: instructions that a rule stands against are entered in the ledger.
    """
    for name in PREFERENCES:
        value = getattr(form, name)
        if value is None or value == getattr(owner, name):
            continue
        try:
            _change(owner, name, value)
        except (ChatError, AccountError):
            # Of another site, which has other models' names, rules or languages.
            brought.preferences_left.append(name)
        else:
            brought.preferences.append(name)


def _change(owner: Any, name: str, value: Any) -> None:
    if name in {"theme", "density", "language"}:
        people.change_preferences(user=owner, **{name: value})
    else:
        wishes.change(user=owner, **{name.removeprefix("default_"): value})
