"""The zip file that a DOCX is: its parts, each no larger than it may be, and how they refer to each other."""

import posixpath
import zipfile
from typing import Any, BinaryIO

from lxml import etree

from .answer import Refused

MAX_ENTRIES = 10_000
# What all parts say they unpack to, pictures included, and what the parts that are read really unpack to.
MAX_DECLARED_BYTES = 512 * 1024 * 1024
MAX_READ_BYTES = 96 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
# 1e6 pieces of formatted text; the longest books have half as many.
MAX_ELEMENTS = 2_000_000

COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


class Package:
    """The parts of a DOCX."""

    def __init__(self, source: BinaryIO):
        if source.read(len(COMPOUND_FILE)) == COMPOUND_FILE:
            # Office wraps what it encrypts in a file of the old kind.
            if ENCRYPTED_STREAM in source.read():
                raise Refused("encrypted")
            raise Refused("unsupported_file", "This is a document of the old Word format. Save it as DOCX.")
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            raise Refused("corrupt") from None
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_DECLARED_BYTES:
            raise Refused("parse_limit")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refused("encrypted")
        self._names = {entry.filename.lower(): entry for entry in entries}
        self._left = MAX_READ_BYTES
        self._elements = MAX_ELEMENTS
        found = [target for kind, target in self.related("").values() if kind == "officeDocument"]
        if not found or found[0].lower() not in self._names:
            raise Refused("corrupt", "This is a zip file, but no Word document.")
        self.document = found[0]

    def tree(self, name: str) -> Any | None:
        """Return the root element of a part, or None where there is no such part."""
        entry = self._names.get(name.lower())
        if entry is None:
            return None
        parser = etree.XMLPullParser(
            events=(), resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            with self._zip.open(entry) as part:
                # Counted as it streams out: what the zip says of itself may be wrong.
                while piece := part.read(PIECE_BYTES):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise Refused("parse_limit")
                    parser.feed(piece)
            root = parser.close()
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError):
            raise Refused("corrupt") from None
        except etree.XMLSyntaxError as error:
            deep = error.code in {etree.ErrorTypes.ERR_NO_MEMORY, etree.ErrorTypes.ERR_RESOURCE_LIMIT}
            raise Refused("parse_limit" if deep or "depth" in str(error) else "corrupt") from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise Refused("corrupt", "This document defines entities, which no Word document does.")
        self._elements -= int(root.xpath("count(//*)"))
        if self._elements < 0:
            raise Refused("parse_limit")
        return root

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to: by id, the last word of the kind, and the name of the other part."""
        folder, base = posixpath.split(name)
        root = self.tree(posixpath.join(folder, "_rels", f"{base}.rels"))
        found = {}
        for one in root if root is not None else ():
            if one.get("TargetMode") != "External" and one.get("Id") and one.get("Target"):
                target = posixpath.normpath(posixpath.join("/", folder, one.get("Target"))).lstrip("/")
                found[one.get("Id")] = (one.get("Type", "").rpartition("/")[2], target)
        return found
