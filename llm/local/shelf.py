"""The models on this machine: GGUF files in one folder, where they came from, and which one is used."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import gguf

MODEL, PROJECTOR, NOTES, PART = ".gguf", ".mmproj.gguf", ".json", ".part"
USED = "used"
# Such a file belongs to the model before it.
LENT = ".mmproj"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
PRIVATE = 0o600


class ShelfError(Exception):
    """What cannot be done with a model; the text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be asked: its file, what lets it see, its header, and where it came from."""

    name: str
    path: Path
    header: gguf.Header
    projector: Path | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many bytes it has on disk, with its projector."""
        return self.header.size + self.beside

    @property
    def beside(self) -> int:
        """How many bytes its projector has."""
        return self.projector.stat().st_size if self.projector else 0

    @property
    def capabilities(self) -> frozenset[str]:
        return self.header.capabilities | ({"vision"} if self.projector else set())


class Shelf:
    """One folder of models; it need not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self) -> list[Entry]:
        """Return the models that can be asked, the used one first, then by name; what is none is left out."""
        names = sorted(path.name.removesuffix(MODEL) for path in self._files())
        found = [entry for name in names if (entry := self._usable(name)) is not None]
        used = self.used()
        return sorted(found, key=lambda entry: entry.name != used)

    def problems(self) -> dict[str, str]:
        """Return why files that lie here cannot be asked, a sentence for each name."""
        found = {}
        for path in self._files():
            name = path.name.removesuffix(MODEL)
            try:
                self.open(name)
            except (ShelfError, gguf.NotAModel) as problem:
                found[name] = str(problem)
        return found

    def open(self, name: str) -> Entry:
        """Return a model; raises ShelfError or NotAModel with a sentence."""
        path = self.path_of(name)
        try:
            header = gguf.read(path)
        except OSError:
            raise ShelfError(f"There is no model named {name} on this machine.") from None
        if not header.chats:
            raise ShelfError(f"{name} is not a model to chat with.")
        return Entry(name, path, header, self._projector_of(name), self.notes_of(name))

    def path_of(self, name: str) -> Path:
        """Return where the file of a model is, or would be; raises ShelfError for a name that is none."""
        if not NAME.fullmatch(name) or name.endswith(LENT):
            raise ShelfError("A model’s name has small letters, digits, dots, dashes and underscores, 80 at most.")
        return self.folder / f"{name}{MODEL}"

    def notes_of(self, name: str) -> dict[str, Any]:
        """Return what was put down when a model was fetched; empty for a file that somebody laid here."""
        try:
            notes = json.loads(self.path_of(name).with_suffix(NOTES).read_text())
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    def note(self, name: str, notes: dict[str, Any]) -> None:
        """Put down where a model came from."""
        write(self.path_of(name).with_suffix(NOTES), json.dumps(notes))

    def used(self) -> str:
        """Return the name of the model that new conversations begin with, empty if none was chosen."""
        try:
            return (self.folder / USED).read_text().strip()
        except OSError:
            return ""

    def use(self, name: str) -> None:
        """Let new conversations begin with a model; raises ShelfError or NotAModel."""
        self.open(name)
        write(self.folder / USED, name)

    def remove(self, name: str) -> None:
        """Delete a model with all that belongs to it, also one that was fetched in part; raises ShelfError."""
        path = self.path_of(name)
        files = [path, path.with_suffix(PROJECTOR), path.with_suffix(NOTES)]
        if not any(file.exists() for file in (*files, *self._parts(name))):
            raise ShelfError(f"There is no model named {name} on this machine.")
        self.drop_parts(name)
        for file in files:
            file.unlink(missing_ok=True)
        if self.used() == name:
            (self.folder / USED).unlink()

    def drop_parts(self, name: str) -> None:
        """Delete what was fetched of a model that never became whole; raises ShelfError for a name that is none."""
        for part in self._parts(name):
            part.unlink(missing_ok=True)

    def _parts(self, name: str) -> list[Path]:
        path = self.path_of(name)
        whole = (path, path.with_suffix(PROJECTOR))
        return [file.with_name(file.name + PART + more) for file in whole for more in ("", NOTES)]

    def _files(self) -> list[Path]:
        try:
            found = [path for path in self.folder.iterdir() if path.name.endswith(MODEL)]
        except OSError:
            return []
        models = [path for path in found if not path.name.endswith(PROJECTOR)]
        return [path for path in models if NAME.fullmatch(path.name.removesuffix(MODEL))]

    def _usable(self, name: str) -> Entry | None:
        try:
            return self.open(name)
        except (ShelfError, gguf.NotAModel, OSError):
            return None

    def _projector_of(self, name: str) -> Path | None:
        path = self.folder / f"{name}{PROJECTOR}"
        try:
            return path if gguf.read(path).sees else None
        except (gguf.NotAModel, OSError):
            return None


def write(path: Path, text: str) -> None:
    """Write a small file whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w") as file:
        file.write(text)
    part.replace(path)


def name_for(file_name: str) -> str:
    """Return what a model is called by the name of its file; raises ShelfError if nothing is left of it."""
    stem = file_name.lower().removesuffix(MODEL)
    name = re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:80]
    if not NAME.fullmatch(name):
        raise ShelfError("The file has no name to call a model by: give one with --name.")
    return name
