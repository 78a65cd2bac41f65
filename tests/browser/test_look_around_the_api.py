"""The API as pages: read, send and see what is answered, under the policy of every other page."""

import json
import uuid

import pytest
from playwright.sync_api import expect

from .screen import too_wide
from .test_read_with_any_ability import examine

pytestmark = pytest.mark.browser


@pytest.fixture
def address(ada) -> str:
    """The address of an empty conversation of Ada's."""
    id = str(uuid.uuid4())
    with ada.client() as client:
        token = client.get("/api/conversations/", headers={"accept": "text/html"}).text
        token = token.partition('data-csrf="')[2].partition('"')[0]
        body = {"id": id, "title": "Ebb and flow"}
        client.post("/api/conversations/", json=body, headers={"x-csrftoken": token}).raise_for_status()
    return f"{ada.url}/api/conversations/{id}/"


def test_a_person_reads_and_changes(window, ada, address):
    page = window(ada).new_page()
    page.goto(f"{ada.url}/api/conversations/")
    page.get_by_role("link", name="Ebb and flow").first.click()
    expect(page).to_have_url(address)
    form = page.locator("form[data-call=PATCH]")
    form.locator("textarea").fill(json.dumps({"title": "Tides"}))
    form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_contain_text('"title": "Tides"')
    form.locator("textarea").fill(json.dumps({"owner": "me"}))
    form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_contain_text('"code": "unknown_field"')


def test_a_person_makes_and_deletes(window, ada, address):
    page = window(ada).new_page()
    page.goto(address)
    form = page.locator("form[data-call=DELETE]")
    form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_contain_text("204")
    page.reload()
    expect(page.locator("main")).to_contain_text('"code": "not_found"')


def test_it_has_no_barrier_and_fits_the_narrowest_window(window, ada, address):
    page = window(ada).new_page()
    page.goto(address)
    assert examine(page) == {}
    assert too_wide(page) <= 0
