"""Joining what a model says now to a text that was cut off, where no protocol lets it simply go on."""

import re

# The word that a text ends in; of a script without spaces, or of an endless word, the last letters.
LAST_WORD = re.compile(r"\w{1,40}\Z")
ASKED = (
    "Your answer above was cut off. Go on with it exactly where it ended, as if there had been no break: do not repeat "
    "what you have said, and say nothing about going on."
)
BEGINNING = " Begin with its last word, {word!r}, which may have been cut off too."


def request(text: str) -> str:
    """Return how a model is asked to go on with a text, which then belongs to a `Joint` of the same text."""
    word = last_word(text)
    return ASKED + BEGINNING.format(word=word) if word else ASKED


def last_word(text: str) -> str:
    """Return the word that a text ends in, empty if it ends with anything else."""
    found = LAST_WORD.search(text)
    return found[0] if found else ""


class Joint:
    """Takes the first pieces of what a model says and gives them back without the word that it was to begin with.

    A model that did not repeat the word has probably begun a new one: then a space stands between.
    """

    def __init__(self, text: str):
        self.word = last_word(text)
        self._held = ""
        self._open = bool(self.word)

    def take(self, piece: str) -> str:
        """Return what of the text so far can be told."""
        if not self._open:
            return piece
        self._held += piece
        if len(self._held.lstrip()) < len(self.word) and self.word.startswith(self._held.lstrip()):
            return ""
        return self.rest()

    def rest(self) -> str:
        """Return what is still held back, when nothing more comes."""
        held, self._held = self._held, ""
        if not self._open or not held:
            return held
        self._open = False
        said = held.lstrip()
        if said.startswith(self.word):
            return said[len(self.word) :]
        # It may have begun with white space by itself.
        return f" {held}" if held[0].isalnum() else held
