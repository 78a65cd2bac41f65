"""Word documents: headings, paragraphs, lists, tables, headers, footers and notes, in order, as plain Markdown."""

from typing import Any, BinaryIO

from lxml import etree

from .answer import Answer, Receipt, Refused
from .clean import Budget, clean
from .lists import Lists, Styles
from .package import Package
from .text import blocks

MAX_TABLES = 20_000
CELL_BREAK = " / "
HEADING_CHARACTERS = 200
# Stands where other blocks have the level of their heading.
ITEM = -1

# What has no text of its own to read, or text that was taken out, or that names what the next part shows.
LEFT_OUT = {
    "pPr",
    "rPr",
    "del",
    "moveFrom",
    "instrText",
    "delText",
    "proofErr",
    "bookmarkStart",
    "bookmarkEnd",
    "sdtPr",
}
PICTURES = {"drawing", "pict", "object"}
SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


def read(source: BinaryIO, job: dict[str, Any], answer: Answer) -> None:
    """Say the text in sections by headings, with the receipt."""
    package = Package(source)
    root = package.tree(package.document)
    if root is None or etree.QName(root).localname != "document":
        raise Refused("corrupt")
    receipt = Receipt({"kind": "docx", "engine": f"lxml {etree.__version__}"})
    document = Document(package, root)
    budget = Budget()
    sections: list[tuple[str, int | None, str]] = []
    for heading, text in document.sections():
        text = budget.take(text).strip("\n")
        sections += [(block, None, heading) for block in blocks(text) if block.strip()]
        if budget.exceeded:
            break
    budget.tell(receipt)
    document.tell(receipt)
    if not sections:
        receipt.warn("no_text", "There is no text in this document.")
    answer.read(sections, receipt)
    answer.end()


