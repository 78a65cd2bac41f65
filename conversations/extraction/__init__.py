"""What is in an uploaded file, read in a limited process of its own, with a receipt of exactly what was read."""

from .extract import Extract, ExtractionError, PageImage, Section
from .kinds import EXTENSIONS, Format, format_of
from .reading import in_line, read

__all__ = [
    "EXTENSIONS",
    "Extract",
    "ExtractionError",
    "Format",
    "PageImage",
    "Section",
    "format_of",
    "in_line",
    "read",
]
