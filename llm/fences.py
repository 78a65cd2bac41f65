"""Marks around what is material and no instruction: what stands between them cannot know them, so it cannot end it."""

import hashlib

MARK_CHARACTERS = 12


def fenced(text: str, *, name: str = "material") -> str:
    """Return the text between two marks that are made of itself."""
    mark = mark_of(text)
    return f"<{name} {mark}>\n{text}\n</{name} {mark}>"


def mark_of(text: str) -> str:
    """Return the mark of a text, made of its hash: nobody can write a sentence that holds its own."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:MARK_CHARACTERS]
