"""A text taken apart into sentences, in any language; code is none."""

import re
from collections.abc import Iterator

CODE = re.compile(r"(?ms)^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)")
# What Markdown puts before the words of a line.
LINE_MARKS = re.compile(r"^[\s>#|*+\-]*(?:\d{1,3}[.)]\s+)?")
# After a sign that ends a sentence, if what follows begins one; Chinese and Japanese have no space there.
BOUNDARY = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”»)\]]))\s+(?=[\"'“«(¿¡]*[^\W_a-z])|(?<=[。！？।؟])\s*")
# A point that ends no sentence: of a title, an initial or a German date.
NO_END = re.compile(r"(?:^|[\s(])(?:\w|\d{1,2}|dr|mr|mrs|ms|prof|st|nr|no|sr|sra|mme|bzw|ca|vgl|[ezi]\.\s?\w)\.$", re.I)
# Longer than anything that such a point ends.
END_CHARACTERS = 14
LETTER = re.compile(r"[^\W\d_]")


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text in their order, without line breaks and without code."""
    for line in CODE.sub("\n", text).splitlines():
        words = " ".join(LINE_MARKS.sub("", line).split())
        if not LETTER.search(words):
            continue
        begun: list[str] = []
        for part in BOUNDARY.split(words):
            begun.append(part)
            # Only its end: what was begun may be long, and is looked at once.
            if not part.endswith(".") or not NO_END.search(part[-END_CHARACTERS:]):
                yield " ".join(begun)
                begun.clear()
        if begun:
            yield " ".join(begun)
