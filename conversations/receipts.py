"""What was read of a file, in words: one line, fact by fact, and what to beware of."""

from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chatsite.languages import grouped

from .kept import sentence
from .models import StoredFile

KINDS = {
    StoredFile.Kind.IMAGE: _("Picture"),
    StoredFile.Kind.PDF: "PDF",
    StoredFile.Kind.DOCX: _("Word document"),
    StoredFile.Kind.TEXT: _("Text"),
}
# The warning of pages that were drawn, because there is no text on them.
DRAWN = "pages_drawn"


def line(file: StoredFile) -> str:
    """Return what was read as one line, such as "12 pages · 18,204 characters · about 4,600 tokens"."""
    receipt = _Facts(file.receipt)
    parts = [receipt.pages, receipt.pixels, receipt.characters]
    if file.tokens:
        about = ngettext("about %(number)s token", "about %(number)s tokens", file.tokens)
        parts.append(about % {"number": grouped(file.tokens)})
    return " · ".join(filter(None, parts)) or filesizeformat(file.size)


def facts(file: StoredFile) -> list[tuple[str, str]]:
    """Return all that is known of a file as pairs of a name and a value."""
    receipt = _Facts(file.receipt)
    sent = receipt.sent_pixels
    found = [
        (gettext("Kind"), KINDS[StoredFile.Kind(file.kind)]),
        (gettext("Size"), filesizeformat(file.size)),
        (gettext("Pages"), receipt.pages),
        (gettext("Pages without text"), receipt.number("empty_pages_count")),
        (
            gettext("Pixels"),
            ", ".join(filter(None, (receipt.pixels, sent and gettext("sent as %(size)s") % {"size": sent}))),
        ),
        (gettext("Characters"), receipt.number("characters")),
        (gettext("Words"), receipt.number("words")),
        (gettext("Hidden characters removed"), receipt.number("hidden_removed")),
        (gettext("Encoding"), receipt.text("encoding")),
        (gettext("Tokens"), gettext("about %(number)s") % {"number": grouped(file.tokens)} if file.tokens else ""),
        (gettext("Read with"), receipt.text("engine")),
        (gettext("Read in"), receipt.seconds),
        ("SHA-256", file.sha256),
    ]
    return [(name, str(value)) for name, value in found if value]


def warnings(file: StoredFile) -> list[str]:
    """Return what was not read, or not surely, a sentence each."""
    return [sentence(str(warning.get("detail", ""))) for warning in _warnings(file)]


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
        return grouped(value) if value else ""

    @property
    def characters(self) -> str:
        value = self._int("characters")
        said = ngettext("%(number)s character", "%(number)s characters", value)
        return said % {"number": grouped(value)} if value else ""

    def text(self, name: str) -> str:
        value = self.receipt.get(name)
        return value if isinstance(value, str) else ""

    @property
    def pages(self) -> str:
        pages, read = self._int("pages"), self._int("pages_read")
        if 0 < read < pages:
            return gettext("%(read)s of %(all)s pages") % {"read": grouped(read), "all": grouped(pages)}
        said = ngettext("%(number)s page", "%(number)s pages", pages)
        return said % {"number": grouped(pages)} if pages else ""

    @property
    def pixels(self) -> str:
        width, height = self._int("width"), self._int("height")
        if not width or not height:
            return ""
        return gettext("%(width)s × %(height)s pixels") % {"width": width, "height": height}

    @property
    def sent_pixels(self) -> str:
        width, height = self._int("sent_width"), self._int("sent_height")
        return f"{width} × {height}" if width and (width, height) != (self._int("width"), self._int("height")) else ""

    @property
    def seconds(self) -> str:
        value = self.receipt.get("seconds")
        return f"{number_format(f'{value:.1f}')} s" if isinstance(value, int | float) else ""
