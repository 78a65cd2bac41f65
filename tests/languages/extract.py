"""Brings `locale/` up to what the templates, the code and the scripts say: `make messages`. Needs GNU gettext.

Run it, fill in what is empty in the .po files, and run it again: the .mo files, which the product reads, follow.
"""

import json
import os
import re
from pathlib import Path

import django
import polib
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent.parent
LANGUAGES = sorted(path.name for path in (ROOT / "locale").iterdir() if path.is_dir())
# What is no page of the product, or says nothing to people.
IGNORED = ["tests/*", "benchmarks/*", "var/*", ".venv/*", "static/vendor/*"]

SAID = re.compile(r'\bt\(("(?:[^"\\\\]|\\\\.)*")')


def main() -> None:
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    options = {"locale": LANGUAGES, "ignore_patterns": IGNORED, "no_obsolete": True, "no_location": True}
    call_command("makemessages", **options)
    for language in LANGUAGES:
        update_scripts(ROOT / f"locale/{language}/LC_MESSAGES/scripts.po")
    for path in sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po")):
        catalog = polib.pofile(str(path), wrapwidth=118)
        # When it was made says nothing, and would change the file each time.
        for name in (
            "POT-Creation-Date",
            "PO-Revision-Date",
            "Last-Translator",
            "Language-Team",
            "Report-Msgid-Bugs-To",
        ):
            catalog.metadata.pop(name, None)
        catalog.header = ""
        catalog.metadata_is_fuzzy = False
        catalog.save()
        catalog.save_as_mofile(str(path.with_suffix(".mo")))
        missing = len(catalog.untranslated_entries()) + len(catalog.fuzzy_entries())
        print(f"{path.relative_to(ROOT)}: {len(catalog)} sentences, {missing} to translate")


def said_by_scripts() -> set[str]:
    """Return every sentence that a script gives to `t`."""
    texts = (path.read_text() for path in (ROOT / "static/js").glob("*.js"))
    return {json.loads(found) for text in texts for found in SAID.findall(text)}


def update_scripts(path: Path) -> None:
    """Bring the catalog of the scripts up to what they say, and write it as a script beside them."""
    before = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))} if path.exists() else {}
    catalog = polib.POFile(wrapwidth=118)
    catalog.metadata = {"Language": path.parts[-3], "MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8"}
    catalog.extend(polib.POEntry(msgid=text, msgstr=before.get(text, "")) for text in sorted(said_by_scripts()))
    catalog.save(str(path))
    script = ROOT / f"static/js/words/{path.parts[-3]}.js"
    script.parent.mkdir(exist_ok=True)
    script.write_text(script_of(catalog))
    print(f"{path.relative_to(ROOT)}: {len(catalog)} sentences, {len(catalog.untranslated_entries())} to translate")


def script_of(catalog: polib.POFile) -> str:
    """Return the script that a page in the catalog's language brings."""
    words = {entry.msgid: entry.msgstr for entry in catalog if entry.msgstr}
    return f"globalThis.words = {json.dumps(words, ensure_ascii=False, indent=0)};\n"


if __name__ == "__main__":
    main()
