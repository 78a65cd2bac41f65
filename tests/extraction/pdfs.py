"""Writes PDFs for the tests, sound and broken, with nothing that the product reads them with."""

import zlib
from collections.abc import Sequence

A4 = "[0 0 595 842]"
HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


class Pdf:
    """A PDF in the making: objects by number, pages in order."""

    def __init__(self):
        self.objects: list[bytes] = []
        self.catalog, self.tree = self.add(b""), self.add(b"")
        self.font = self.add(HELVETICA)
        self.pages: list[int] = []
        self.catalog_more = b""

    def add(self, content: bytes) -> int:
        self.objects.append(content)
        return len(self.objects)

    def stream(self, data: bytes, more: bytes = b"", *, packed: bool = True, length: int | None = None) -> int:
        data = zlib.compress(data, 9) if packed else data
        told = len(data) if length is None else length
        how = b"/Filter /FlateDecode " if packed else b""
        return self.add(b"<< /Length %d %s%s >>\nstream\n%s\nendstream" % (told, how, more, data))

    def page(self, content: bytes | int, *, fonts: str = "", more: str = "", resources: str = "") -> int:
        number = content if isinstance(content, int) else self.stream(content)
        self.pages.append(
            self.add(
                f"<< /Type /Page /Parent {self.tree} 0 R /MediaBox {A4} /Contents {number} 0 R {more} "
                f"/Resources << /Font << /F1 {self.font} 0 R {fonts} >> {resources} >> >>".encode()
            )
        )
        return self.pages[-1]

    def unicode_font(self, text: str, codes: Sequence[int] | None = None) -> int:
        """Return a font without glyphs whose character 1 is the text's first, and so on, as subset fonts are."""
        lines = "\n".join(
            f"<{code:04x}> <{one.encode('utf-16-be').hex()}>"
            for code, one in zip(codes or range(1, len(text) + 1), text, strict=True)
        )
        cmap = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
            f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(text)} beginbfchar\n{lines}\nendbfchar\n"
            "endcmap CMapName currentdict /CMap defineresource pop end end"
        )
        mapped = self.stream(cmap.encode())
        described = self.add(
            b"<< /Type /FontDescriptor /FontName /Sub /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 900 "
            b"/Descent -200 /CapHeight 700 /StemV 80 >>"
        )
        below = self.add(
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Sub /CIDSystemInfo << /Registry (Adobe) "
            b"/Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 1000 >>" % described
        )
        return self.add(
            b"<< /Type /Font /Subtype /Type0 /BaseFont /Sub /Encoding /Identity-H /DescendantFonts [%d 0 R] "
            b"/ToUnicode %d 0 R >>" % (below, mapped)
        )

    def bytes(self, *, count: int | None = None, xref: bool = True) -> bytes:
        kids = " ".join(f"{page} 0 R" for page in self.pages)
        told = len(self.pages) if count is None else count
        self.objects[self.tree - 1] = f"<< /Type /Pages /Count {told} /Kids [{kids}] >>".encode()
        catalog = b"<< /Type /Catalog /Pages %d 0 R %s >>" % (self.tree, self.catalog_more)
        self.objects[self.catalog - 1] = catalog
        return assemble(self.objects, root=self.catalog, xref=xref)


def assemble(objects: list[bytes], *, root: int, xref: bool = True) -> bytes:
    """Return the file with these objects."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    if not xref:
        return bytes(out)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, start)
    return bytes(out)


def lines(*texts: str, x: int = 60, y: int = 780, size: int = 12) -> bytes:
    """Return drawing instructions for lines below each other."""
    shown = b"".join(b"(%s) Tj T* " % _escaped(text) for text in texts)
    return b"BT /F1 %d Tf %d %d Td %d TL %sET\n" % (size, x, y, size + 4, shown)


def at(x: float, y: float, text: str, size: int = 12) -> bytes:
    """Return drawing instructions for one piece of text at a place."""
    return b"BT /F1 %d Tf %g %g Td (%s) Tj ET\n" % (size, x, y, _escaped(text))


def coded(text_length: int, x: int = 60, y: int = 700) -> bytes:
    """Return drawing instructions for all characters of a `unicode_font` named F2."""
    codes = "".join(f"{code:04x}" for code in range(1, text_length + 1))
    return f"BT /F2 14 Tf {x} {y} Td <{codes}> Tj ET\n".encode()


def simple(*pages: bytes) -> bytes:
    """Return a PDF with these pages of drawing instructions."""
    pdf = Pdf()
    for page in pages:
        pdf.page(page)
    return pdf.bytes()


def _escaped(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
