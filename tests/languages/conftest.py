import re

import pytest
from django.test import Client
from django.utils import translation

TEXT = re.compile(r">([^<>]+)<")
# Names, keys, addresses and what people have written.
NAMES = "Chatsite|Alice|alice|English|Deutsch|Français|Español|testserver|JSON|Markdown|PDF|Word"
NO_SENTENCE = re.compile(rf"{NAMES}|^A?[\W\d_]*$")


def bare(page: str) -> set[str]:
    """Return what a page of the bracketed language says outside of brackets."""
    body = re.sub(r"(?s)<(script|style|template|option|code|kbd)\b.*?</\1>", "", page)
    said = {text.strip() for text in TEXT.findall(re.sub("(?s)⟦.*?⟧", "⟦⟧", body))}
    return {text for text in said if text and "⟦" not in text and not NO_SENTENCE.search(text)}


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
            return f"⟦{message}⟧" if message else ""

        def ngettext(self, one, several, number):
            return f"⟦{one if number == 1 else several}⟧"

        def pgettext(self, context, message):
            return f"⟦{message}⟧"

    monkeypatch.setitem(real._translations, "de", Bracketed("de"))
