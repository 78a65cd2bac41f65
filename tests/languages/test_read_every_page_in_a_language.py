"""No page of the site says a word that cannot be translated, whatever is sent to it."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.pages.conftest import talk  # noqa: F401
from tests.schema.conftest import one_connection, things, visitors  # noqa: F401
from tests.schema.routes import ACCOUNT_PAGES, ROUTES
from tests.schema.test_everything_has_an_owner import names_in

from .conftest import bare

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection", "in_brackets")]

# What the API is like is told in English.
PROGRAMS = ("api_", "v1_", "schema", "health")
# They end what the others are asked with.
LAST = {"account_logout", "settings_delete", "settings_others_end"}
GIVEN = {"secret": "x", "uidb36": "1", "key": "x-y", "pk": "1"}


def addresses(things) -> dict[str, str]:  # noqa: F811
    """Return the address of every page and every form, by its name."""
    known = things.fill(set(things.__slots__)) | GIVEN
    names = [name for name in [*ROUTES, *sorted(ACCOUNT_PAGES)] if not name.startswith(PROGRAMS)]
    names.sort(key=lambda name: name in LAST)
    return {name: reverse(name, kwargs={each: known[each] for each in names_in(name)}) for name in names}


def said(client: Client, address: str, *, form: bool) -> set[str]:
    """Return what is told in English by a page, or by a form that is sent with nothing right in it."""
    answer = client.post(address, {"text": "", "name": "x" * 300}, follow=True) if form else client.get(address)
    is_page = not answer.streaming and answer["Content-Type"].startswith("text/html")
    return bare(answer.content.decode()) if is_page else set()


@pytest.mark.parametrize("visitor", ["owner", "nobody"])
@pytest.mark.parametrize("form", [False, True])
def test_no_page_says_a_word_that_cannot_be_translated(visitor, form, visitors, things):  # noqa: F811
    client, found = visitors[visitor], {}
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    for name, address in addresses(things).items():
        if name == "set_language":
            continue
        for text in said(client, address, form=form):
            found.setdefault(text, address)
    assert found == {}


def test_no_error_of_the_api_is_told_in_words_that_cannot_be_translated(visitors, things):  # noqa: F811
    found, asked = {}, 0
    visitors["owner"].defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    for name in (name for name in ROUTES if name.startswith("api_") and name != "api_logout"):
        address = reverse(name, kwargs=things.fill(names_in(name)))
        for body in ({}, {"nothing": "like this"}, []):
            answer = visitors["owner"].post(address, body, content_type="application/json")
            if answer.status_code >= 400 and answer["Content-Type"] == "application/json":
                asked += 1
                if "⟦" not in (detail := answer.json()["detail"]):
                    found[detail] = address
    assert found == {}
    assert asked > 100
