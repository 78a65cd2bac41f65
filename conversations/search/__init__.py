"""Search over titles, messages and the text of files, with the full text of the database itself; only ever what is
one's own."""

from .anybody import FINDS_COUNTED, Finds, excerpts, finds
from .files import InFile
from .hits import ID_LAST, PAGE_HITS, Hit, Page, messages
from .index import add_files, entry, file_entries, keep_messages, keep_title, rebuild
from .places import anybodys, conversations
from .snippets import Piece
from .tables import connect, indexed_afterwards

__all__ = [
    "FINDS_COUNTED",
    "Finds",
    "excerpts",
    "finds",
    "ID_LAST",
    "PAGE_HITS",
    "Hit",
    "InFile",
    "Page",
    "Piece",
    "add_files",
    "anybodys",
    "connect",
    "conversations",
    "entry",
    "file_entries",
    "indexed_afterwards",
    "keep_messages",
    "keep_title",
    "messages",
    "rebuild",
]
