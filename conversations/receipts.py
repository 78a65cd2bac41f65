"""What was read of a file, in words: one line, fact by fact, and what to beware of."""

from typing import Any

from django.template.defaultfilters import filesizeformat

from .models import StoredFile

KINDS = {
    StoredFile.Kind.IMAGE: "Picture",
    StoredFile.Kind.PDF: "PDF",
    StoredFile.Kind.DOCX: "Word document",
    StoredFile.Kind.TEXT: "Text",
}
# The warning of pages that were drawn, because there is no text on them.
DRAWN = "pages_drawn"


def line(file: StoredFile) -> str:
    """Return what was read as one line, such as "12 pages · 18,204 characters · about 4,600 tokens"."""
    receipt = _Facts(file.receipt)
    parts = [receipt.pages, receipt.pixels, receipt.counted("characters", "character")]
    if file.tokens:
        parts.append(f"about {file.tokens:,} token{'s' if file.tokens > 1 else ''}")
    return " · ".join(filter(None, parts)) or filesizeformat(file.size)


def facts(file: StoredFile) -> list[tuple[str, str]]:
    """Return all that is known of a file as pairs of a name and a value."""
    receipt = _Facts(file.receipt)
    sent = receipt.sent_pixels
    found = [
        ("Kind", KINDS[StoredFile.Kind(file.kind)]),
        ("Size", filesizeformat(file.size)),
        ("Pages", receipt.pages),
        ("Pages without text", receipt.number("empty_pages_count")),
        ("Pixels", receipt.pixels and f"{receipt.pixels}{f', sent as {sent}' if sent else ''}"),
        ("Characters", receipt.number("characters")),
        ("Words", receipt.number("words")),
        ("Hidden characters removed", receipt.number("hidden_removed")),
        ("Encoding", receipt.text("encoding")),
        ("Tokens", f"about {file.tokens:,}" if file.tokens else ""),
        ("Read with", receipt.text("engine")),
        ("Read in", receipt.seconds),
        ("SHA-256", file.sha256),
    ]
    return [(name, value) for name, value in found if value]


def warnings(file: StoredFile) -> list[str]:
    """Return what was not read, or not surely, a sentence each."""
    return [str(warning.get("detail", "")) for warning in _warnings(file)]


def needs_sight(file: StoredFile) -> bool:
    """Whether only a model that sees can look at all of it."""
    return file.kind == StoredFile.Kind.IMAGE or any(warning.get("code") == DRAWN for warning in _warnings(file))


def _warnings(file: StoredFile) -> list[dict[str, Any]]:
    found = file.receipt.get("warnings")
    return [warning for warning in found if isinstance(warning, dict)] if isinstance(found, list) else []


class _Facts:
    """A receipt, which is what a parser said and may lack anything."""

    def __init__(self, receipt: dict[str, Any]):
        self.receipt = receipt

    def _int(self, name: str) -> int:
        value = self.receipt.get(name)
        return value if isinstance(value, int) else 0

    def number(self, name: str) -> str:
        value = self._int(name)
        return f"{value:,}" if value else ""

    def counted(self, name: str, noun: str) -> str:
        value = self._int(name)
        return f"{value:,} {noun}{'s' if value > 1 else ''}" if value else ""

    def text(self, name: str) -> str:
        value = self.receipt.get(name)
        return value if isinstance(value, str) else ""

    @property
    def pages(self) -> str:
        pages, read = self._int("pages"), self._int("pages_read")
        return f"{read:,} of {pages:,} pages" if 0 < read < pages else self.counted("pages", "page")

    @property
    def pixels(self) -> str:
        width, height = self._int("width"), self._int("height")
        return f"{width} × {height} pixels" if width and height else ""

    @property
    def sent_pixels(self) -> str:
        width, height = self._int("sent_width"), self._int("sent_height")
        return f"{width} × {height}" if width and (width, height) != (self._int("width"), self._int("height")) else ""

    @property
    def seconds(self) -> str:
        value = self.receipt.get("seconds")
        return f"{value:.1f} s" if isinstance(value, int | float) else ""
