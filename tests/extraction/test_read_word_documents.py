"""A Word document is read in its order, with all that belongs to it, and its receipt says what was not read."""

import pytest

from .conftest import warned
from .docs import docx, p, run, table

BOX = "<w:txbxContent>{}</w:txbxContent>"
FOOTNOTES = (
    '<w:footnote w:id="0" w:type="separator"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    f'<w:footnote w:id="2">{p("Measured in 1921.")}</w:footnote>'
)


def text(found) -> str:
    return "\n\n".join(section.text for section in found.sections)


def test_headings_paragraphs_and_lists_come_in_order(extract):
    body = "".join(
        [
            p("Harbours", style="Title"),
            p("Of stone."),
            p("North", style="heading1"),
            p("Hull", style="ListBullet"),
            p("Grimsby", style="ListBullet"),
            p("first", number="2"),
            p("below", number="2", level=1),
            p("below too", number="2", level=1),
            p("second", number="2"),
            p("A chapter of our own", style="MyChapter"),
            p("The end."),
        ]
    )
    found = extract(docx(body), "a.docx")
    assert (found.kind, found.sections[0].page) == ("docx", None)
    assert [(section.heading, section.text) for section in found.sections] == [
        ("Harbours", "# Harbours\n\nOf stone."),
        ("North", "# North\n\n- Hull\n- Grimsby\n1. first\n  a. below\n  b. below too\n2. second"),
        ("A chapter of our own", "# A chapter of our own\n\nThe end."),
    ]
    assert found.receipt["words"] > 20
    assert found.receipt["engine"].startswith("lxml ")
    assert warned(found) == set()


def test_a_table_has_its_rows_and_cells(extract):
    found = extract(docx(p("before") + table(["Port", "Boats"], ["Hull", "a|b"]) + p("after")), "a.docx")
    assert text(found) == "before\n\n| Port | Boats |\n| --- | --- |\n| Hull | a\\|b |\n\nafter"


def test_a_table_in_a_cell_is_read_there(extract):
    inner = table(["x", "y"], ["1", table(["deep"]) + p("")])
    found = extract(docx(table(["a", "b"], ["c", f"{p('in front')}{inner}"])), "a.docx")
    assert "| c | in front / (x, y; 1, (deep)) |" in text(found)


def test_headers_come_first_and_footers_last_each_once(extract):
    references = (
        '<w:sectPr><w:headerReference w:type="default" r:id="header1"/>'
        '<w:footerReference w:type="default" r:id="footer1"/>'
        '<w:headerReference w:type="first" r:id="header2"/></w:sectPr>'
    )
    body = p("body") + references
    found = extract(docx(body, header1=p("Letterhead"), header2=p("Letterhead"), footer1=p("Page of 3")), "a.docx")
    assert [(section.heading, section.text) for section in found.sections] == [
        ("Header", "Letterhead"),
        ("", "body"),
        ("Footer", "Page of 3"),
    ]


def test_a_footnote_stands_after_its_paragraph(extract):
    noted = p(run("Deep"), '<w:r><w:footnoteReference w:id="2"/></w:r>', run(" water."))
    found = extract(docx(noted + p("Next."), footnotes=FOOTNOTES), "a.docx")
    assert text(found) == "Deep[^2] water.\n\n[^2]: Measured in 1921.\n\nNext."


def test_tracked_changes_are_read_as_accepted_and_told(extract):
    changed = p(
        run("The "),
        '<w:del w:id="1"><w:r><w:delText>old</w:delText></w:r></w:del>',
        f'<w:ins w:id="2">{run("new")}</w:ins>',
        f'<w:moveFrom w:id="3">{run(" moved away")}</w:moveFrom>',
        run(" harbour."),
    )
    found = extract(docx(changed), "a.docx")
    assert text(found) == "The new harbour."
    assert warned(found) == {"tracked_changes"}


@pytest.mark.parametrize(
    "drawn",
    [
        f"<mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>{BOX}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{BOX}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>",
        f"<w:pict><v:shape><v:textbox>{BOX}</v:textbox></v:shape></w:pict>",
    ],
)
def test_a_text_box_is_read_once_and_told(extract, drawn):
    boxed = p(run("Beside"), f"<w:r>{drawn.replace('{}', p('In the box') + p('and more'))}</w:r>", run(" it."))
    found = extract(docx(boxed + p("After.")), "a.docx")
    assert text(found) == "Beside it.\n\nIn the box\n\nand more\n\nAfter."
    assert warned(found) == {"text_boxes"}


def test_what_is_not_read_is_told(extract):
    comments = f'<w:comment w:id="1">{p("Really?")}</w:comment>'
    formula = "<m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath>"
    found = extract(docx(p("x = ", formula) + p("<w:r><w:drawing/></w:r>"), comments=comments), "a.docx")
    assert text(found) == "x = a+b"
    assert warned(found) == {"pictures", "formulas", "comments"}


def test_links_fields_controls_and_signs_are_read(extract):
    body = p(
        f'<w:hyperlink r:id="x">{run("a link")}</w:hyperlink>',
        "<w:r><w:tab/></w:r>",
        f"<w:sdt><w:sdtPr/><w:sdtContent>{run('chosen')}</w:sdtContent></w:sdt>",
        "<w:r><w:br/></w:r>",
        "<w:r><w:instrText>PAGE</w:instrText></w:r>",
        f'<w:fldSimple w:instr="DATE">{run("today")}</w:fldSimple>',
        "<w:r><w:noBreakHyphen/></w:r>",
        '<w:r><w:sym w:font="Arial" w:char="20AC"/></w:r>',
    )
    body += f"<w:sdt><w:sdtContent>{p('a block')}</w:sdtContent></w:sdt>"
    assert text(extract(docx(body), "a.docx")) == "a link\tchosen\ntoday-€\n\na block"


def test_hidden_characters_are_removed(extract):
    found = extract(docx(p("pay\u200bpal")), "a.docx")
    assert text(found) == "paypal"
    assert found.receipt["hidden_removed"] == 1


def test_one_that_word_itself_would_write_is_read(extract, tmp_path):
    import docx as word

    document = word.Document()
    document.add_heading("Report", 0)
    document.add_paragraph("one", style="List Bullet")
    document.add_paragraph("first", style="List Number")
    document.add_paragraph("second", style="List Number")
    document.add_table(1, 2).cell(0, 1).text = "cell"
    document.sections[0].header.paragraphs[0].text = "Letterhead"
    document.save(tmp_path / "real.docx")
    found = extract((tmp_path / "real.docx").read_bytes(), "a.docx")
    assert text(found) == "Letterhead\n\n# Report\n\n- one\n1. first\n2. second\n\n|  | cell |\n| --- | --- |"


def test_a_document_in_the_strict_form_is_read(extract):
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    import zipfile
    from io import BytesIO

    from .docs import W, zipped

    archive = zipfile.ZipFile(BytesIO(docx(p("Title", style="heading1") + p("strict"))))
    files = {name: archive.read(name).replace(W.encode(), strict.encode()) for name in archive.namelist()}
    assert text(extract(zipped(files), "a.docx")) == "# Title\n\nstrict"


def test_a_long_document_is_cut_and_said_to_be(extract):
    found = extract(docx(p("word " * 1000) * 500), "a.docx")
    assert found.receipt["characters"] == 2_000_000
    assert warned(found) == {"truncated"}


def test_one_without_text_says_so(extract):
    assert warned(extract(docx(p("")), "a.docx")) == {"no_text"}
