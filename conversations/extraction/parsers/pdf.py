"""PDF: pypdf says what is in the file and whether it is sound, PDFium reads and draws its pages.

PDFium reads a dense page in 5 ms where pypdf takes 30, and knows the character maps of Asian fonts.
"""

import logging
import re
import unicodedata
from io import BytesIO
from typing import Any, BinaryIO

import pypdf
import pypdfium2
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

from .answer import Answer, Receipt, Refused, counted
from .clean import Budget, cut_short
from .directions import words_in_order
from .fields import Fields
from .image import THUMBNAIL_SIDE, jpeg, thumbnail

MAX_PAGES = 500
LISTED_PAGES = 50
DRAWN_PAGES = 20
# Blank pages are drawn to be seen to be blank, so not many more of them.
LOOKED_AT_PAGES = 40
DRAWN_SIDE, DRAWN_QUALITY = 1600, 80
# A page that unpacks to more than this, and to so many times what it is, is made to be slow.
UNPACKED_BYTES, UNPACKED_TIMES = 2_000_000, 150
ALL_UNPACKED_BYTES = 400_000_000

# Letters joined for print and shapes of Arabic letters, which nobody types or searches for.
PRINTED = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb50-\ufdff\ufe70-\ufefc]+")
# What PDFium puts in the place of a hyphen and the end of its line; nobody knows whether the word has that hyphen.
HYPHEN = re.compile("[\x02\ufffe](?:\r?\n)?")

# How far apart, in points, two pieces on one line stand in columns; and how many such lines a page of columns has.
COLUMN_GAP, COLUMN_LINES, COLUMN_SHARE = 18, 4, 0.25

logging.disable(logging.CRITICAL)


def read(source: BinaryIO, job: dict[str, Any], answer: Answer) -> None:
    """Say the text page by page with the receipt, then draw a thumbnail and the pages without text."""
    data = source.read()
    engine = f"PDFium {pypdfium2.PDFIUM_INFO.build}, pypdf {pypdf.__version__.rpartition('.')[0]}"
    receipt = Receipt({"kind": "pdf", "engine": engine})
    structure = _open(data)
    try:
        pages = len(structure.pages)
        fields = Fields(structure)
    except LimitReachedError:
        raise Refused("parse_limit") from None
    if not pages:
        raise Refused("corrupt", "This PDF has no pages.")
    try:
        drawn = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        raise Refused("corrupt") from None
    receipt.facts |= {"pages": pages, "pages_read": min(pages, MAX_PAGES)}
    sections, empty, failed = _texts(structure, drawn, fields, receipt)
    if failed and len(failed) == receipt.facts["pages_read"]:
        raise Refused("corrupt")
    if not sections:
        receipt.warn("no_text", "There is no text in this PDF; it may have been scanned.")
    fields.tell(receipt)
    answer.read(sections, receipt)
    # What was said holds: whatever happens from here on, only pictures are missing.
    answer.end(_draw(drawn, empty, answer))


def _open(data: bytes) -> pypdf.PdfReader:
    try:
        reader = pypdf.PdfReader(BytesIO(data), strict=False)
        # Many files are encrypted only so that they may not be changed: those open with an empty password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("encrypted")
        return reader
    except (FileNotDecryptedError, DependencyError):
        raise Refused("encrypted") from None
    except LimitReachedError:
        raise Refused("parse_limit") from None


