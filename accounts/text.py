"""What a person may type into a field that is stored and shown."""

import unicodedata

# Control, invisible (zero-width, direction overrides), surrogate, private and unassigned characters, line separators.
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def has_hidden_characters(text: str) -> bool:
    """Return whether the text holds a character that cannot be seen, or that changes how its neighbours are seen."""
    return any(unicodedata.category(character) in HIDDEN_CATEGORIES for character in text)
