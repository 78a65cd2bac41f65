"""Arabic and Hebrew words the right way round: PDFium tells letters in the order in which a file draws them."""

import re

import pypdfium2

RIGHT_TO_LEFT = re.compile("[\u0591-\u07ff\u08a0-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]{2,}")


def words_in_order(looked: pypdfium2.PdfTextPage, text: str) -> tuple[str, bool]:
    """Return the text of a page, its words turned whose letters run to the right, and whether it had any to look at."""
    if not RIGHT_TO_LEFT.search(text):
        return text, False
    # Otherwise it cannot be said which letter stands where.
    if looked.count_chars() != len(text):
        return text, True

    def turned(found: re.Match[str]) -> str:
        first, last = (looked.get_charbox(place)[0] for place in (found.start(), found.end() - 1))
        return found[0][::-1] if first < last else found[0]

    return RIGHT_TO_LEFT.sub(turned, text), True
