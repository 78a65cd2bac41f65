import re
from html import unescape

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

# What is read on a page, and what is read out or shown in a bubble or an empty field.
TEXT = re.compile(r">([^<>]+)<")
ATTRIBUTE = re.compile(
    r'\s(?:aria-(?:label|description|roledescription|valuetext)|title|placeholder|alt)="([^"]+)"'
    r'|<input[^>]*type="submit"[^>]*value="([^"]+)"'
    # Words that a script shows.
    r'|\sdata-[a-z-]+="([A-Z][^"]* [^"]+)"'
)
UNREAD = re.compile(r"(?s)<(script|style|template|code|kbd)\b.*?</\1>|<!--.*?-->")
# Names, keys, addresses and what people have written.
NAMES = (
    "Chatsite|Alice|alice(@example.org)?|English|Deutsch|Français|Español|testserver|JSON|Markdown|PDF|Word|SHA-256|[0-9a-f]{64}"
    r"|A secret [a-z.{}]+|(admin|chat|read): ⟦⟧|[Aa]rchive\.zip|#user-menu .*|\[data-sign-out\] button"
)
LETTERS = re.compile("[^\\W\\d_]{2}")


def bare(page: str, *, names: str = NAMES) -> set[str]:
    """Return what a page of the bracketed language says outside of brackets."""
    body = UNREAD.sub("", page).replace("⟦:⟧", "")
    body = re.sub("(?s)⟦.*?⟧", "⟦⟧", body)
    said = TEXT.findall(body) + ["".join(groups) for groups in ATTRIBUTE.findall(body)]
    known = re.compile(f"({names})( · Chatsite)?")
    found = {unescape(text).strip(" ›\n\xa0") for text in said}
    return {text for text in found if "⟦" not in text and LETTERS.search(text) and not known.fullmatch(text)}


@pytest.fixture(autouse=True)
def _no_language_is_left_behind():
    """Pages that are asked for in this thread leave their language in it."""
    yield
    translation.deactivate()


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture
def settled(browser, alice) -> Client:
    """Alice's browser, signed in."""
    browser.force_login(alice)
    return browser


@pytest.fixture(autouse=True)
def _plain_static_files(settings, tmp_path):
    """Pages name their style sheets without a build."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def in_brackets(monkeypatch):
    """Speak a language in which every sentence that can be translated stands in brackets."""
    real = translation.trans_real

    class Bracketed(real.DjangoTranslation):
        def gettext(self, message):
            # What it is said of stands before it.
            return f"⟦{message.rpartition(CONTEXT_SEPARATOR)[2]}⟧" if message else ""

        def ngettext(self, one, several, number):
            return f"⟦{one if number == 1 else several}⟧"

    monkeypatch.setitem(real._translations, "de", Bracketed("de"))
