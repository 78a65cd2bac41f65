"""Reading files, a few at once: others wait their turn."""

import logging
import os
import signal
import struct
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from chatsite import metrics

from . import process
from .extract import ERRORS, Extract, ExtractionError, PageImage, Section
from .kinds import HEAD_BYTES, Format, format_of
from .waiting import Line

logger = logging.getLogger(__name__)

# Each piece of an answer: how long its JSON is, how long the bytes after it are.
PIECE = struct.Struct("!II")
# A crash of these kinds is of a file that is broken; all others are of one that asks too much.
BROKEN = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGFPE}

# By process as well: threads do not follow into one that is forked.
_lines: dict[tuple[int, int], Line] = {}
_making = threading.Lock()


def read(source: Path, *, name: str, whose: Hashable = None) -> Extract:
    """Return what is in a file, read in a limited process when it is its owner's turn; raise ExtractionError."""
    try:
        extract = in_line(partial(_read, source, name), whose=whose)
    except ExtractionError:
        metrics.files_read.add("refused")
        raise
    metrics.files_read.add("read")
    return extract


def in_line(work: Callable[[], Any], *, whose: Hashable) -> Any:
    """Return what `work`, which waits for a limited process, returned when it was its owner's turn."""
    key = os.getpid(), max(1, settings.PARSERS)
    with _making:
        line = _lines.get(key) or _lines.setdefault(key, Line(key[1]))
    return line.join(work, whose=whose).result()


def _read(source: Path, name: str) -> Extract:
    began = time.monotonic()
    with source.open("rb") as file:
        found = format_of(name, file.read(HEAD_BYTES))
        size = file.seek(0, 2)
        file.seek(0)
        job = {
            "kind": found.kind,
            "pillow": found.pillow,
            "media_type": found.media_type,
            "cpu_seconds": settings.PARSER_CPU_SECONDS,
            "memory_bytes": settings.PARSER_MEMORY_MB * 1024 * 1024,
        }
        try:
            answer, code = process.run(file, job, seconds=settings.PARSER_SECONDS)
        except process.TooMuch:
            metrics.parsers_killed.add()
            logger.info("Reading a file of kind %s was ended after %.1f s.", found.kind, time.monotonic() - began)
            raise ExtractionError("parse_limit") from None
    extract = _understood(answer, code, found)
    extract.receipt.update(bytes=size, seconds=round(time.monotonic() - began, 3))
    return extract


def _understood(answer: bytes, code: int, found: Format) -> Extract:
    """Return the extract that an answer tells of, even one that ends early; raise ExtractionError if it tells of none.

    What was read stands before the pictures of its pages, so a file that only cannot be drawn has been read.
    """
    read: dict[str, Any] | None = None
    pictures: dict[str, bytes] = {}
    pages: list[PageImage] = []
    ended = False
    try:
        for piece, data in _pieces(answer):
            if piece["is"] == "error":
                if piece.get("because"):
                    logger.info("A file of kind %s cannot be read: %s", found.kind, piece["because"])
                raise ExtractionError(piece["code"] if piece["code"] in ERRORS else "corrupt", str(piece["detail"]))
            if piece["is"] == "read":
                read = piece
            elif piece["is"] == "page":
                pages.append(PageImage(int(piece["page"]), data))
            elif piece["is"] == "end":
                ended = True
                if read is not None:
                    read["receipt"]["warnings"] += piece["warnings"]
            else:
                pictures[piece["is"]] = data
        if read is None or (found.kind == "image" and not ended):
            if code not in BROKEN:
                metrics.parsers_killed.add()
            logger.info("The parser of a file of kind %s ended with %d.", found.kind, code)
            raise ExtractionError("corrupt" if code in BROKEN else "parse_limit")
        if not ended:
            logger.info("The parser of a file of kind %s ended with %d after reading it.", found.kind, code)
            read["receipt"]["warnings"].append({"code": "not_drawn", "detail": "The pages could not be drawn."})
        return Extract(
            kind=found.kind,
            media_type=found.media_type,
            sections=tuple(Section(text, page, heading) for text, page, heading in read["sections"]),
            image=pictures.get("image"),
            thumbnail=pictures.get("thumbnail"),
            page_images=tuple(pages),
            receipt=read["receipt"],
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        # Only a parser that a file has taken over speaks like this.
        logger.warning("The parser of a file of kind %s said what cannot be understood.", found.kind)
        raise ExtractionError("corrupt") from None


def _pieces(answer: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
    at, view = 0, memoryview(answer)
    while at + PIECE.size <= len(answer):
        words, rest = PIECE.unpack_from(answer, at)
        at += PIECE.size
        if at + words + rest > len(answer):
            return
        yield orjson.loads(view[at : at + words]), bytes(view[at + words : at + words + rest])
        at += words + rest
