"""A branch as a Word document, written by python-docx from what the one renderer made."""

import time
import zipfile
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from django.utils.translation import gettext

from chatsite.languages import grouped

from ..errors import TooLarge
from ..models import Attachment, Message, Turn
from . import words
from .archive import NO_TIME
from .elements import Element, Node, code_of, link_of, of, rows_of, words_of
from .scope import Scope

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

# Such documents are built in memory, and nobody reads longer ones. Each message counts for a few more: its head does.
MOST_CHARACTERS = 1_000_000
HEAD_CHARACTERS = 200
# Of this thread's own work.
CPU_SECONDS = 20
CODE_FONT = "Consolas"
CODE_POINTS = 9
PICTURE_INCHES = 4
DEEPEST_LIST = 3
BOLD, ITALIC, STRUCK, CODE = "strong", "em", "del", "code"
BLOCKS = {"p", "ul", "ol", "blockquote", "figure", "div", "table", "hr", "h3"}


def write_docx(scope: Scope, target: IO[bytes]) -> None:
    """Write the document of the branch in scope; raises TooLarge."""
    # Loaded by the first one: a server starts and rests without.
    import docx

    writer = _Writer(docx.Document())
    writer.begin(" ".join(words.clean(str(scope.conversation)).split()))
    left = MOST_CHARACTERS
    for turn in scope.branch():
        for message in scope.messages(turn):
            left = taken(left, message)
            writer.message(message)
        if not scope.chosen:
            writer.ending(turn)
        writer.put_aside()
    writer.finish()
    made = BytesIO()
    writer.document.save(made)
    _without_times(made, target)


def taken(left: int, message: Message) -> int:
    """Return how much room is left after a message; raises TooLarge if it has none."""
    left -= HEAD_CHARACTERS + len(message.text) + len(message.thinking)
    if left < 0:
        raise _too_large(
            gettext("Such a document may have %(number)s characters at most.") % {"number": grouped(MOST_CHARACTERS)}
        )
    return left


def _too_large(why: str) -> TooLarge:
    return TooLarge(f"{why} {gettext('Take a web page, Markdown or JSON.')}", code="export_too_large")


