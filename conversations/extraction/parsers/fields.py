"""What lies on the pages of a PDF: form fields, which are read, and notes, which are not."""

from typing import Any

import pypdf

from .answer import Receipt, counted

# What lies on pages without saying anything.
SILENT = {"/Link", "/Popup", "/Widget"}
MAX_DEPTH = 20
MAX_ON_PAGE = 5_000


class Fields:
    """Reads the fields page by page and counts what it leaves out."""

    def __init__(self, document: pypdf.PdfReader):
        form = document.root_object.get("/AcroForm")
        form = form.get_object() if form is not None else None
        self._is_xfa = isinstance(form, dict) and "/XFA" in form
        self._fields = self._notes = 0

    def on_page(self, page: pypdf.PageObject) -> list[str]:
        """Return the filled-in fields of a page as lines such as "Name: Ada"."""
        placed = page.get("/Annots")
        placed = placed.get_object() if placed is not None else None
        if not isinstance(placed, list):
            return []
        lines = []
        for reference in placed[:MAX_ON_PAGE]:
            one = reference.get_object()
            if not isinstance(one, dict):
                continue
            if one.get("/Subtype") == "/Widget":
                name, value = _filled(one)
                if value:
                    lines.append(f"{name}: {value}" if name else value)
            elif one.get("/Subtype") not in SILENT:
                self._notes += 1
        self._fields += len(lines)
        return lines

    def tell(self, receipt: Receipt) -> None:
        """Warn of what stands in fields and notes."""
        if self._fields:
            receipt.warn("form_fields", f"{counted(self._fields, 'form field')} read after the text of the page.")
        if self._is_xfa:
            receipt.warn("xfa_form", "This is a form of a kind (XFA) that may show more than was read.")
        if self._notes:
            receipt.warn("notes", f"{counted(self._notes, 'note or drawing')} put on the pages afterwards: not read.")


def _filled(field: Any) -> tuple[str, str]:
    """Return the name and value of a form field; both may be kept in a field above it."""
    names: list[str] = []
    value = None
    for _ in range(MAX_DEPTH):
        if "/T" in field:
            names.insert(0, str(field["/T"]))
        if value is None and "/V" in field:
            value = field["/V"]
        above = field.get("/Parent")
        above = above.get_object() if above is not None else None
        if not isinstance(above, dict):
            break
        field = above
    if value is None or value == "/Off" or hasattr(value, "get_data"):
        return "", ""
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return ".".join(names), str(value).removeprefix("/").strip()
