"""What somebody wants to import: JSON or an archive, read within bounds and refused with a reason."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.parsers import holds_nul

from ..attachments import megabytes
from ..errors import Invalid, TooLarge
from ..exports import PARTS, record

if TYPE_CHECKING:
    from .form import AccountForm, ExportForm

# What an archive may hold: so many entries, which unpack to so many times what it may weigh.
MOST_ENTRIES = 10_000
MOST_UNPACKED = 5
# Of these the library unpacks no more at a time than it is asked for. Of the others it unpacks whatever comes.
PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# Deeper than anything that a tool is called with, and far from what Python can follow.
MOST_LEVELS = 64
PIECE_BYTES = 256 * 1024
ZIP_BEGINS = b"PK"
CONVERSATION = re.compile(r"conversation\.json|conversations/[0-9a-f-]{36}\.json")
ACCOUNT = "account.json"
# What a broken or hostile archive makes the library say.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, KeyError)


class NotAnExport(Invalid):
    code = "invalid_import"
    detail = _("This is no export of a conversation.")


class Parcel:
    """An uploaded export: its conversations one after the other, and the bytes of their files where it has them."""

    def __init__(self, path: Path):
        if path.stat().st_size > settings.IMPORT_MAX_BYTES:
            raise _too_large()
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        with path.open("rb") as file:
            if file.read(len(ZIP_BEGINS)) == ZIP_BEGINS:
                self._zip = self._opened(path)

    def close(self) -> None:
        """Let go of the file."""
        if self._zip is not None:
            self._zip.close()

    def conversations(self) -> Iterator["ExportForm"]:
        """Yield each conversation, checked field by field; raises NotAnExport or TooLarge."""
        if self._zip is None:
            yield parse(self._path.read_bytes())
            return
        names = [each.filename for each in self._zip.infolist() if CONVERSATION.fullmatch(each.filename)]
        if not names and ACCOUNT not in self._zip.NameToInfo:
            raise NotAnExport(gettext("There is no conversation in this archive."))
        for name in names:
            yield parse(self._entry(name))

    def account(self) -> "AccountForm | None":
        """Return what an archive of everything has of its account, None for any other; raises as `conversations`."""
        if self._zip is None or ACCOUNT not in self._zip.NameToInfo:
            return None
        return parse_account(self._entry(ACCOUNT))

    def has_file(self, sha256: str) -> bool:
        """Whether it holds the bytes of a file."""
        return self._zip is not None and f"files/{sha256}" in self._zip.NameToInfo

    def unpack(self, sha256: str, target: Path) -> None:
        """Write the bytes of a file; raises NotAnExport if they are not what they are called."""
        digest = hashlib.sha256()
        with target.open("wb") as written:
            for piece in self._pieces(f"files/{sha256}"):
                digest.update(piece)
                written.write(piece)
        if digest.hexdigest() != sha256:
            raise NotAnExport(gettext("A file in this archive is not what its name says."))

    def _entry(self, name: str) -> bytes:
        assert self._zip is not None
        if self._zip.getinfo(name).file_size > settings.IMPORT_MAX_BYTES:
            raise _too_large()
        return b"".join(self._pieces(name))

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Yield an entry, never more of it in memory than a piece: what it says to hold can be a lie."""
        assert self._zip is not None
        try:
            with self._zip.open(name) as entry:
                while piece := entry.read(PIECE_BYTES):
                    yield piece
        except BROKEN as error:
            raise NotAnExport(gettext("This archive is damaged.")) from error

    @staticmethod
    def _opened(path: Path) -> zipfile.ZipFile:
        try:
            opened = zipfile.ZipFile(path)
        except BROKEN as error:
            raise NotAnExport(gettext("This archive is damaged.")) from error
        entries = opened.infolist()
        # The library gives out no more of an entry than it says to hold.
        if len(entries) > MOST_ENTRIES or sum(each.file_size for each in entries) > _most_unpacked():
            opened.close()
            raise TooLarge(
                gettext("An archive may unpack to %(megabytes)s at most.") % {"megabytes": megabytes(_most_unpacked())},
                code="import_too_large",
            )
        if any(each.compress_type not in PACKINGS for each in entries):
            opened.close()
            raise NotAnExport(
                gettext("This archive is packed in a way that is not read here. Pack it as a usual ZIP file.")
            )
        if len({each.filename for each in entries}) < len(entries):
            opened.close()
            raise NotAnExport(gettext("This archive holds two entries of one name."))
        return opened


def parse(raw: bytes) -> "ExportForm":
    """Return an export that is whole and has the right form; raises NotAnExport."""
    # Loaded by the first import: a server starts and rests without.
    from .form import ExportForm

    data = _loaded(raw)
    if not isinstance(data, dict) or data.get("format") != record.FORMAT:
        raise NotAnExport
    if data.get("version") != record.VERSION:
        raise NotAnExport(
            gettext("Only version %(version)s can be imported.") % {"version": record.VERSION}, code="unknown_version"
        )
    _check_holdable(data)
    _check_whole(data)
    return _formed(ExportForm, data)


def parse_account(raw: bytes) -> "AccountForm":
    """Return what is brought in of an account; raises NotAnExport."""
    from .form import AccountForm

    data = _loaded(raw)
    _check_holdable(data)
    return _formed(AccountForm, data)


def is_deep(data: Any) -> bool:
    """Whether lists and objects stand in each other on too many levels."""
    level = [data]
    for __ in range(MOST_LEVELS):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise NotAnExport(gettext("This is not valid JSON: %(error)s.") % {"error": error}) from None


def _formed(form: Any, data: Any) -> Any:
    from pydantic import ValidationError

    try:
        return form.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part)[:50] for part in first["loc"])
        raise NotAnExport(f"{place}: {first['msg']}.") from None


def _check_holdable(data: Any) -> None:
    if is_deep(data):
        raise NotAnExport(gettext("It is nested more than %(most_levels)s levels deep.") % {"most_levels": MOST_LEVELS})
    if holds_nul(data):
        raise NotAnExport(gettext("The text holds a NUL character."), code="invalid_character")


def _check_whole(data: dict[str, Any]) -> None:
    """Raise NotAnExport for one whose manifest does not add up: it was cut, or changed."""
    manifest = data.get("manifest")
    if not isinstance(manifest, dict):
        return
    digest = hashlib.sha256()
    for part in PARTS:
        things = data.get(part)
        for thing in things if isinstance(things, list) else [things]:
            digest.update(record.dumps(thing) + b"\n")
    if digest.hexdigest() != manifest.get("sha256"):
        raise NotAnExport(
            gettext(
                "The manifest does not add up: the file was damaged or changed. "
                "Without its manifest it can be imported."
            ),
            code="manifest_mismatch",
        )


def _too_large() -> TooLarge:
    return TooLarge(
        gettext("A file to import may have %(megabytes)s at most.")
        % {"megabytes": megabytes(settings.IMPORT_MAX_BYTES)},
        code="import_too_large",
    )


def _most_unpacked() -> int:
    return MOST_UNPACKED * settings.IMPORT_MAX_BYTES
