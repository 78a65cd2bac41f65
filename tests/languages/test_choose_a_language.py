"""In which language one is spoken to: what the person chose, else the cookie, else what the browser asks for."""

import pytest
from django.utils import translation

from chatsite import languages

pytestmark = pytest.mark.django_db


def told(answer) -> str:
    """Return the language a page is in, which its header says too."""
    language = answer.content.decode().partition('<html lang="')[2].partition('"')[0]
    assert language == answer["Content-Language"]
    return language


def test_the_browser_says_which_language_its_reader_reads(browser):
    assert told(browser.get("/")) == "en"
    assert told(browser.get("/", headers={"Accept-Language": "tlh, fr-CA;q=0.9, de;q=0.8"})) == "fr"
    assert told(browser.get("/", headers={"Accept-Language": "x" * 9000 + ";q=zz,,;"})) == "en"


def test_who_reads_none_of_them_gets_that_of_the_site(browser, settings):
    settings.LANGUAGE_CODE = "es"
    assert told(browser.get("/", headers={"Accept-Language": "tlh"})) == "es"


def test_a_choice_without_an_account_is_kept_in_a_cookie(browser):
    answer = browser.post("/preferences/language/", {"language": "de", "next": "/accounts/login/?next=/chat/"})
    assert answer["Location"] == "/accounts/login/?next=/chat/"
    assert told(browser.get("/", headers={"Accept-Language": "fr"})) == "de"
    assert 'value="de" lang="de" aria-current="true"' in browser.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("fields", [{"language": "tlh"}, {"language": "../x"}, {}])
def test_a_language_that_is_not_offered_changes_nothing(browser, fields):
    browser.post("/preferences/language/", {"next": "https://evil.example/", **fields})
    assert told(browser.get("/")) == "en"


def test_one_is_never_sent_to_another_site(browser):
    answer = browser.post("/preferences/language/", {"language": "de", "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_what_a_person_has_chosen_counts_before_everything_else(settled, alice):
    settled.cookies["language"] = "fr"
    assert told(settled.get("/chat/", headers={"Accept-Language": "es"})) == "fr"
    answer = settled.post("/settings/looks/", {"theme": "", "density": "", "language": "de"})
    assert answer.status_code == 302
    assert told(settled.get("/chat/", headers={"Accept-Language": "es"})) == "de"
    assert settled.post("/settings/looks/", {"theme": "", "density": "", "language": "tlh"}).status_code == 200
    alice.refresh_from_db()
    assert alice.language == "de"
    settled.post("/settings/looks/", {"theme": "", "density": "", "language": ""})
    assert told(settled.get("/chat/", headers={"Accept-Language": "es"})) == "fr"


def test_a_language_that_is_offered_no_more_is_as_none(settled, alice, settings):
    alice.language = "de"
    alice.save()
    settings.LANGUAGES = [("en", "English"), ("fr", "Français")]
    translation.trans_real.get_languages.cache_clear()
    try:
        assert told(settled.get("/chat/", headers={"Accept-Language": "fr"})) == "fr"
        assert languages.of_person(alice) == "en"
    finally:
        del settings.LANGUAGES
        translation.trans_real.get_languages.cache_clear()


def test_pages_of_different_languages_are_not_taken_for_each_other(browser):
    varies = {name.strip().lower() for name in browser.get("/")["Vary"].split(",")}
    assert {"cookie", "accept-language"} <= varies


def test_a_language_that_is_read_from_right_to_left_turns_the_page(browser, settings):
    settings.LANGUAGES = languages.named(["en", "ar"])
    translation.trans_real.get_languages.cache_clear()
    try:
        page = browser.get("/", headers={"Accept-Language": "ar"}).content.decode()
    finally:
        del settings.LANGUAGES
        translation.trans_real.get_languages.cache_clear()
    assert '<html lang="ar" dir="rtl"' in page
    assert "العربيّة" in page