def _texts(
    structure: pypdf.PdfReader, drawn: pypdfium2.PdfDocument, fields: Fields, receipt: Receipt
) -> tuple[list[tuple[str, int | None, str]], list[int], list[int]]:
    """Return the sections, and the numbers of the pages without text and of those that could not be read."""
    sections: list[tuple[str, int | None, str]] = []
    budget = Budget()
    empty: list[int] = []
    failed: list[int] = []
    rotated = columns = leftward = unpacked = 0
    for number in range(1, receipt.facts["pages_read"] + 1):
        try:
            page = structure.pages[number - 1]
            unpacked += _unpacked(page)
            if unpacked > ALL_UNPACKED_BYTES:
                raise Refused("parse_limit")
            text, mixed, turned = _page_text(drawn, number - 1)
            filled = fields.on_page(page)
            rotated += page.rotation % 360 != 0
        except LimitReachedError:
            raise Refused("parse_limit") from None
        except (Refused, MemoryError, RecursionError):
            raise
        except Exception:
            # One page that is broken leaves the others as they are.
            failed.append(number)
            continue
        columns += mixed
        leftward += turned
        text = budget.take("\n".join(part for part in (text, *filled) if part)).strip()
        if text:
            sections.append((text, number, ""))
        else:
            empty.append(number)
        if budget.exceeded:
            receipt.facts["pages_read"] = number
            break
    receipt.facts |= {"empty_pages": empty[:LISTED_PAGES], "empty_pages_count": len(empty)}
    budget.tell(receipt)
    if receipt.facts["pages"] > MAX_PAGES and not budget.exceeded:
        cut_short(receipt, f"Only the first {MAX_PAGES} of {receipt.facts['pages']:,} pages were read.")
    if rotated:
        receipt.warn("rotated", f"{counted(rotated, 'page')} turned on the side: the lines may be out of order.")
    if columns:
        said = "text side by side, in columns or tables, and its order may be mixed"
        receipt.warn("columns_may_mix", f"{counted(columns, 'page')} with {said}.")
    if leftward:
        said = "written from right to left, where words and numbers may be out of order"
        receipt.warn("right_to_left", f"{counted(leftward, 'page')} {said}.")
    if failed:
        receipt.warn("pages_failed", f"{counted(len(failed), 'page')} could not be read: {_listed(failed)}.")
    return sections, empty, failed


def _unpacked(page: pypdf.PageObject) -> int:
    """Return how long a page's drawing instructions are; refuse those that were packed to be slow."""
    contents = page.get("/Contents")
    contents = contents.get_object() if contents is not None else None
    total = 0
    for stream in contents if isinstance(contents, list) else [contents]:
        stream = stream.get_object() if stream is not None else None
        if stream is None or not hasattr(stream, "get_data"):
            continue
        size = len(stream.get_data())
        packed = len(getattr(stream, "_data", b"")) or 1
        if size > UNPACKED_BYTES and size > UNPACKED_TIMES * packed:
            raise Refused("parse_limit")
        total += size
    return total


def _page_text(document: pypdfium2.PdfDocument, index: int) -> tuple[str, bool, bool]:
    """Return a page's text, whether it reads across columns, and whether it is written from right to left."""
    page = document[index]
    try:
        looked = page.get_textpage()
        text = looked.get_text_range(errors="replace")
        text, leftward = words_in_order(looked, text)
        mixed = len(text) > 1 and _reads_across(looked)
        looked.close()
    finally:
        page.close()
    text = HYPHEN.sub("-\n", text)
    return PRINTED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text), mixed, leftward


def _reads_across(looked: pypdfium2.PdfTextPage) -> bool:
    lines = across = 0
    before: tuple[float, float, float, float] | None = None
    for index in range(min(looked.count_rects(), 2_000)):
        left, bottom, right, top = looked.get_rect(index)
        if before is not None and bottom < before[3] and top > before[1]:
            across += left - before[2] > COLUMN_GAP
        else:
            lines += 1
        before = (left, bottom, right, top)
    return across >= COLUMN_LINES and across > COLUMN_SHARE * lines


def _draw(document: pypdfium2.PdfDocument, empty: list[int], answer: Answer) -> list[dict[str, str]]:
    """Say a thumbnail of the first page and pictures of those without text; return what to warn of."""
    notes = Receipt()
    first = _drawing(document, 0, THUMBNAIL_SIDE)
    if first is not None:
        answer.say("thumbnail", thumbnail(first))
    pages: list[int] = []
    for number in empty[:LOOKED_AT_PAGES]:
        picture = _drawing(document, number - 1, DRAWN_SIDE)
        if picture is None or _is_blank(picture):
            continue
        if len(pages) == DRAWN_PAGES:
            break
        pages.append(number)
        answer.say("page", jpeg(picture, DRAWN_QUALITY), page=number)
    if pages:
        said = "without text drawn as pictures, for models that see"
        notes.warn("pages_drawn", f"{counted(len(pages), 'page')} {said}: {_listed(pages)}.")
    return notes.warnings


def _drawing(document: pypdfium2.PdfDocument, index: int, side: int) -> Any:
    try:
        page = document[index]
        scale = min(side / max(page.get_size()), 4)
        return page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, ValueError, ZeroDivisionError):
        return None


def _is_blank(picture: Any) -> bool:
    darkest, lightest = picture.convert("L").getextrema()
    return darkest == lightest


def _listed(pages: list[int]) -> str:
    """Return page numbers as people write them, such as "1-3, 7"."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1][1:] = [page]
        else:
            runs.append([page])
    said = ", ".join("-".join(map(str, run)) for run in runs[:10])
    return said + (" and more" if len(runs) > 10 else "")
