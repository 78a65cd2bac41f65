"""A conversation as JSON: everything, a turn at a time, and at the end what tells whether it is whole."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from ..models import Feedback, StoredFile
from . import record
from .scope import Scope

# The parts that the manifest counts, in their order.
PARTS = ("conversation", "turns", "digests", "summaries", "files")


class Manifest:
    """How many things an export holds, and a digest of all of them: of each the canonical JSON and a line's end."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = dict.fromkeys(PARTS, 0)
        self._messages = 0
        self._digest = hashlib.sha256()

    def count(self, part: str, thing: dict[str, Any]) -> bytes:
        """Return the thing as JSON, counted."""
        written = record.dumps(thing)
        self._digest.update(written + b"\n")
        self._counts[part] += 1
        if part == "turns":
            self._messages += len(thing["messages"])
        return written

    def told(self) -> dict[str, Any]:
        """Return what stands in the export."""
        counts = {part: self._counts[part] for part in PARTS if part != "conversation"}
        return {**counts, "messages": self._messages, "sha256": self._digest.hexdigest()}


def as_json(scope: Scope, files: dict[str, StoredFile] | None = None) -> Iterator[bytes]:
    """Yield the JSON of what is in scope; `files` collects the attached files by their digest."""
    files = {} if files is None else files
    manifest = Manifest()
    inside: set[uuid.UUID] = set()

    def turns() -> Iterator[dict[str, Any]]:
        mine = Feedback.objects.filter(user=scope.conversation.owner_id)
        thumbs = {each.message_id: each for each in mine.filter(message__turn__conversation=scope.conversation)}
        before: uuid.UUID | None = None
        attached: set[str] = set()
        for turn in scope.turns():
            # Of messages that were chosen each turn follows the one before it, whatever was said between them.
            parent = before if scope.chosen else turn.parent_id
            # A message stays with what it answers, or is answered by: the whole turn.
            said = list(turn.messages.all())
            files.update({each.file.sha256: each.file for message in said for each in message.attachments.all()})
            told = record.turn(turn, said, parent=parent, inside=inside, thumbs=thumbs)
            if scope.chosen:
                # What the model had of other turns is none of it: neither what they said in short nor their files.
                attached.update(str(each.pk) for message in said for each in message.attachments.all())
                of_these = [each for each in told["included"] if each["attachment"] in attached]
                told |= {"digest": None, "included": of_these}
            yield told
            inside.add(turn.pk)
            before = turn.pk

    def digests() -> Iterator[dict[str, Any]]:
        if scope.chosen:
            return
        for row in scope.conversation.digests.order_by("created_at", "pk").iterator(100):
            if row.through_id in inside:
                yield record.digest(row)

    def summaries() -> Iterator[dict[str, Any]]:
        if scope.kind == "conversation":
            yield from map(record.summary, scope.conversation.summaries.order_by("number"))

    about = {"format": record.FORMAT, "version": record.VERSION, "scope": scope.kind}
    yield record.dumps(about)[:-1] + b',\n"conversation":'
    yield manifest.count("conversation", record.conversation(scope.conversation, leaf=scope.leaf))
    yield from _listed(manifest, "turns", turns())
    yield from _listed(manifest, "digests", digests())
    yield from _listed(manifest, "summaries", summaries())
    yield from _listed(manifest, "files", (record.file(files[sha256]) for sha256 in sorted(files)))
    yield b',\n"manifest":' + record.dumps(manifest.told()) + b"}\n"


def _listed(manifest: Manifest, part: str, things: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield b',\n"%s":[' % part.encode()
    between = b"\n"
    for thing in things:
        yield between + manifest.count(part, thing)
        between = b",\n"
    yield b"]"
