"""The API as pages, for a person who is signed in and looks around."""

import json

import pytest
from django.test import Client

from conversations.models import Conversation

pytestmark = pytest.mark.django_db

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages name their style sheets without a build."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


@pytest.fixture
def browser(alice) -> Client:
    """Alice's browser; it is asked for the token of its page as in earnest."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers=BROWSER)
    client.force_login(alice)
    return client


def test_an_answer_is_shown_with_the_ways_on(browser, talk):
    page = browser.get("/api/conversations/").content.decode()
    assert f'href="http://testserver/api/conversations/{talk.conversation_id}/"' in page
    assert "What is a tide?" in page
    assert 'data-call="POST"' in page
    detail = browser.get(f"/api/conversations/{talk.conversation_id}/").content.decode()
    assert 'data-call="PATCH"' in detail
    assert "title, model, instructions, mode, parameters, pinned, archived, tags, leaf" in detail
    assert 'data-call="DELETE"' in detail


@pytest.mark.parametrize(
    "path", ["chat/models/", "chat/history/{conversation}/", "turns/{turn}/", "search/?q=tide", "usage/"]
)
def test_every_address_can_be_looked_at(browser, talk, path):
    answer = browser.get("/api/" + path.format(conversation=talk.conversation_id, turn=talk.pk))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"


def test_where_one_only_sends_there_is_the_form_for_it(browser, talk):
    answer = browser.get(f"/api/conversations/{talk.conversation_id}/turns/")
    assert answer.status_code == 405
    assert "&quot;text&quot;: &quot;&quot;" in answer.content.decode()


def test_errors_are_told_in_the_same_shape(browser, talk):
    page = browser.get("/api/conversations/?pinned=perhaps").content.decode()
    assert "&quot;code&quot;: &quot;invalid&quot;" in page
    assert "request_id" in page


def test_words_of_a_model_are_text_in_it(browser, talk):
    talk.messages.filter(role="assistant").update(text="<script>alert(1)</script>")
    page = browser.get(f"/api/conversations/{talk.conversation_id}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_may_send_with_its_token_and_nobody_without(browser, talk):
    address = f"/api/conversations/{talk.conversation_id}/"
    page = browser.get(address).content.decode()
    token = page.partition('data-csrf="')[2].partition('"')[0]
    body = json.dumps({"title": "Ebb"})
    refused = browser.patch(address, body, content_type="application/json", headers={"accept": "application/json"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf_failed"
    taken = browser.patch(address, body, content_type="application/json", headers={"x-csrftoken": token})
    assert taken.status_code == 200
    assert Conversation.objects.get().title == "Ebb"


def test_whoever_is_not_signed_in_is_told_where_to(talk):
    answer = Client().get("/api/conversations/", headers=BROWSER)
    assert answer.status_code == 401
    page = answer.content.decode()
    assert "not_authenticated" in page
    assert "/accounts/login/?next=/api/conversations/" in page
    assert str(talk.conversation_id) not in page


def test_what_is_known_already_is_not_sent_again(browser, talk):
    address = f"/api/conversations/{talk.conversation_id}/"
    answer = browser.get(address, headers={"if-none-match": browser.get(address)["ETag"]})
    assert answer.status_code == 304
    assert answer.content == b""


def test_programs_get_json_whatever_else_they_take(browser, talk):
    for accept in ("*/*", "application/json", "application/json, text/html", "application/*"):
        answer = browser.get("/api/conversations/", headers={"accept": accept})
        assert answer["Content-Type"] == "application/json"


def test_a_form_that_cannot_be_answered_in_is_named(browser):
    answer = browser.get("/api/conversations/", headers={"accept": "image/png"})
    assert answer.status_code == 406
    assert answer.json()["code"] == "not_acceptable"
