"""What a person may type into a field that is stored and shown."""

import unicodedata

from django.utils.translation import gettext

# Control, invisible (zero-width, direction overrides), surrogate, private and unassigned characters, line separators.
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
NAME_MAX_CHARACTERS = 100


def has_hidden_characters(text: str) -> bool:
    """Return whether the text holds a character that cannot be seen, or that changes how its neighbours are seen."""
    return any(unicodedata.category(character) in HIDDEN_CATEGORIES for character in text)


def name_problems(name: str) -> list[str]:
    """Return what is wrong with this name to show, as sentences."""
    if has_hidden_characters(name):
        return [gettext("The name has characters that cannot be seen.")]
    if len(name) > NAME_MAX_CHARACTERS:
        return [gettext("The name is longer than %(most)s characters.") % {"most": NAME_MAX_CHARACTERS}]
    return []
