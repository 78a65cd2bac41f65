import re

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from huey.contrib.djhuey import HUEY

from accounts import people

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "a different long sentence"


def ask(email: str, client: Client | None = None):
    return (client or Client()).post("/accounts/password/reset/", {"email": email})


def link_in(mailoutbox) -> str:
    return re.search(r"https?://[^/\s]+(/\S+)", mailoutbox[-1].body.split("Choose one here:")[1]).group(1)


def test_a_link_comes_by_mail_and_lets_choose_a_new_password(person, program, mailoutbox):
    assert ask(person.email).status_code == 302
    assert [message.to for message in mailoutbox] == [[person.email]]
    browser = Client()
    page = browser.get(link_in(mailoutbox), follow=True)
    assert b"Choose a new password" in page.content
    address = page.redirect_chain[-1][0]
    assert browser.post(address, {"password1": NEW, "password2": NEW}).status_code == 302
    assert program.post("login", {"email": person.email, "password": NEW}).status_code == 200


def test_a_reset_ends_every_session_and_token(person, browser, program, mailoutbox):
    program.sign_in(person.email)
    ask(person.email)
    stranger = Client()
    address = stranger.get(link_in(mailoutbox), follow=True).redirect_chain[-1][0]
    stranger.post(address, {"password1": NEW, "password2": NEW})
    assert program.get("me").status_code == 401
    assert browser.get("/api/auth/me/").status_code == 401


def test_a_link_works_once(person, mailoutbox):
    ask(person.email)
    link = link_in(mailoutbox)
    browser = Client()
    address = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(address, {"password1": NEW, "password2": NEW})
    assert b"This link no longer works" in Client().get(link, follow=True).content


def test_an_unknown_address_gets_the_same_page_and_no_mail(person, mailoutbox):
    known, unknown = ask(person.email), ask("nobody@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mailoutbox) == 1


def test_a_program_gets_202_and_the_same_words_either_way(person, program, mailoutbox):
    known, unknown = (
        program.post("password-reset", {"email": email}) for email in (person.email, "nobody@example.org")
    )
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.status_code == 202
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("email", ["maya@example.org", "nobody@example.org"])
def test_the_request_itself_neither_looks_the_address_up_nor_sends(person, program, mailoutbox, monkeypatch, email):
    queued = []
    monkeypatch.setattr(HUEY, "enqueue", queued.append)
    with CaptureQueriesContext(connection) as asked:
        assert program.post("password-reset", {"email": email}).status_code == 202
    # It is put into the ledger, in the same way for everybody.
    assert not [query for query in asked.captured_queries if "accounts_user" in query["sql"]]
    assert len(queued) == 1
    assert mailoutbox == []


def test_a_disabled_account_gets_no_mail(person, mailoutbox):
    people.deactivate(user=person)
    ask(person.email)
    assert mailoutbox == []


def test_nobody_can_be_flooded_with_mail(person, program, mailoutbox):
    statuses = [program.post("password-reset", {"email": person.email}).status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]
    assert ask(person.email).status_code == 429
    assert len(mailoutbox) == 5


def test_keys_cannot_be_guessed_for_long(person):
    browser = Client()
    for number in range(20):
        assert browser.get(f"/accounts/password/reset/key/{person.id.hex}-guess-{number}/").status_code == 200
    answer = browser.get(f"/accounts/password/reset/key/{person.id.hex}-guess/")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("who", ["1", "zz", "x" * 500, "00000000000000000000000000000000"])
def test_a_link_for_nobody_is_explained(db, who):
    answer = Client().get(f"/accounts/password/reset/key/{who}-some-key/")
    assert answer.status_code == 200
    assert b"This link no longer works" in answer.content


def test_the_link_leads_to_the_public_address(person, mailoutbox, settings):
    settings.PUBLIC_URL = "https://chat.example.org"
    ask(person.email)
    assert "https://chat.example.org/accounts/password/reset/key/" in mailoutbox[0].body


def test_a_foreign_host_name_is_refused(person, mailoutbox):
    assert ask(person.email, Client(headers={"host": "attacker.example"})).status_code == 400
    assert mailoutbox == []


def test_without_the_job_queue_people_are_asked_to_come_back(person, program, monkeypatch):
    def refuse(task):
        raise redis.ConnectionError("connection to /secret/path refused")

    monkeypatch.setattr(HUEY, "enqueue", refuse)
    answer, page = program.post("password-reset", {"email": person.email}), ask(person.email)
    for refused in (answer, page):
        assert refused.status_code == 503
        assert int(refused["Retry-After"]) > 0
        assert b"secret" not in refused.content
    assert answer.json()["code"] == "unavailable"


def test_the_old_password_works_until_a_new_one_is_chosen(person, program):
    ask(person.email)
    assert program.post("login", {"email": person.email, "password": PASSWORD}).status_code == 200
