"""What reading a file gives: its sections, its pictures and its receipt, or an error with a code and a sentence."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

# Each code with its status and the sentence for people, where the parser has no better one.
ERRORS = {
    "unsupported_file": (415, _("Files of this kind cannot be read here. Images, PDF, DOCX and text can.")),
    "empty": (422, _("This file is empty.")),
    "encrypted": (422, _("This file is locked with a password. Save it without one and attach it again.")),
    "corrupt": (422, _("This file is damaged and cannot be read.")),
    "parse_limit": (422, _("This file takes too long or too much memory to read. Try a smaller or simpler one.")),
    "image_too_large": (422, _("This image has more pixels than can be read.")),
    "image_too_small": (422, _("This image is too small to make anything out.")),
}


class ExtractionError(Exception):
    """A file that cannot be read: `code` for programs, `detail` for people, `status` for HTTP."""

    def __init__(self, code: str, detail: str = ""):
        self.code = code
        self.status, sentence = ERRORS[code]
        self.detail = detail or sentence
        super().__init__(self.detail)


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of a file's text: a page of a PDF, what stands under a heading, or a block of a plain text."""

    text: str
    # Counted from 1; None where a format has no pages.
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page of a PDF that has no text, drawn."""

    page: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Extract:
    """All that was read from a file."""

    # "image", "pdf", "docx" or "text".
    kind: str
    # From our own table, never the client's word.
    media_type: str
    sections: tuple[Section, ...] = ()
    # What a model gets of an image: an RGB JPEG, upright, without metadata.
    image: bytes | None = None
    # A small JPEG of an image, or of a PDF's first page.
    thumbnail: bytes | None = None
    page_images: tuple[PageImage, ...] = ()
    # What was read and what was not, as JSON; docs/files.md lists the fields.
    receipt: dict[str, Any] = field(default_factory=dict)
