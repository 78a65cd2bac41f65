"""Search over titles and messages, with the full text of the database itself; only ever what is one's own."""

from .anybody import FINDS_COUNTED, Finds, excerpts, finds
from .hits import ID_LAST, PAGE_HITS, Hit, Page, messages
from .index import entry, keep_messages, keep_title, rebuild
from .places import anybodys, conversations
from .snippets import Piece
from .tables import indexed_afterwards

__all__ = [
    "FINDS_COUNTED",
    "Finds",
    "excerpts",
    "finds",
    "ID_LAST",
    "PAGE_HITS",
    "Hit",
    "Page",
    "Piece",
    "anybodys",
    "conversations",
    "entry",
    "indexed_afterwards",
    "keep_messages",
    "keep_title",
    "messages",
    "rebuild",
]
