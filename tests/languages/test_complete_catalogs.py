"""Every sentence is there in every language, with the same gaps, and the product reads what people have translated."""

import gettext
import io
import re

import polib
import pytest

from .extract import LANGUAGES, ROOT, said_by_scripts, script_of

GAP = re.compile(r"%\((\w+)\)s|\{(\w+)\}|%%")


def catalog(language: str, name: str = "django") -> polib.POFile:
    return polib.pofile(str(ROOT / f"locale/{language}/LC_MESSAGES/{name}.po"))


def gaps(text: str) -> list[str]:
    return sorted(match.group() for match in GAP.finditer(text))


def test_there_are_catalogs_for_what_is_offered(settings):
    assert {code for code, _ in settings.LANGUAGES} == {"en", *LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["django", "scripts"])
def test_nothing_is_left_to_translate(language, name):
    found = catalog(language, name)
    assert [entry.msgid for entry in found.untranslated_entries()] == []
    assert [entry.msgid for entry in found.fuzzy_entries()] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["django", "scripts"])
def test_what_stands_in_a_gap_has_its_gap_in_each_language(language, name):
    wrong = []
    for entry in catalog(language, name):
        for said in [entry.msgstr, *entry.msgstr_plural.values()]:
            # {{topic}} is an example in a sentence, no gap.
            if said and gaps(said) != gaps(entry.msgid) and gaps(said) != gaps(entry.msgid_plural):
                wrong.append((entry.msgid, said))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_product_reads_what_was_translated(language):
    found = catalog(language)
    compiled = gettext.GNUTranslations(io.BytesIO((ROOT / f"locale/{language}/LC_MESSAGES/django.mo").read_bytes()))
    expected = gettext.GNUTranslations(io.BytesIO(found.to_binary()))
    assert compiled._catalog == expected._catalog


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scripts_have_all_their_words(language):
    found = catalog(language, "scripts")
    assert {entry.msgid for entry in found} == said_by_scripts()
    assert (ROOT / f"static/js/words/{language}.js").read_text() == script_of(found)
