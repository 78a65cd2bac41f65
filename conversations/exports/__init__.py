"""Taking conversations along: one place for every format, each with all of a conversation, a branch, or a message."""

from .archive import PIECE_BYTES, pack, pack_everything
from .case import pack_case
from .choosing import lines
from .complete import PARTS, as_json
from .making import KINDS, Export, Kind, make, make_case, make_everything, place
from .markdown import as_markdown
from .page import as_html
from .printing import write_pdf
from .scope import Scope, of
from .text import as_text
from .word import write_docx
from .words import how_it_ended

__all__ = [
    "KINDS",
    "PARTS",
    "PIECE_BYTES",
    "Export",
    "Kind",
    "Scope",
    "as_html",
    "as_json",
    "as_markdown",
    "as_text",
    "how_it_ended",
    "lines",
    "make",
    "make_case",
    "make_everything",
    "of",
    "pack",
    "pack_case",
    "pack_everything",
    "place",
    "write_docx",
    "write_pdf",
]
