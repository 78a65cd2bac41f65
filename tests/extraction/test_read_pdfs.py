"""A PDF is read page by page; what may be wrong with the text, or is missing from it, stands in the receipt."""

from io import BytesIO

import pypdf
import pytest
from PIL import Image

from .conftest import warned
from .pdfs import Pdf, at, coded, lines, simple

CHINESE = "港口是用石头建造的"
JAPANESE = "漢字とかな交じりの文"
KOREAN = "오래된 항구"
ARABIC = "كتاب قديم جدا"
HEBREW = "ספר ישן מאוד"
SHAPED_ARABIC = "\ufee3\ufeae\ufea3\ufe92\ufe8e"


def words(found) -> list[str]:
    return " ".join(section.text for section in found.sections).split()


def in_unicode(text: str) -> bytes:
    pdf = Pdf()
    font = pdf.unicode_font(text)
    pdf.page(coded(len(text)), fonts=f"/F2 {font} 0 R")
    return pdf.bytes()


def test_text_comes_with_its_page(extract):
    found = extract(simple(lines("First page", "second line"), lines("Second page (really)")), "a.pdf")
    assert (found.kind, found.media_type) == ("pdf", "application/pdf")
    assert [(section.page, section.text.split("\n")) for section in found.sections] == [
        (1, ["First page", "second line"]),
        (2, ["Second page (really)"]),
    ]
    receipt = found.receipt
    assert (receipt["pages"], receipt["pages_read"], receipt["empty_pages"]) == (2, 2, [])
    assert (receipt["words"], receipt["truncated"], receipt["warnings"]) == (7, False, [])
    assert "pypdf" in receipt["engine"]
    assert "PDFium" in receipt["engine"]


def test_the_first_page_is_drawn_small(extract):
    found = extract(simple(lines("First page", size=40)), "a.pdf")
    image = Image.open(BytesIO(found.thumbnail))
    assert image.format == "JPEG"
    assert max(image.size) == 320
    assert image.convert("L").getextrema()[0] < 100
    assert found.image is None
    assert found.page_images == ()


def test_columns_written_one_after_the_other_are_read_so(extract):
    left, right = [f"left {number}" for number in range(20)], [f"right {number}" for number in range(20)]
    found = extract(simple(lines(*left, x=60) + lines(*right, x=320)), "a.pdf")
    assert words(found) == " ".join(left + right).split()
    assert "columns_may_mix" not in warned(found)


def test_columns_written_line_by_line_are_warned_of(extract):
    across = b"".join(
        at(60, 780 - 16 * number, f"left {number}") + at(320, 780 - 16 * number, f"right {number}")
        for number in range(20)
    )
    found = extract(simple(across), "a.pdf")
    assert set(words(found)) >= {"left", "right", "19"}
    assert "columns_may_mix" in warned(found)


def test_a_table_is_read_row_by_row(extract):
    rows = [
        ["Port", "Boats", "Salt"],
        ["Hull", "12", "3 t"],
        ["Riga", "31", "9 t"],
        ["Oslo", "7", "1 t"],
        ["Bergen", "9", "2 t"],
    ]
    drawn = b"".join(at(60 + 150 * x, 700 - 20 * y, cell) for y, row in enumerate(rows) for x, cell in enumerate(row))
    found = extract(simple(drawn), "a.pdf")
    assert words(found) == " ".join(" ".join(row) for row in rows).split()
    assert "columns_may_mix" in warned(found)


@pytest.mark.parametrize("text", [CHINESE, JAPANESE, KOREAN, "Ωμέγα и Ж"])
def test_other_scripts_are_read_by_their_character_maps(extract, text):
    found = extract(in_unicode(text), "a.pdf")
    assert "".join(section.text for section in found.sections) == text
    assert warned(found) == set()


@pytest.mark.parametrize("text", [ARABIC, HEBREW])
def test_words_from_right_to_left_are_read_the_right_way_round(extract, text):
    # As it stands on paper: the last letter is the one furthest to the left.
    found = extract(in_unicode(text[::-1]), "a.pdf")
    assert words(found) == text.split()
    assert warned(found) == {"right_to_left"}


def test_arabic_in_the_shapes_of_print_becomes_letters(extract):
    assert words(extract(in_unicode(SHAPED_ARABIC[::-1]), "a.pdf")) == ["مرحبا"]


def test_joined_letters_become_single_ones(extract):
    found = extract(in_unicode("\ufb01nal e\ufb03cient \ufb02oor"), "a.pdf")
    assert words(found) == ["final", "efficient", "floor"]


def test_words_that_are_divided_stay_as_they_stand(extract):
    text = ["The exam-", "ple of a well-", "known co-operation.", "5 - 3"]
    assert extract(simple(lines(*text)), "a.pdf").sections[0].text.split("\n") == text


def test_pages_turned_on_the_side_are_read_and_warned_of(extract):
    pdf = Pdf()
    pdf.page(lines("upright"))
    pdf.page(lines("on the side"), more="/Rotate 90")
    found = extract(pdf.bytes(), "a.pdf")
    assert words(found) == ["upright", "on", "the", "side"]
    assert warned(found) == {"rotated"}


