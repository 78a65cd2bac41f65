"""What the files of this conversation say about something."""

from typing import Any

from ..inclusion.ranking import rank
from ..models import Attachment, Passage, PassageIndex, Turn
from ..search.words import Index
from .kind import Kind, number, of

MOST_PASSAGES = 12


def search_documents(turn: Turn, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the passages of the files attached in this conversation that are about a query, the best first."""
    limit = arguments.get("limit", 5)
    theirs = Attachment.objects.visible_to(turn.author).filter(message__turn__conversation=turn.conversation_id)
    names = dict(theirs.values_list("file_id", "name"))
    packed = list(PassageIndex.objects.filter(file__in=names))
    best = rank(str(arguments["query"]), [Index.unpacked(bytes(each.data)) for each in packed])[:limit]
    wanted = [(packed[number].file_id, position) for number, position in best]
    rows = {
        (each.file_id, each.position): each
        for each in Passage.objects.filter(
            file__in={file for file, _ in wanted}, position__in={position for _, position in wanted}
        )
    }
    found = [rows[place] for place in wanted if place in rows]
    return {
        "files": sorted(set(names.values())),
        "found": [
            {"file": names[each.file_id], "page": each.page, "heading": each.heading, "text": each.text}
            for each in found
        ],
    }


KINDS = (
    Kind(
        "search_documents",
        "Searches the files that the person attached to this conversation and returns passages with their pages. Cite"
        " them as [file name, p. page].",
        search_documents,
        of(
            query={"type": "string", "minLength": 1, "maxLength": 500, "description": "What to look for."},
            limit=number(MOST_PASSAGES, 5),
        ),
    ),
)
