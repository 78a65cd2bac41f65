"""The files that are read: as dense as those that people have, and made anew each time."""

import os
import random
from collections.abc import Callable, Iterator
from io import BytesIO

from PIL import Image

from tests.extraction.docs import docx, p, run, table, zipped
from tests.extraction.pdfs import Pdf

LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
WORDS_A_LINE, LINES_A_PAGE = 14, 50
DOCX_BYTES = 5_000_000


def vocabulary(chance: random.Random, size: int = 20_000) -> list[str]:
    return ["".join(chance.choices(LETTERS, k=chance.randint(2, 10))) for _ in range(size)]


def pdf(pages: int) -> bytes:
    """Return a book whose every word has its place, as typesetting programs write it: pypdf takes 30 ms for a page."""
    chance = random.Random(1)
    words = vocabulary(chance)
    document = Pdf()
    for _ in range(pages):
        drawn = [b"BT /F1 10 Tf"]
        for line in range(LINES_A_PAGE):
            pieces = " ".join(f"({chance.choice(words)}) -{chance.randint(200, 333)}" for _ in range(WORDS_A_LINE))
            drawn.append(f"1 0 0 1 50 {780 - 14 * line} Tm [{pieces}] TJ".encode())
        document.page(b"\n".join([*drawn, b"ET"]))
    return document.bytes()


def scanned(pages: int) -> bytes:
    """Return a PDF of photographed pages."""
    document = Pdf()
    page = image(1240, 1754, "JPEG", "L")
    told = b"<< /Type /XObject /Subtype /Image /Width 1240 /Height 1754 /ColorSpace /DeviceGray /BitsPerComponent 8"
    how = b" /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (len(page), page)
    picture = document.add(told + how)
    for _ in range(pages):
        document.page(b"q 595 0 0 842 0 0 cm /Im Do Q", resources=f"/XObject << /Im {picture} 0 R >>")
    return document.bytes()


def word(size: int) -> bytes:
    """Return a document of this many bytes, nearly all of them text with changing formats, and some tables."""
    chance = random.Random(2)
    words = vocabulary(chance)
    body: list[str] = []
    for chapter in range(size // 25_000):
        body.append(p(f"Chapter {chapter}", style="heading1"))
        for _ in range(45):
            body.append(p(*(run(" ".join(chance.choices(words, k=20)) + " ") for _ in range(6))))
        body.append(table(*(chance.choices(words, k=4) for _ in range(10))))
    return docx("".join(body))


def illustrated(size: int) -> bytes:
    """Return a document of this many bytes, most of them pictures."""
    import zipfile

    archive = zipfile.ZipFile(BytesIO(word(500_000)))
    files = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**files, "word/media/image1.jpeg": os.urandom(size - 500_000)})


def image(width: int, height: int, form: str, mode: str = "RGB") -> bytes:
    """Return something like a photograph."""
    small = Image.effect_noise((width // 8, height // 8), 80).resize((width, height), Image.Resampling.BICUBIC)
    out = BytesIO()
    small.convert(mode).save(out, form, **({"quality": 90} if form in {"JPEG", "WEBP"} else {"compress_level": 1}))
    return out.getvalue()


# What is measured, the name it is uploaded by, how it is made, and the seconds it may take.
SAMPLES: list[tuple[str, str, Callable[[], bytes], float | None]] = [
    ("JPEG, 4000 × 4000", "a.jpg", lambda: image(4000, 4000, "JPEG"), 1),
    ("PNG with alpha, 4000 × 4000", "a.png", lambda: image(4000, 4000, "PNG", "RGBA"), 1),
    ("WebP, 4000 × 4000", "a.webp", lambda: image(4000, 4000, "WEBP"), 1),
    ("PDF, 1 page", "a.pdf", lambda: pdf(1), None),
    ("PDF, 100 pages", "a.pdf", lambda: pdf(100), 2),
    ("PDF, 500 pages", "a.pdf", lambda: pdf(500), 5),
    ("PDF, 20 scanned pages, drawn", "a.pdf", lambda: scanned(20), None),
    ("DOCX, 5 MB of text", "a.docx", lambda: word(DOCX_BYTES), 2),
    ("DOCX, 5 MB with pictures", "a.docx", lambda: illustrated(DOCX_BYTES), 2),
    ("TXT, 1 MB", "a.txt", lambda: ("Größe der Möwen über dem Hafen\n" * 32_000).encode(), None),
]


def made() -> Iterator[tuple[str, str, bytes, float | None]]:
    for what, name, make, limit in SAMPLES:
        yield what, name, make(), limit
