"""Files made to be slow, large or broken are refused within their limits, whatever kind they are of."""

import struct
import time
import zipfile
import zlib
from io import BytesIO

import pytest
from PIL import Image

from .docs import docx, p, run, table, zipped
from .pdfs import Pdf, assemble, lines, simple
from .test_read_images import saved


@pytest.fixture(autouse=True)
def _in_time():
    began = time.monotonic()
    yield
    # The clock of the parent ends what the parser's own limits do not.
    assert time.monotonic() - began < 20


# -- Images -----------------------------------------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    """Return a small PNG that unpacks to as many black pixels as it says."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    row = b"\x00" + bytes((width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    data = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def test_a_png_of_nine_hundred_million_pixels_is_too_large(refusal):
    bomb = png(30_000, 30_000)
    assert len(bomb) < 300_000
    assert refusal(bomb, "a.png") == "image_too_large"


def test_a_webp_is_measured_before_it_is_given_room(refusal):
    assert refusal(webp_header(16_000, 16_000), "a.webp") == "image_too_large"


def test_one_just_within_the_limit_is_read(extract):
    assert extract(png(5_000, 5_000), "a.png").receipt["scaled"] is True
    alpha = Image.new("RGBA", (5_000, 5_000), (255, 0, 0, 128))
    assert extract(saved(alpha, "PNG", compress_level=1), "a.png").image


@pytest.mark.parametrize("size", [(49, 500), (500, 49), (1, 1)])
def test_a_few_pixels_are_too_small(refusal, size):
    assert refusal(saved(Image.new("RGB", size), "PNG"), "a.png") == "image_too_small"


