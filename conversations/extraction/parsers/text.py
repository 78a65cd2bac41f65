"""Plain text, Markdown, tables and code, in whatever encoding: told apart by marks, by shape and by statistics."""

import codecs
import re
from typing import Any, BinaryIO

from .answer import Answer, Receipt, Refused
from .clean import MAX_CHARACTERS, Budget

SECTION_CHARACTERS = 4_000
# Enough to know a language by, and little enough to be done in a moment.
SAMPLE_BYTES = 16_000
# What is decoded: four times what is kept, for the encodings with the most bytes a character, and for what is removed.
READ_BYTES = 4 * 4 * MAX_CHARACTERS

# The longer marks first: that of UTF-16 is the beginning of that of UTF-32.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# More of these than one in a hundred, and it is no text.
BINARY = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\ufffd]")
WESTERN = set("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœ¡¿«»‹›“”„‘’‚–—…•€£§©®°·´\xa0ªº½¼²³µ×")
HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
FENCE = re.compile(r" {0,3}(```|~~~)")


def read(source: BinaryIO, job: dict[str, Any], answer: Answer) -> None:
    """Say the text in sections, with the encoding it was read in."""
    data = source.read(READ_BYTES)
    if data.count(0) == len(data):
        raise Refused("empty")
    text, encoding, guessed = decode(data)
    look = text[: 64 * 1024]
    if len(BINARY.findall(look)) > len(look) // 100:
        raise Refused("unsupported_file", "The content of this file is not text.")
    receipt = Receipt({"kind": "text", "engine": "", "encoding": encoding, "encoding_guessed": guessed})
    replaced = text.count("\ufffd")
    budget = Budget()
    text = budget.take(text)
    if not text.strip():
        raise Refused("empty", "There is no text in this file.")
    if guessed:
        receipt.facts["engine"] = _guesser()
        receipt.warn("guessed_encoding", f"The encoding is not stated in the file; it was read as {encoding}.")
    if replaced:
        receipt.warn("undecodable", f"{replaced:,} characters make no sense in {encoding} and were replaced by \ufffd.")
    budget.tell(receipt)
    answer.read(sections(text, headings=job["media_type"] == "text/markdown"), receipt)
    answer.end()


def decode(data: bytes) -> tuple[str, str, bool]:
    """Return the text, the name of its encoding, and whether that was guessed by statistics."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding, False
    if wide := _wide(data):
        return data.decode(wide, "replace"), wide, False
    # Before UTF-8, because its seven-bit codes are valid there as well.
    if b"\x1b$" in data or b"\x1b(" in data:
        try:
            return data.decode("iso2022_jp"), "iso2022-jp", False
        except UnicodeDecodeError:
            pass
    try:
        # What was cut off at the end of what was read is no error.
        text = codecs.getincrementaldecoder("utf-8")().decode(data, final=len(data) < READ_BYTES)
        return text, "ascii" if text.isascii() else "utf-8", False
    except UnicodeDecodeError as error:
        invalid = error.start
    if invalid > 200 and _mostly_utf8(data):
        return data.decode("utf-8", "replace"), "utf-8", False
    encoding = _guess(data)
    return data.decode(encoding, "replace"), encoding, True


def _wide(data: bytes) -> str:
    """Return the name of UTF-16 or UTF-32 without a mark, known by where its zero bytes stand, or nothing."""
    look = data[:4096]
    look = look[: len(look) // 4 * 4]
    if len(look) < 4:
        return ""
    quarter = len(look) // 4
    zeros = [look[place::4].count(0) for place in range(4)]
    if zeros[2] == zeros[3] == quarter and zeros[0] < quarter:
        return "utf-32-le"
    if zeros[0] == zeros[1] == quarter and zeros[3] < quarter:
        return "utf-32-be"
    # Spaces, digits, line ends and Latin letters have a zero in their upper byte, in every language some.
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    for name, upper, lower in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if upper > quarter // 25 and upper > 20 * lower:
            try:
                codecs.getincrementaldecoder(name)().decode(look)
            except UnicodeDecodeError:
                continue
            return name
    return ""


def _mostly_utf8(data: bytes) -> bool:
    """Return whether the text is UTF-8 with a few broken places, rather than something else."""
    look = data[: SAMPLE_BYTES * 4]
    text = look.decode("utf-8", "replace")
    good = sum(character > "\x7f" and character != "\ufffd" for character in text)
    return good > 20 * text.count("\ufffd")


def _guess(data: bytes) -> str:
    """Return the most probable encoding of bytes that do not say it."""
    # The surroundings of what is not ASCII say most: letters and signs of ASCII are the same almost everywhere.
    first = next((place for place, byte in enumerate(data) if byte > 0x7F), 0)
    start = data.rfind(b"\n", max(0, first - 200), first) + 1 or max(0, first - 200)
    sample = data[start : start + SAMPLE_BYTES]
    # In short texts statistics take these for their neighbours.
    if _is_western(sample.decode("cp1252", "replace")):
        return "cp1252"
    for japanese in ("euc_jp", "cp932"):
        if _is_japanese(sample.decode(japanese, "replace")):
            return japanese

    from charset_normalizer import from_bytes

    best = from_bytes(sample, threshold=0.5, enable_fallback=False).best()
    # Latin-1 reads every byte as something; whether that is text is looked at next.
    return best.encoding if best is not None else "latin-1"


def _is_western(text: str) -> bool:
    """Return whether a text has the letters of Western Europe where such a text has them: few, among plain ones."""
    special = [character for character in text if character > "\x7f"]
    if not special or not WESTERN.issuperset(special):
        return False
    # What Portuguese is without these is Hungarian in another encoding.
    hungarian = "õ" in special and not {"ã", "ç"} & set(special)
    return not hungarian and sum(map(str.isalpha, text)) >= 4 * sum(map(str.isalpha, special))


def _is_japanese(text: str) -> bool:
    special = [character for character in text if character > "\x7f"]
    kana = sum("\u3041" <= character <= "\u30ff" for character in special)
    return kana * 5 > len(special) and special.count("\ufffd") * 100 < len(special)


def _guesser() -> str:
    import charset_normalizer

    return f"charset-normalizer {charset_normalizer.__version__}"


def sections(text: str, *, headings: bool) -> list[tuple[str, int | None, str]]:
    """Return the text in pieces that make up the whole again: what stands under each heading, long ones in blocks."""
    found: list[tuple[str, int | None, str]] = []
    for heading, part in _under_headings(text) if headings else [("", text)]:
        found += [(block, None, heading) for block in blocks(part)]
    return found


def _under_headings(text: str) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    heading, start, at, fence = "", 0, 0, ""
    for line in text.splitlines(keepends=True):
        if opened := FENCE.match(line):
            fence = "" if fence == opened[1] else fence or opened[1]
        elif not fence and (found := HEADING.match(line.rstrip("\n"))):
            parts.append((heading, text[start:at]))
            heading, start = found[2][:200], at
        at += len(line)
    parts.append((heading, text[start:]))
    return [(name, part) for name, part in parts if part.strip()]


def blocks(text: str) -> list[str]:
    """Return the text in blocks of at most SECTION_CHARACTERS, ended after a paragraph or a line where there is one."""
    found = []
    start = 0
    while len(text) - start > SECTION_CHARACTERS:
        end = start + SECTION_CHARACTERS
        for mark in ("\n\n", "\n", " "):
            at = text.rfind(mark, start + SECTION_CHARACTERS // 2, end)
            if at >= 0:
                end = at + len(mark)
                break
        found.append(text[start:end])
        start = end
    return [*found, text[start:]]
