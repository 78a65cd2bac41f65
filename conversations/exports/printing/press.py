"""The process that sets a PDF: what it is told comes by standard input, what it made goes to standard output."""

import json
import os
import re
import sys

from parsers.limits import set_limits

# The type setter starts threads for its work, and one is enough for one document.
os.environ["RAYON_NUM_THREADS"] = "1"
FAILED = 3

# Scripts that the fonts which come with the type setter lack: which characters, and which fonts have them.
SCRIPTS = {
    "Chinese, Japanese or Korean": (
        "[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]",
        "CJK|Han |WenQuanYi|Fallback|Noto (Sans|Serif) (SC|TC|HK|JP|KR)|Gothic|Mincho|Ming|Hei|Song|Unifont|Nanum",
    ),
    "emoji": ("[\U0001f300-\U0001faff]", "Emoji|Symbola"),
    "Devanagari": ("[\u0900-\u097f]", "Devanagari|Lohit|Mangal|Unifont|FreeS"),
    "Thai": ("[\u0e00-\u0e7f]", "Thai|Loma|Garuda|Unifont|FreeS"),
}


def missing(text: str, families: list[str]) -> str:
    """Return in a sentence what of a text no font of this machine can show; empty if nothing."""
    names = "\n".join(families)
    lacking = [
        name
        for name, (characters, fonts) in SCRIPTS.items()
        if re.search(characters, text) and not re.search(fonts, names)
    ]
    return f"Some characters are missing here: the server has no font for {' and '.join(lacking)}." if lacking else ""


def main(told: str) -> None:
    """Set the document that is told, and leave without tidying up: everything is this process's own."""
    job = json.loads(told)
    # Loaded before the limits, and what no text can reach: the library itself and the template.
    import typst

    with open(job["template"], "rb") as file:
        template = file.read()
    set_limits(parent=job["parent"], cpu_seconds=job["cpu_seconds"], memory_bytes=job["memory_bytes"], threads=True)
    try:
        text = sys.stdin.read()
        inputs = {"told": text, "note": missing(text, typst.Fonts().families())}
        made = typst.compile(template, root=os.getcwd(), sys_inputs=inputs)  # type: ignore[type-var]
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:1000], file=sys.stderr)
        os._exit(FAILED)
    sys.stdout.buffer.write(made)
    sys.stdout.flush()
    os._exit(0)
