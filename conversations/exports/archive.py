"""Archives: a conversation with its files, or everything that a person has, with a digest of each entry."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from ..models import Conversation, Preset, StoredFile, UsageEntry
from . import record, scope
from .complete import as_json

FORMAT = "chatsite.archive"
VERSION = 1
PIECE_BYTES = 256 * 1024
# The same rows give the same bytes, whenever they are packed: the oldest moment that the format knows.
NO_TIME = (1980, 1, 1, 0, 0, 0)
NO_EXECUTING = 0o644 << 16


class Archive:
    """A ZIP file that is being written, with a manifest at its end."""

    def __init__(self, target: IO[bytes], format: str = FORMAT):
        self._format = format
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self._entries: list[dict[str, Any]] = []
        self._kept: set[str] = set()
        self.missing: list[str] = []

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        # Once it is closed this does nothing; where writing failed, the file is thrown away as it is.
        self._zip.close()

    def add(self, name: str, pieces: Iterable[bytes], *, packed: bool = True) -> None:
        """Write an entry piece by piece."""
        about = zipfile.ZipInfo(name, NO_TIME)
        about.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        about.external_attr = NO_EXECUTING
        digest, size = hashlib.sha256(), 0
        with self._zip.open(about, "w", force_zip64=True) as entry:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                entry.write(piece)
        self._entries.append({"name": name, "size": size, "sha256": digest.hexdigest()})

    def add_file(self, file: StoredFile) -> None:
        """Write the bytes of an attached file, once."""
        if file.sha256 in self._kept:
            return
        self._kept.add(file.sha256)
        try:
            content = file.content.open("rb")
        except OSError:
            # Lost by the storage; the manifest says so.
            self.missing.append(file.sha256)
            return
        with content:
            self.add(f"files/{file.sha256}", iter(lambda: content.read(PIECE_BYTES), b""), packed=False)

    def close(self, **more: Any) -> None:
        """Write the manifest, with what `more` there is to say, and end the archive."""
        told = {"format": self._format, "version": VERSION, "entries": self._entries, "missing": self.missing, **more}
        self.add("manifest.json", [record.dumps(told) + b"\n"])
        self._zip.close()


def pack(what: scope.Scope, target: IO[bytes]) -> None:
    """Write a conversation, and the files that are attached in it."""
    archive, files = Archive(target), dict[str, StoredFile]()
    archive.add("conversation.json", as_json(what, files))
    for sha256 in sorted(files):
        archive.add_file(files[sha256])
    archive.close()


def pack_everything(person: Any, target: IO[bytes]) -> None:
    """Write everything that is somebody's: the account, all conversations, all files, and what was used."""
    archive = Archive(target)
    archive.add("account.json", [_account(person)])
    # By when they began, because that never changes.
    for conversation in Conversation.objects.visible_to(person).order_by("created_at", "pk").iterator(100):
        archive.add(f"conversations/{conversation.pk}.json", as_json(scope.of(conversation)))
    for file in StoredFile.objects.filter(owner=person).order_by("sha256").iterator(100):
        archive.add_file(file)
    archive.add("usage.jsonl", _usage(person))
    archive.close()


def _account(person: Any) -> bytes:
    told = {
        "email": person.email,
        "name": person.name,
        "theme": person.theme,
        "density": person.density,
        "language": person.language,
        "instructions": person.instructions,
        "use_instructions": person.use_instructions,
        "default_model": person.default_model,
        "default_mode": person.default_mode,
        "prompts": [
            {"name": preset.name, "text": preset.text, "created_at": record.moment(preset.created_at)}
            for preset in Preset.objects.owned_by(person)
        ],
        "joined_at": record.moment(person.date_joined),
        "api_keys": [
            {
                "name": key.name,
                "prefix": key.prefix,
                "scopes": key.scopes,
                "created_at": record.moment(key.created_at),
                "expires_at": record.moment(key.expires_at),
                "revoked_at": record.moment(key.revoked_at),
            }
            for key in person.api_keys.order_by("created_at", "pk")
        ],
    }
    return record.dumps(told) + b"\n"


def _usage(person: Any) -> Iterator[bytes]:
    names = ("model", "purpose", "prompt_tokens", "completion_tokens", "counted", "outcome", "cost", "currency")
    entries = UsageEntry.objects.visible_to(person).order_by("created_at", "pk")
    for at, *values in entries.values_list("created_at", *names).iterator(1000):
        told = dict(zip(names, values, strict=True))
        cost = told["cost"]
        yield (
            record.dumps({**told, "cost": None if cost is None else str(cost), "created_at": record.moment(at)}) + b"\n"
        )