@pytest.mark.parametrize(("form", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg"), ("WEBP", "a.webp"), ("GIF", "a.gif")])
def test_half_an_image_is_corrupt(refusal, form, name):
    data = saved(Image.effect_noise((300, 300), 90).convert("RGB"), form)
    assert refusal(data[: len(data) // 2], name) == "corrupt"
    assert refusal(data[:20], name) == "corrupt"


# -- PDF --------------------------------------------------------------------------------------------------------------


def test_eight_kilobytes_of_five_million_instructions_are_refused(refusal):
    bomb = simple(b"BT /F1 9 Tf " + b"(a) Tj " * 750_000 + b"ET")
    assert len(bomb) < 10_000
    assert refusal(bomb, "a.pdf") == "parse_limit"


def test_a_stream_without_end_is_refused(refusal):
    pdf = Pdf()
    twice = zlib.compress(zlib.compress(bytes(100_000_000), 9), 9)
    told = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>" % len(twice)
    pdf.page(pdf.add(told + b"\nstream\n%s\nendstream" % twice))
    assert refusal(pdf.bytes(), "a.pdf") == "parse_limit"


def test_a_loop_of_pages_is_corrupt(refusal):
    loop = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2 /Kids [3 0 R 3 0 R] >>",
        b"<< /Type /Pages /Count 1 /Parent 2 0 R /Kids [2 0 R] >>",
    ]
    assert refusal(assemble(loop, root=1), "a.pdf") in {"corrupt", "parse_limit"}


def test_no_pages_are_corrupt(refusal):
    assert refusal(Pdf().bytes(), "a.pdf") == "corrupt"


def test_pages_that_are_only_counted_are_corrupt(refusal):
    assert refusal(Pdf().bytes(count=1_000_000_000), "a.pdf") == "corrupt"


def test_no_table_of_contents_is_corrupt(refusal):
    pdf = Pdf()
    pdf.page(lines("lost"))
    assert refusal(pdf.bytes(xref=False), "a.pdf") == "corrupt"


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_part_of_a_file_is_corrupt(refusal, part):
    whole = simple(*[lines("some text", "and more")] * 20)
    assert refusal(whole[: int(len(whole) * part)], "a.pdf") == "corrupt"


def test_a_billion_objects_are_only_a_number(outcome):
    told = (
        simple(lines("text")).replace(b"/Size 6", b"/Size 1000000000").replace(b"xref\n0 6\n", b"xref\n0 1000000000\n")
    )
    assert told.count(b"1000000000") == 2
    assert outcome(told, "a.pdf") in {"read", "corrupt", "parse_limit"}


def test_forms_that_draw_each_other_do_not_go_on_forever(outcome):
    pdf = Pdf()
    first = len(pdf.objects) + 1
    for other in (first + 1, first):
        pdf.stream(
            b"/X Do /X Do",
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>" % other,
        )
    pdf.page(b"/X Do", resources=f"/XObject << /X {first} 0 R >>")
    assert outcome(pdf.bytes(), "a.pdf") in {"read", "corrupt", "parse_limit"}


def test_what_only_begins_like_a_pdf_is_corrupt(refusal):
    assert refusal(b"%PDF-1.7\n" + bytes(range(256)) * 100, "a.pdf") == "corrupt"


# -- Word documents ---------------------------------------------------------------------------------------------------


def test_a_million_runs_are_refused(refusal):
    assert refusal(docx("<w:p>" + "<w:r><w:t>x</w:t></w:r>" * 1_000_000 + "</w:p>"), "a.docx") == "parse_limit"


def test_a_hundred_thousand_tables_are_refused(refusal):
    assert refusal(docx(table(["x"]) * 100_000), "a.docx") == "parse_limit"


def test_ten_thousand_tables_in_each_other_are_refused(refusal):
    deep = "<w:tbl><w:tr><w:tc>" * 10_000 + p("x") + "</w:tc></w:tr></w:tbl>" * 10_000
    assert refusal(docx(deep), "a.docx") == "parse_limit"


def test_ten_thousand_controls_in_each_other_are_refused(refusal):
    assert refusal(docx("<w:sdt>" * 10_000 + p("x") + "</w:sdt>" * 10_000), "a.docx") == "parse_limit"


def test_a_zip_bomb_is_refused_by_what_it_declares(refusal):
    out = BytesIO(docx(p("x")))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(11):
            archive.writestr(f"word/media/{number}.xml", bytes(50_000_000))
    assert len(out.getvalue()) < 5_000_000
    assert refusal(out.getvalue(), "a.docx") == "parse_limit"


def test_a_zip_bomb_is_refused_by_what_it_unpacks_to(refusal):
    assert refusal(docx(f"<w:p>{run('x' * 1000)}</w:p>" + " " * 120_000_000), "a.docx") == "parse_limit"


def test_a_zip_bomb_that_lies_about_its_size_is_refused(refusal):
    honest = docx(p("x" * 1000) + " " * 3_000_000)
    size = next(
        one.file_size for one in zipfile.ZipFile(BytesIO(honest)).infolist() if one.filename == "word/document.xml"
    )
    assert refusal(honest.replace(struct.pack("<I", size), struct.pack("<I", 100)), "a.docx") == "corrupt"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
def test_entities_are_refused(refusal, doctype):
    archive = zipfile.ZipFile(BytesIO(docx(p("before &amp;a; after"))))
    files = {name: archive.read(name) for name in archive.namelist()}
    document = files["word/document.xml"].replace(b"&amp;a;", b"&a;")
    files["word/document.xml"] = doctype.encode() + document
    assert refusal(zipped(files), "a.docx") == "corrupt"


def test_broken_xml_and_half_a_zip_are_corrupt(refusal):
    assert refusal(docx("<w:p><w:r>"), "a.docx") == "corrupt"
    whole = docx(p("x") * 1000)
    assert refusal(whole[: len(whole) // 2], "a.docx") == "corrupt"


def test_styles_and_parts_that_go_in_circles_end(extract):
    styles = (
        '<w:style w:styleId="A"><w:basedOn w:val="B"/></w:style><w:style w:styleId="B"><w:basedOn w:val="A"/></w:style>'
    )
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = f'<w:footnote w:id="2">{p("again", note)}</w:footnote>'
    found = extract(docx(p("round", note, style="A"), styles=styles, footnotes=notes), "a.docx")
    assert found.sections[0].text.startswith("round[^2]\n\n[^2]: again")