class Document:
    """Walks through a document once."""

    def __init__(self, package: Package, root: Any):
        # Two namespaces are in use, of which each document has one.
        self._w = f"{{{etree.QName(root).namespace}}}"
        self._package = package
        self._body = root.find(self._w + "body")
        self._related = package.related(package.document)
        self._styles = Styles(self._part("styles"), self._w)
        self._lists = Lists(self._part("numbering"), self._w)
        self._notes = {**self._notes_in("footnote"), **self._notes_in("endnote")}
        self._seen_notes: list[tuple[str, str]] = []
        self._boxes: list[Any] = []
        self._tables = 0
        self.pictures = self.text_boxes = self.removed = self.added = self.formulas = 0

    def sections(self) -> list[tuple[str, str]]:
        """Return the text under each heading, the heading included; headers come first, footers last."""
        found: list[tuple[str, str]] = [("Header", text) for text in self._edges("header")]
        heading, before = "", 0
        lines: list[str] = []
        for level, text in self._blocks(self._body if self._body is not None else ()):
            if level > 0:
                found.append((heading, "\n\n".join(lines)))
                text = " ".join(text.split())
                heading, lines = clean(text)[0][:HEADING_CHARACTERS], []
                text = f"{'#' * min(level, 6)} {text}"
            if level == ITEM and before == ITEM:
                # The items of a list stand close together.
                lines[-1] += f"\n{text}"
            else:
                lines.append(text)
            before = level
        found.append((heading, "\n\n".join(lines)))
        return [*found, *(("Footer", text) for text in self._edges("footer"))]

    def tell(self, receipt: Receipt) -> None:
        """Warn of what was left out and of what may stand in the wrong place."""
        comments = self._part("comments")
        notes = len(list(comments.iter(self._w + "comment"))) if comments is not None else 0
        if self.removed or self.added:
            said = f"Changes are tracked: {self.added:,} insertions are read, {self.removed:,} deletions are not."
            receipt.warn("tracked_changes", said)
        for code, number, noun, said in (
            ("text_boxes", self.text_boxes, "text box", "read after the paragraph that it is fixed to"),
            ("pictures", self.pictures, "picture or chart", "not read"),
            ("formulas", self.formulas, "formula", "read as its letters and signs in a row"),
            ("comments", notes, "comment", "not read"),
        ):
            if number:
                plural = {"text box": "text boxes", "picture or chart": "pictures or charts"}.get(noun, noun + "s")
                receipt.warn(code, f"{number:,} {noun if number == 1 else plural}: {said}.")

    def _blocks(self, parent: Any) -> list[tuple[int, str]]:
        """Return the paragraphs and tables in a body, cell, note or box, each with its heading's level, ITEM or 0."""
        found: list[tuple[int, str]] = []
        for child in parent:
            name = _name(child)
            if name == "p":
                level, text = self._paragraph(child)
                found += [(level, text)] if text.strip() else []
                found += self._after()
            elif name == "tbl":
                text = self._table(child)
                found += [(0, text)] if text.strip() else []
                found += self._after()
            elif name in {"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"}:
                found += self._blocks(child)
            elif name == "AlternateContent":
                found += self._blocks(_alternative(child))
        return found

    def _after(self) -> list[tuple[int, str]]:
        """Return what belongs to the paragraph that was just read: its notes and the text in its boxes."""
        found: list[tuple[int, str]] = []
        notes, self._seen_notes = self._seen_notes, []
        for mark, key in notes:
            note = self._notes.pop(key, None)
            if note is not None:
                text = " ".join(text for _, text in self._blocks(note))
                found.append((0, f"{mark}: {text.strip()}"))
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            found += self._blocks(box)
        return found

    def _paragraph(self, paragraph: Any) -> tuple[int, str]:
        w = self._w
        properties = paragraph.find(w + "pPr")
        text = "".join(self._pieces(paragraph))
        if properties is None:
            return 0, text
        named = properties.find(w + "pStyle")
        style = named.get(w + "val") if named is not None else None
        level = self._styles.heading(properties, style)
        if level or not text.strip():
            return level, text
        number, depth = self._styles.list_of(style)
        listed = properties.find(w + "numPr")
        if listed is not None:
            own = {_name(one): one.get(w + "val") for one in listed}
            number, depth = own.get("numId", number), own.get("ilvl", depth)
        # 0 takes a paragraph out of the list that its style puts it in.
        if number is None or number == "0":
            return 0, text
        return ITEM, self._lists.mark(number, depth) + text

    def _pieces(self, parent: Any) -> list[str]:
        """Return the text of a paragraph or of a part of one, as it is after all tracked changes."""
        pieces: list[str] = []
        for child in parent:
            name = _name(child)
            if name in {"t", "m:t"}:
                pieces.append(child.text or "")
            elif name in SIGNS:
                pieces.append(SIGNS[name])
            elif name in {"footnoteReference", "endnoteReference"}:
                pieces.append(self._note(name.removesuffix("Reference"), child.get(self._w + "id")))
            elif name == "sym":
                pieces.append(_symbol(child.get(self._w + "char")))
            elif name in {"del", "moveFrom"}:
                self.removed += 1
            elif name in PICTURES:
                self._picture(child)
            elif name == "AlternateContent":
                pieces += self._pieces(_alternative(child))
            elif name not in LEFT_OUT and len(child):
                self.added += name in {"ins", "moveTo"}
                self.formulas += name == "m:oMath"
                pieces += self._pieces(child)
        return pieces

    def _note(self, kind: str, number: str | None) -> str:
        mark = f"[^{number}]" if kind == "footnote" else f"[^e{number}]"
        self._seen_notes.append((mark, f"{kind} {number}"))
        return mark

    def _picture(self, drawing: Any) -> None:
        boxes = list(drawing.iter(self._w + "txbxContent"))
        # Boxes inside boxes are read with the outer one.
        outer = [box for box in boxes if not any(above in boxes for above in box.iterancestors())]
        self.text_boxes += len(outer)
        self.pictures += not boxes
        self._boxes += outer

    def _table(self, table: Any, nested: bool = False) -> str:
        self._tables += 1
        if self._tables > MAX_TABLES:
            raise Refused("parse_limit")
        rows = [[self._cell(cell) for cell in row] for row in self._rows(table)]
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if nested:
            return "; ".join(", ".join(row) for row in rows)
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        if lines:
            lines.insert(1, "|" + " --- |" * len(rows[0]))
        return "\n".join(lines)

    def _rows(self, table: Any) -> list[list[Any]]:
        return [
            list(_inside(row, "tc")) for row in _inside(table, "tr") if row.find(f"{self._w}trPr/{self._w}del") is None
        ]

    def _cell(self, cell: Any) -> str:
        parts: list[str] = []
        for child in cell:
            if _name(child) == "tbl":
                parts.append(f"({self._table(child, nested=True)})")
            else:
                parts += [text for _, text in self._blocks([child])]
        return CELL_BREAK.join(" ".join(part.split()) for part in parts if part.strip()).replace("|", "\\|")

    def _edges(self, kind: str) -> list[str]:
        """Return the texts of the headers or footers that are shown, each once."""
        if self._body is None:
            return []
        texts: dict[str, None] = {}
        done = set()
        for reference in self._body.iter(f"{self._w}{kind}Reference"):
            target = next((value for name, value in reference.items() if name.endswith("}id")), "")
            if target in self._related and target not in done:
                done.add(target)
                part = self._package.tree(self._related[target][1])
                text = "\n\n".join(text for _, text in self._blocks(part)) if part is not None else ""
                texts |= {text: None} if text.strip() else {}
        return list(texts)

    def _part(self, kind: str) -> Any | None:
        name = next((target for found, target in self._related.values() if found == kind), None)
        return self._package.tree(name) if name is not None else None

    def _notes_in(self, kind: str) -> dict[str, Any]:
        root = self._part(kind + "s")
        found = root.findall(self._w + kind) if root is not None else []
        # The others are the lines between text and notes.
        return {
            f"{kind} {one.get(self._w + 'id')}": one for one in found if one.get(self._w + "type") in {None, "normal"}
        }


def _name(element: Any) -> str:
    """Return an element's name; formulas have their own `t`."""
    if not isinstance(element.tag, str):
        return ""
    space, _, name = element.tag.rpartition("}")
    return f"m:{name}" if space.endswith("/math") else name


def _inside(parent: Any, name: str) -> list[Any]:
    """Return the rows of a table or the cells of a row, also those in a content control."""
    found = []
    for child in parent:
        if _name(child) == name:
            found.append(child)
        elif _name(child) in {"sdt", "sdtContent", "customXml", "ins"}:
            found += _inside(child, name)
    return found


def _alternative(element: Any) -> Any:
    """Return the first of several forms of the same thing: the newest, which all that is read here understands."""
    for child in element:
        if _name(child) == "Choice":
            return child
    return element[0] if len(element) else ()


def _symbol(code: str | None) -> str:
    """Return a character of a symbol font, where it is not one that only that font knows."""
    try:
        number = int(code or "", 16)
    except ValueError:
        return ""
    return "\ufffd" if 0xE000 <= number <= 0xF8FF or number > 0x10FFFF else chr(number)