def test_form_fields_are_read_with_their_names(extract):
    pdf = Pdf()
    above = pdf.add(b"<< /FT /Tx /T (address) >>")
    city = pdf.add(b"<< /Type /Annot /Subtype /Widget /Parent %d 0 R /T (city) /V (Riga) /Rect [0 0 9 9] >>" % above)
    ticked = pdf.add(b"<< /Type /Annot /Subtype /Widget /FT /Btn /T (agreed) /V /Yes /Rect [0 0 9 9] >>")
    empty = pdf.add(b"<< /Type /Annot /Subtype /Widget /FT /Btn /T (never) /V /Off /Rect [0 0 9 9] >>")
    note = pdf.add(b"<< /Type /Annot /Subtype /Text /Contents (a note) /Rect [0 0 9 9] >>")
    pdf.page(lines("Form"), more=f"/Annots [{city} 0 R {ticked} 0 R {empty} 0 R {note} 0 R]")
    pdf.catalog_more = b"/AcroForm << /Fields [%d 0 R %d 0 R] >>" % (above, ticked)
    found = extract(pdf.bytes(), "a.pdf")
    assert found.sections[0].text.split("\n") == ["Form", "address.city: Riga", "agreed: Yes"]
    assert warned(found) == {"form_fields", "notes"}


def scanned(pages: int) -> bytes:
    pdf = Pdf()
    picture = pdf.stream(
        bytes(range(256)) * 4,
        b"/Type /XObject /Subtype /Image /Width 32 /Height 32 /ColorSpace /DeviceGray /BitsPerComponent 8",
    )
    for _ in range(pages):
        pdf.page(b"q 500 0 0 700 40 40 cm /Im Do Q", resources=f"/XObject << /Im {picture} 0 R >>")
    return pdf.bytes()


def test_pages_without_text_are_drawn_and_warned_of(extract):
    found = extract(scanned(3), "a.pdf")
    assert found.sections == ()
    assert warned(found) == {"no_text", "pages_drawn"}
    assert found.receipt["empty_pages"] == [1, 2, 3]
    assert [picture.page for picture in found.page_images] == [1, 2, 3]
    image = Image.open(BytesIO(found.page_images[0].jpeg))
    assert image.format == "JPEG"
    assert 1500 < max(image.size) <= 2048


def test_not_more_than_twenty_pages_are_drawn(extract):
    found = extract(scanned(30), "a.pdf")
    assert [picture.page for picture in found.page_images] == list(range(1, 21))
    assert found.receipt["empty_pages_count"] == 30


def test_blank_pages_are_listed_but_not_drawn(extract):
    found = extract(simple(lines("one"), b"", lines("three"), b""), "a.pdf")
    assert found.receipt["empty_pages"] == [2, 4]
    assert found.page_images == ()
    assert warned(found) == set()


def test_of_ten_thousand_pages_the_first_five_hundred_are_read(extract):
    pdf = Pdf()
    content = pdf.stream(lines("the same on every page"))
    for _ in range(10_000):
        pdf.page(content)
    found = extract(pdf.bytes(), "a.pdf")
    assert len(found.sections) == 500
    assert (found.receipt["pages"], found.receipt["pages_read"], found.receipt["truncated"]) == (10_000, 500, True)
    assert "first 500 of 10,000 pages" in found.receipt["truncated_because"]
    assert warned(found) == {"truncated"}


def test_the_list_of_empty_pages_stays_short(extract):
    found = extract(simple(*[b""] * 80), "a.pdf")
    assert len(found.receipt["empty_pages"]) == 50
    assert found.receipt["empty_pages_count"] == 80


def locked(password: str, algorithm: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(simple(lines("secret"))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm=algorithm)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_one_with_a_password_is_refused_and_one_without_is_read(extract, refusal, algorithm):
    assert refusal(locked("open sesame", algorithm), "a.pdf") == "encrypted"
    assert words(extract(locked("", algorithm), "a.pdf")) == ["secret"]


def test_hidden_characters_are_removed_from_pages_too(extract):
    found = extract(in_unicode("pay\u200bpal\u202e"), "a.pdf")
    assert words(found) == ["paypal"]
    assert found.receipt["hidden_removed"] == 2


def test_one_broken_page_leaves_the_others(extract):
    pdf = Pdf()
    pdf.page(lines("good"))
    broken = pdf.page(lines("lost"))
    pdf.page(lines("also good"))
    pdf.objects[broken - 1] = (
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 99 99] /Contents (oops) /Annots 7 >>" % pdf.tree
    )
    found = extract(pdf.bytes(), "a.pdf")
    assert words(found) == ["good", "also", "good"]


def test_a_wrong_length_of_a_stream_does_not_hide_its_text(extract):
    pdf = Pdf()
    pdf.page(pdf.stream(lines("still here"), packed=False, length=7))
    assert words(extract(pdf.bytes(), "a.pdf")) == ["still", "here"]


def test_a_table_of_contents_at_the_wrong_place_is_looked_for(extract):
    pdf = simple(lines("found again"))
    start = pdf.index(b"startxref")
    assert words(extract(pdf[:start] + b"startxref\n7\n%%EOF\n", "a.pdf")) == ["found", "again"]
