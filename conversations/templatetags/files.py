"""What templates need to show the files that are attached to a question."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .. import receipts
from ..extraction.kinds import EXTENSIONS
from ..inclusion.meaning import BY_BOTH, BY_WORDS, NOT_READY
from ..models import StoredFile

register = template.Library()

# Each reason that a turn keeps, as the person who asked is told.
WHY_NOT_ALL = {
    "no_room": _("There was no room for more of it."),
    "some_pictures": _("There was no room for all of its pictures."),
    "no_vision": _("The model cannot see pictures."),
    "question_failed": _("It belongs to a question that could not be answered."),
    "unreadable": _("It could not be opened."),
    "deleted": _("It was deleted."),
}

CHOSEN_BY = {BY_WORDS: _("by words"), BY_BOTH: _("by words and meaning")}
WHY_BY_WORDS = {
    NOT_READY: _("What its passages mean was not known yet, so they were chosen by words alone."),
    "model_not_found": _("There is no such embedding model, so passages were chosen by words alone."),
}

register.filter("receipt_line", receipts.line)
register.filter("receipt_facts", receipts.facts)
register.filter("receipt_warnings", receipts.warnings)
register.filter("needs_sight", receipts.needs_sight)


@register.filter
def file_icon(file: StoredFile) -> str:
    """Return the name of the icon that stands for a file."""
    return "image" if file.kind == StoredFile.Kind.IMAGE else "file"


@register.filter
def passages_in_all(included: dict[str, Any]) -> int:
    """Return how many passages a file has of which a turn's model was sent some."""
    return len(included["passages"]) + included["left_out"]


@register.filter
def why_not_all(code: str) -> str:
    """Return in a sentence why not all of a file was sent."""
    return str(WHY_NOT_ALL.get(code, ""))


@register.filter
def chosen_by(code: str) -> str:
    """Return in words how the passages of a file were chosen; empty where nobody put that down."""
    return str(CHOSEN_BY.get(code, ""))


@register.filter
def why_by_words(code: str) -> str:
    """Return in a sentence why passages were chosen by words alone, where that was not wished for."""
    other = _("The embedding model did not answer, so passages were chosen by words alone.")
    return str(WHY_BY_WORDS.get(code, other)) if code else ""


@register.simple_tag
def accepted_files() -> str:
    """Return what an input of files offers to choose."""
    return ",".join(f".{extension}" for extension in EXTENSIONS)


@register.simple_tag
def upload_limits() -> dict[str, int]:
    """Return how large a file may be (`bytes`, `megabytes`), and how many a question may have (`number`)."""
    size = settings.UPLOAD_MAX_BYTES
    return {"bytes": size, "megabytes": size // (1024 * 1024), "number": settings.UPLOADS_PER_TURN}
