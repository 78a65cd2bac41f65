"""Documents: opened again by other programs than those that wrote them."""

import io

import docx
import pypdf
import pytest
import typst

from conversations import exports
from conversations.exports.elements import parse
from conversations.exports.word import linear
from conversations.models import Message, Turn

pytestmark = pytest.mark.django_db

HOSTILE = '#import "x" #read("/etc/passwd") $x$ *b* <img src=file:///etc/passwd>'
HOSTILE += " \x0b\x1b]0;x\x07 & < > \u202ex [l](javascript:x)"


def made(conversation, kind, **more) -> bytes:
    export = exports.make(conversation=conversation, user=conversation.owner, kind=kind, **more)
    with export.file:
        return export.file.read()


def words_of_pdf(content: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(content))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_a_word_document_says_what_was_said(alice, rich):
    document = docx.Document(io.BytesIO(made(rich, "docx")))
    paragraphs = [each.text for each in document.paragraphs]
    text = "\n".join(paragraphs)
    assert paragraphs[0] == rich.title == document.core_properties.title
    for said in (
        "Can we <b>end</b> it?",
        "Let me think.",
        "A heading",
        "漢字, עברית, 🙂",
        'print("hello")',
        "Or it does not.",
    ):
        assert said in text, said
    styles = {each.style.name for each in document.paragraphs}
    assert styles >= {"Title", "Heading 1", "Heading 2", "List Number", "List Bullet 2", "Quote"}
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [["a", "b"], ["1", "x^2"]]
    links = [each.target_ref for each in document.part.rels.values() if each.is_external]
    assert links == ["https://example.org/"]
    assert "alice" not in document.core_properties.author


def test_a_pdf_says_what_was_said(alice, rich):
    content = made(rich, "pdf")
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = words_of_pdf(content)
    assert reader.metadata is not None and reader.metadata.title == rich.title
    for said in (
        "Can we <b>end</b> it?",
        "Let me think.",
        "A heading",
        'print("hello")',
        "Or it does not.",
        "lease.txt",
    ):
        assert said in text, said
    assert "Stopped before the end." in text
    # The formula on a line of its own: one half, and the root of alpha.
    assert "√" in text
    # Where no font can show a character, the document says so.
    if not any("CJK" in name for name in typst.Fonts().families()):
        assert "no font for Chinese" in text
    links = [note.get_object()["/A"]["/URI"] for page in reader.pages for note in page.get("/Annots", [])]
    assert links == ["https://example.org/"]


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_what_looks_like_commands_is_text(alice, rich, kind):
    question, answer = Message.objects.filter(turn=rich.leaf).order_by("position")
    Message.objects.filter(pk=question.pk).update(text=HOSTILE)
    Message.objects.filter(pk=answer.pk).update(
        text=HOSTILE + "\n\n1. a\n   > b\n\n$$\\begin{matrix}1&2\\\\3&4\\end{matrix}$$"
    )
    content = made(rich, kind)
    if kind == "pdf":
        text = words_of_pdf(content)
        assert b"/Launch" not in content and b"javascript" not in content
    else:
        text = "\n".join(each.text for each in docx.Document(io.BytesIO(content)).paragraphs)
    assert '#read("/etc/passwd") $x$ *b* <img src=file:///etc/passwd>' in text
    assert "root:" not in text


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_no_answer_is_unprintable(alice, rich, kind):
    """References to what no file can hold, a link longer than any, and lists in lists in lists."""
    references = "a&#12;b `c&#12;d` &#x202e;e [f](http://x.org/&#12;g)"
    link = f"[long](http://x.org/{'y' * 9000})"
    lists = "\n".join("  " * level + "- deep" for level in range(100))
    formulas = r"$\frac{}{}$ $$\begin{matrix} a & b \\ c \end{matrix}$$"
    Message.objects.filter(turn=rich.leaf, role="assistant").update(
        text="\n\n".join([references, link, lists, formulas, "The end."])
    )
    content = made(rich, kind)
    if kind == "pdf":
        text = words_of_pdf(content)
    else:
        text = "\n".join(each.text for each in docx.Document(io.BytesIO(content)).paragraphs)
    assert "long" in text and "deep" in text and "The end." in text and "\u202e" not in text and "\f" not in text


def test_too_much_for_a_document_is_said(alice, rich, monkeypatch):
    monkeypatch.setattr("conversations.exports.printing.MOST_CHARACTERS", 10)
    monkeypatch.setattr("conversations.exports.word.MOST_CHARACTERS", 10)
    monkeypatch.setattr("conversations.exports.printing.CPU_SECONDS", 0)
    for kind in ("docx", "pdf"):
        with pytest.raises(Exception, match="characters at most"):
            made(rich, kind)
    monkeypatch.setattr("conversations.exports.word.MOST_CHARACTERS", 1_000_000)
    monkeypatch.setattr("conversations.exports.word.CPU_SECONDS", 0.5)
    Message.objects.filter(turn=rich.leaf, role="user").update(text="a\n\n" * 100_000)
    with pytest.raises(Exception, match="too many paragraphs"):
        made(rich, "docx")
    Message.objects.filter(turn=rich.leaf, role="user").update(text="a")
    # Within the length, but no time for it.
    monkeypatch.setattr("conversations.exports.printing.MOST_CHARACTERS", 10_000)
    Turn.objects.filter(pk=rich.leaf_id).update(status="completed")
    with pytest.raises(Exception, match="too much for a PDF"):
        made(rich, "pdf")


def test_a_formula_on_one_line():
    (formula,) = parse(
        "<math><mfrac><mn>1</mn><mi>b</mi></mfrac><mo>+</mo><msqrt><msub><mi>α</mi><mn>1</mn></msub></msqrt></math>"
    )
    assert linear(formula) == "1/b + √(α_1)"
