"""Text as people see it: without what cannot be seen, and not more of it than can be used."""

import re

from .answer import Receipt, counted

MAX_CHARACTERS = 2_000_000

# Zero-width, direction marks and overrides, tags, invisible operators and fillers: what a reader does not see and a
# model does. Between letters of the scripts that need them (Arabic, Indic) and in emoji, joiners are part of spelling.
HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![\u0590-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
    "|[\u200c\u200d](?![\u0590-\u109f\u1780-\u18af\u2190-\u2bff\U0001f000-\U0001faff])"
)
# Control characters but tab and newline, lone halves of pairs, and what is no character.
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
NEWLINE = re.compile("\r\n|[\r\x0c\x85\u2028\u2029]")


def clean(text: str) -> tuple[str, int]:
    """Return the text without control and hidden characters, its lines ended by a newline, and how many were hidden."""
    text = CONTROL.sub("", NEWLINE.sub("\n", text))
    if text.isascii():
        return text, 0
    return HIDDEN.subn("", text)


class Budget:
    """Takes in text, cleaned, until there is enough of it."""

    def __init__(self, characters: int = MAX_CHARACTERS):
        self._limit = self.left = characters
        self.hidden = self.words = 0
        self.exceeded = False

    def take(self, text: str) -> str:
        """Return the text, cleaned, or as much of it as there is still room for."""
        text, hidden = clean(text)
        self.hidden += hidden
        if len(text) > self.left:
            self.exceeded = True
            text = text[: self.left]
        self.left -= len(text)
        self.words += len(text.split())
        return text

    def tell(self, receipt: Receipt) -> None:
        """Put into the receipt what was taken in and what was not."""
        receipt.facts["characters"] = self._limit - self.left
        receipt.facts["words"] = self.words
        receipt.facts["hidden_removed"] = self.hidden
        receipt.facts.setdefault("truncated", False)
        receipt.facts.setdefault("truncated_because", "")
        if self.exceeded:
            cut_short(receipt, f"Only the first {counted(self._limit, 'character')} were read.")
        if self.hidden:
            receipt.warn("hidden_removed", f"Removed: {counted(self.hidden, 'character')} that cannot be seen.")


def cut_short(receipt: Receipt, because: str) -> None:
    """Note that not all of the file was read."""
    said = receipt.facts.get("truncated_because")
    receipt.facts["truncated"] = True
    receipt.facts["truncated_because"] = f"{said} {because}" if said else because
    receipt.warn("truncated", because)
