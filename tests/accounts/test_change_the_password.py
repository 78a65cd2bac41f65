import pytest
from django.test import Client

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "a different long sentence"


def change(client, old=PASSWORD, new=NEW, again=NEW):
    return client.post("/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": again})


def test_the_new_password_works_and_the_old_one_does_not(browser, program, person):
    assert change(browser).status_code == 302
    assert program.post("login", {"email": person.email, "password": PASSWORD}).status_code == 401
    assert program.post("login", {"email": person.email, "password": NEW}).status_code == 200


def test_every_other_credential_dies_and_this_browser_stays(browser, program, person):
    elsewhere = Client()
    elsewhere.force_login(person)
    pair = program.sign_in(person.email)
    change(browser)
    assert program.get("me").status_code == 401
    assert program.post("refresh", {"refresh_token": pair["refresh_token"]}).status_code == 401
    assert elsewhere.get("/api/auth/me/").status_code == 401
    assert browser.get("/api/auth/me/").status_code == 200


def test_the_session_gets_a_new_key(browser):
    before = browser.session.session_key
    change(browser)
    assert browser.session.session_key != before


def test_a_change_is_announced(browser, person, revoked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        change(browser)
    assert revoked == [person.id]


def test_the_current_password_is_asked(browser, person):
    answer = change(browser, old="something else")
    assert answer.status_code == 200
    assert b"That is not your current password." in answer.content
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize("new", ["short", "maya@example.org", "x" * 2000, "hidden \u200b character"])
def test_a_weak_or_hidden_new_password_is_refused(browser, person, new):
    assert change(browser, new=new, again=new).status_code == 200
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_the_current_password_cannot_be_guessed_for_long(browser):
    for _ in range(10):
        assert change(browser, old="something else").status_code == 200
    answer = change(browser)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 300


def test_a_change_on_the_command_line_kills_tokens_and_sessions_as_well(browser, program, person):
    program.sign_in(person.email)
    person.set_password(NEW)
    person.save()
    assert program.get("me").status_code == 401
    assert browser.get("/api/auth/me/").status_code == 401


def test_strangers_are_sent_to_the_sign_in_page(client, db):
    answer = client.get("/accounts/password/change/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