class _Writer:
    def __init__(self, document: "Document"):
        self.document = document
        self._aside: list[Any] = []
        self._styles = {style.name: style.style_id for style in document.styles}
        self._pictures = 0
        self._until = time.thread_time() + CPU_SECONDS

    def _check_time(self) -> None:
        """Raise TooLarge when this has taken longer than anybody's document needs."""
        if time.thread_time() > self._until:
            raise _too_large(gettext("This has too many paragraphs for a Word document."))

    def begin(self, title: str) -> None:
        """Write the title."""
        properties = self.document.core_properties
        properties.title, properties.author, properties.comments = title[:255], "", ""
        self.document.add_heading(title, 0)

    def message(self, message: Message) -> None:
        """Write a message under who said it, and when; raises TooLarge."""
        self._check_time()
        self._paragraph("Heading 1").add_run(words.who(message))
        self._line(words.when(message.created_at))
        for attachment in message.attachments.all():
            self._attached(attachment)
        if message.thinking:
            self._line("Thoughts:")
            self._text(words.clean(message.thinking), "Quote")
        if given := message.tool_run.get("arguments"):
            self._code(words.laid_out(given))
        text = words.said(message)
        if message.role == Message.Role.ASSISTANT:
            self._blocks(of(text), "Normal", 0)
        elif message.role == Message.Role.TOOL:
            self._code(text)
        elif text:
            self._text(text, "Normal")

    def ending(self, turn: Turn) -> None:
        """Say how a turn ended, if not as it should."""
        if said := words.how_it_ended(turn):
            self._line(said)

    def put_aside(self) -> None:
        """Take what was written out of the document for now: the library looks through all of it for each new line."""
        *written, _ = self.document.element.body
        for element in written:
            self.document.element.body.remove(element)
        self._aside += written

    def finish(self) -> None:
        """Put everything back, before the settings of the page."""
        (settings,) = self.document.element.body
        for element in self._aside:
            settings.addprevious(element)

    def _paragraph(self, style: str = "Normal") -> "Paragraph":
        """Return a new paragraph, its style found without the library's search through all of them."""
        paragraph = self.document.add_paragraph()
        if style != "Normal":
            paragraph._p.style = self._styles[style]
        return paragraph

    def _line(self, text: str) -> None:
        self._paragraph().add_run(text).italic = True

    def _text(self, text: str, style: str) -> None:
        for part in text.split("\n\n"):
            self._check_time()
            self._paragraph(style).add_run(part)

    def _attached(self, attachment: Attachment) -> None:
        from docx.shared import Inches

        self._line(gettext("Attached: %(name)s") % {"name": words.clean(attachment.name)})
        if not attachment.file.image:
            return
        try:
            with attachment.file.image.open("rb") as content:
                shape = self.document.add_picture(BytesIO(content.read()), width=Inches(PICTURE_INCHES))
        except OSError:
            self._line(gettext("Its picture is lost."))
            return
        # Its number has to be the only one in the whole document.
        self._pictures += 1
        shape._inline.docPr.id = self._pictures

    def _code(self, code: str) -> None:
        from docx.shared import Pt

        run = self._paragraph().add_run(code)
        run.font.name, run.font.size = CODE_FONT, Pt(CODE_POINTS)

    def _blocks(self, nodes: list[Node], style: str, depth: int) -> None:
        """Write blocks one under the other; text and marks between them are a paragraph."""
        inline: list[Node] = []
        for node in [*nodes, {"tag": "", "attrs": {}, "in": []}]:
            if isinstance(node, dict) and (node["tag"] in BLOCKS or not node["tag"]):
                if words_of(inline).strip() or any(isinstance(each, dict) for each in inline):
                    self._inline(self._paragraph(style), inline, set())
                inline = []
                self._block(node, style, depth)
            else:
                inline.append(node)

    def _block(self, element: Element, style: str, depth: int) -> None:
        self._check_time()
        match element["tag"]:
            case "h3":
                self._inline(self._paragraph("Heading 2"), element["in"], set())
            case "ul" | "ol":
                self._list(element, depth)
            case "blockquote":
                self._blocks(element["in"], "Quote", depth)
            case "figure":
                self._code(code_of(element)[0])
            case "table":
                self._table(element)
            case "hr":
                self._paragraph().add_run("* * *")
            case "p":
                self._inline(self._paragraph(style), element["in"], set())
            case "div":
                self._blocks(element["in"], style, depth)

    def _list(self, element: Element, depth: int) -> None:
        level = min(depth + 1, DEEPEST_LIST)
        kind = "List Number" if element["tag"] == "ol" else "List Bullet"
        for item in element["in"]:
            if isinstance(item, dict):
                self._blocks(item["in"], kind if level == 1 else f"{kind} {level}", depth + 1)

    def _table(self, element: Element) -> None:
        rows = rows_of(element)
        columns = max(map(len, rows), default=0)
        if not columns:
            return
        table = self.document.add_table(len(rows), columns, "Table Grid")
        # Asked for once each: the library looks through the whole table for a cell.
        for written, row in zip(table.rows, rows, strict=True):
            self._check_time()
            for place, cell in zip(written.cells, row, strict=False):
                self._inline(place.paragraphs[0], cell["in"], {BOLD} if cell["tag"] == "th" else set())

    def _inline(self, paragraph: "Paragraph", nodes: list[Node], marks: set[str]) -> None:
        for node in nodes:
            if isinstance(node, str):
                self._run(paragraph, node, marks)
            elif node["tag"] == "br":
                paragraph.add_run().add_break()
            elif node["tag"] == "input":
                self._run(paragraph, "☑ " if "checked" in node["attrs"] else "☐ ", marks)
            elif node["tag"] == "a" and (address := link_of(node)):
                self._link(paragraph, words_of(node["in"]), address)
            elif node["tag"] == "math":
                self._run(paragraph, linear(node), marks | {ITALIC})
            else:
                self._inline(paragraph, node["in"], marks | {node["tag"]})

    @staticmethod
    def _run(paragraph: "Paragraph", text: str, marks: set[str]) -> None:
        run = paragraph.add_run(text)
        run.bold, run.italic = BOLD in marks or None, ITALIC in marks or None
        run.font.strike = STRUCK in marks or None
        if CODE in marks:
            run.font.name = CODE_FONT

    @staticmethod
    def _link(paragraph: "Paragraph", text: str, address: str) -> None:
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        run = paragraph.add_run(text)
        run.underline = True
        link.append(run._r)
        paragraph._p.append(link)


def linear(element: Node) -> str:
    """Return a formula on one line, as people type it."""
    if isinstance(element, str):
        return element.strip()
    inner: list[Any] = [node for node in element["in"] if isinstance(node, dict) or node.strip()]
    parts = [linear(node) for node in inner]
    match element["tag"], parts:
        case "mfrac", [above, below]:
            return f"{_grouped(above)}/{_grouped(below)}"
        case "msqrt", _:
            return f"√{_grouped(''.join(parts))}"
        case "mroot", [radicand, index]:
            return f"root({index}, {radicand})"
        case (("msup" | "mover"), [base, above]):
            return f"{base}^{_grouped(above)}"
        case (("msub" | "munder"), [base, below]):
            return f"{base}_{_grouped(below)}"
        case (("msubsup" | "munderover"), [base, below, above]):
            return f"{base}_{_grouped(below)}^{_grouped(above)}"
        case "mtable", _:
            return "[" + "; ".join(parts) + "]"
        case "mtr", _:
            return ", ".join(parts)
        case "mo", [sign] if sign in {"=", "+", "−", "→", "≤", "≥", "<", ">"}:
            return f" {sign} "
    return "".join(parts)


def _grouped(text: str) -> str:
    return text if len(text.strip()) < 2 else f"({text})"


def _without_times(made: IO[bytes], target: IO[bytes]) -> None:
    """Write the document with no moment of its packing: the same rows give the same bytes."""
    with zipfile.ZipFile(made) as packed, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name in packed.namelist():
            about = zipfile.ZipInfo(name, NO_TIME)
            about.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(about, packed.read(name))
