"""What a file is said to be is not believed: name and content must both be of a kind that is read."""

from io import BytesIO

import pytest
from PIL import Image

from .docs import docx, p, zipped
from .pdfs import lines, simple
from .test_read_images import saved

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PNG = saved(Image.new("RGB", (60, 60)), "PNG")


@pytest.mark.parametrize(
    "name",
    ["a.svg", "a.tiff", "a.psd", "a.eps", "a.ico", "a.fits", "a.exe", "a.zip", "a.doc", "a.docm", "a.bmp", "a", ""],
)
def test_other_names_are_refused_whatever_they_hold(refusal, name):
    assert refusal(PNG, name) == "unsupported_file"


@pytest.mark.parametrize("form", ["TIFF", "BMP", "ICO", "PPM", "TGA", "EPS", "PDF"])
def test_other_images_are_refused_under_a_name_that_is_read(refusal, form):
    assert refusal(saved(Image.new("RGB", (60, 60)), form), "a.png") == "unsupported_file"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.webp", "a.pdf", "a.docx"])
def test_svg_and_pages_are_no_images_and_no_documents(refusal, name):
    assert refusal(SVG, name) == "unsupported_file"
    assert refusal(b"<!doctype html><script>alert(1)</script>", name) == "unsupported_file"


@pytest.mark.parametrize("data", [PNG, simple(lines("x")), docx(p("x")), b"\x7fELF\x02\x01", bytes(range(256)) * 50])
def test_what_is_no_text_is_refused_under_a_text_name(refusal, data):
    assert refusal(data, "a.txt") == "unsupported_file"


@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.docx", "a.txt"])
def test_nothing_is_refused_as_empty(refusal, name):
    assert refusal(b"", name) == "empty"


@pytest.mark.parametrize("data", [b"\n \t\r\n", b"\x00\x00\x00\x00", b"\xef\xbb\xbf", "\u200b\u2060".encode()])
def test_a_text_without_text_is_empty(refusal, data):
    assert refusal(data, "a.txt") == "empty"


def test_a_zip_that_is_no_document_is_refused(refusal):
    assert refusal(zipped({"hello.txt": b"x"}), "a.docx") == "corrupt"


def test_an_old_word_document_is_told_from_a_locked_one(refusal):
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert refusal(old, "a.docx") == "unsupported_file"
    assert refusal(old + "EncryptedPackage".encode("utf-16-le"), "a.docx") == "encrypted"


def test_a_picture_that_is_a_script_too_is_only_a_picture(extract):
    found = extract(saved(Image.new("P", (60, 60)), "GIF") + b";alert(1)//", "a.gif")
    assert found.media_type == "image/gif"
    assert b"alert" not in found.image + found.thumbnail


def test_a_jpeg_that_is_an_archive_too_is_only_a_picture(extract):
    found = extract(saved(Image.new("RGB", (60, 60)), "JPEG") + zipped({"a.php": b"<?php evil(); ?>"}), "a.jpg")
    assert Image.open(BytesIO(found.image)).size == (60, 60)
    assert b"PK\x03\x04" not in found.image


def test_a_pdf_that_is_a_page_too_is_only_a_pdf(extract):
    found = extract(b"<script>alert(1)</script>\n" + simple(lines("words")), "a.pdf")
    assert found.media_type == "application/pdf"
    assert [section.text for section in found.sections] == ["words"]


def test_a_pdf_that_is_an_archive_too_is_what_its_name_says(extract, refusal):
    both = simple(lines("words")) + docx(p("other words"))
    assert [section.text for section in extract(both, "a.pdf").sections] == ["words"]
    assert refusal(both, "a.docx") == "unsupported_file"
