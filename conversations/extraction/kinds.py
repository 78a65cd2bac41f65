"""The table of files that can be read: by the extension of their name and by how their content begins."""

from dataclasses import dataclass
from pathlib import PurePath

from .extract import ExtractionError

# How much of a file's beginning is looked at.
HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is taken for; `pillow` is the one decoder that may open an image."""

    kind: str
    media_type: str
    pillow: str = ""


PDF = Format("pdf", "application/pdf")
DOCX = Format("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
PLAIN = Format("text", "text/plain")
IMAGES = {
    b"\x89PNG\r\n\x1a\n": Format("image", "image/png", "PNG"),
    b"\xff\xd8\xff": Format("image", "image/jpeg", "JPEG"),
    b"GIF87a": Format("image", "image/gif", "GIF"),
    b"GIF89a": Format("image", "image/gif", "GIF"),
}
WEBP = Format("image", "image/webp", "WEBP")

IMAGE_EXTENSIONS = ("png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif")
# As words, because a list would take a line for each.
CODE_EXTENSIONS = """
    asm awk bash bat bib c cc cfg cjs clj cmake cmd conf cpp cs css cxx d dart diff editorconfig el elm env erl ex
    exs fs gitignore go gql gradle graphql groovy h hbs hcl hh hpp hs htm html ics ini ipynb java jl js json5 jsonc
    jsonl jsx kt kts less lisp log lua m mjs ml mm ndjson nim nix org pas patch php pl plist pm po properties proto
    ps1 psm1 py pyi r rb rs rst s sass scala scm scss sh sol sql srt sty svelte swift tcl tex tf toml ts tsx v vb
    vbs vcf vhdl vim vtt vue xml xsd xsl xslt yaml yml zig zsh
""".split()  # noqa: SIM905
EXTENSIONS: dict[str, Format | str] = {
    **dict.fromkeys(IMAGE_EXTENSIONS, "image"),
    "pdf": PDF,
    "docx": DOCX,
    "txt": PLAIN,
    "text": PLAIN,
    "md": Format("text", "text/markdown"),
    "markdown": Format("text", "text/markdown"),
    "csv": Format("text", "text/csv"),
    "tsv": Format("text", "text/tab-separated-values"),
    "json": Format("text", "application/json"),
    **dict.fromkeys(CODE_EXTENSIONS, PLAIN),
}
# Files that are known by their whole name.
NAMES = {"dockerfile", "makefile", "gemfile", "rakefile", "procfile", "license", "readme", "changelog", "authors"}

# How files begin that are no text, whatever their name says.
NO_TEXT = (
    *IMAGES,
    b"%PDF-",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\x7fELF",
    b"MZ\x90",
    b"\x1f\x8b",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!\x1a\x07",
    b"II*\x00",
    b"MM\x00*",
    b"8BPS",
    b"OggS",
    b"ID3\x03",
    b"ID3\x04",
    b"SQLite format 3\x00",
)
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

NOT_WHAT_IT_SAYS = "The content of this file is not what its name says, or is of a kind that cannot be read here."


def format_of(name: str, head: bytes) -> Format:
    """Return what a file of this name that begins like this is read as; raise ExtractionError if it is not to be."""
    path = PurePath(name.replace("\\", "/").strip().lower())
    extension = path.suffix.removeprefix(".") or path.name.removeprefix(".")
    known = PLAIN if path.name in NAMES else EXTENSIONS.get(extension)
    if known is None:
        raise ExtractionError("unsupported_file")
    if not head:
        raise ExtractionError("empty")
    if isinstance(known, str):
        return _image(head)
    fits = {"pdf": b"%PDF-" in head, "docx": head.startswith(b"PK\x03\x04"), "text": not head.startswith(NO_TEXT)}
    if known is DOCX and head.startswith(COMPOUND_FILE):
        # Office wraps what it encrypts in a file of the old kind, which may also be an old document renamed.
        return known
    if not fits[known.kind]:
        raise ExtractionError("unsupported_file", NOT_WHAT_IT_SAYS)
    return known


def _image(head: bytes) -> Format:
    """Return the format of an image by its content: which of the four its name says does not matter."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    for start, found in IMAGES.items():
        if head.startswith(start):
            return found
    raise ExtractionError("unsupported_file", NOT_WHAT_IT_SAYS)
