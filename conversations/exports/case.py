"""The archive of a case: conversations of others as JSON and as pages, with their files, and a manifest of it all."""

from collections.abc import Iterable
from typing import IO, Any

from ..models import Conversation, StoredFile
from . import archive, scope
from .complete import as_json
from .page import every_branch_as_html

FORMAT = "chatsite.case"


def pack_case(conversations: Iterable[Conversation], about: dict[str, Any], target: IO[bytes]) -> None:
    """Write these conversations one after the other, each file once; `about` stands in the manifest."""
    files: dict[str, StoredFile] = {}
    with archive.Archive(target, FORMAT) as packed:
        for conversation in conversations:
            what = scope.of(conversation)
            packed.add(f"conversations/{conversation.pk}.json", as_json(what, files))
            packed.add(f"conversations/{conversation.pk}.html", every_branch_as_html(what))
            for sha256 in sorted(files):
                packed.add_file(files[sha256])
            files.clear()
        packed.close(case=about)
