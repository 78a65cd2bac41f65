"""What templates need to show the files that are attached to a question."""

from typing import Any

from django import template
from django.conf import settings

from .. import receipts
from ..extraction.kinds import EXTENSIONS
from ..models import StoredFile

register = template.Library()

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


@register.simple_tag
def accepted_files() -> str:
    """Return what an input of files offers to choose."""
    return ",".join(f".{extension}" for extension in EXTENSIONS)


@register.simple_tag
def upload_limits() -> dict[str, int]:
    """Return how large a file may be (`bytes`, `megabytes`), and how many a question may have (`number`)."""
    size = settings.UPLOAD_MAX_BYTES
    return {"bytes": size, "megabytes": size // (1024 * 1024), "number": settings.UPLOADS_PER_TURN}
