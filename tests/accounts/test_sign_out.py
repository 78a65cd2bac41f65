import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import people, tokens
from accounts.models import SignIn

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_signing_out_kills_both_tokens_at_once(program, person):
    pair = program.sign_in(person.email)
    assert program.post("logout").status_code == 204
    assert program.get("me").json()["code"] == "token_not_valid"
    assert program.post("refresh", {"refresh_token": pair["refresh_token"]}).status_code == 401


def test_signing_out_leaves_other_sign_ins(program, person):
    other = tokens.issue(user=person)
    program.sign_in(person.email)
    program.post("logout")
    program.token = other.access
    assert program.get("me").status_code == 200


def test_signing_out_needs_a_credential(program):
    assert program.post("logout").status_code == 401


def test_a_refresh_token_sent_along_ends_its_sign_in_too(program, person):
    other = tokens.issue(user=person)
    program.sign_in(person.email)
    assert program.post("logout", {"refresh_token": other.refresh}).status_code == 204
    assert not SignIn.objects.alive().exists()


def test_the_refresh_token_of_somebody_else_ends_nothing_of_theirs(program, person, make_person):
    other = tokens.issue(user=make_person())
    program.sign_in(person.email)
    program.post("logout", {"refresh_token": other.refresh})
    assert SignIn.objects.alive().count() == 1


def test_signing_out_is_announced(program, person, revoked, django_capture_on_commit_callbacks):
    program.sign_in(person.email)
    with django_capture_on_commit_callbacks(execute=True):
        program.post("logout")
    assert revoked == [person.id]


def test_a_browser_signs_out_by_post_only(browser):
    assert b"Sign out?" in browser.get("/accounts/logout/").content
    assert browser.get("/api/auth/me/").status_code == 200
    assert browser.post("/accounts/logout/").status_code == 302
    assert browser.get("/api/auth/me/").status_code == 401


def test_a_browser_that_signs_out_is_announced(browser, person, revoked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/accounts/logout/")
    assert revoked == [person.id]


def test_signing_out_through_the_api_ends_the_session(browser):
    assert browser.post("/api/auth/logout/", content_type="application/json").status_code == 204
    assert not Session.objects.exists()


def test_signing_out_everywhere_ends_sessions_and_tokens(browser, program, person):
    program.sign_in(person.email)
    people.sign_out_everywhere(user=person)
    assert program.get("me").status_code == 401
    assert browser.get("/api/auth/me/").status_code == 401
    assert Client().post("/accounts/login/", {"login": person.email, "password": PASSWORD}).status_code == 302
