"""Whoever owns an account reads in a mail what was changed about the ways into it."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts import jobs, people
from accounts.errors import QueueUnavailable

from .conftest import PASSWORD
from .second_step import App, code
from .test_use_a_second_step import confirm, enter_code, enter_password

pytestmark = pytest.mark.django_db
WORDS = "another horse battery"


@pytest.fixture
def told(django_capture_on_commit_callbacks):
    """Do something, and return the mails that were sent: whom to, and what each says first."""

    def told(work) -> list[tuple[str, str]]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            work()
        return [(sent.to[0], sent.subject) for sent in mail.outbox]

    return told


def test_a_new_password(browser, person, told):
    form = {"oldpassword": PASSWORD, "password1": WORDS, "password2": WORDS}
    sent = told(lambda: browser.post("/accounts/password/change/", form, REMOTE_ADDR="203.0.113.7"))
    assert sent == [("maya@example.org", "The password of your account was changed")]
    assert "203.0.113.7" in mail.outbox[0].body and "administrator" not in mail.outbox[0].body
    assert WORDS not in mail.outbox[0].body


def test_a_new_password_by_an_administrator(person, make_person, told):
    root = Client(REMOTE_ADDR="203.0.113.8")
    root.force_login(make_person("root@example.org", is_staff=True, is_superuser=True))
    form = {"password1": WORDS, "password2": WORDS}
    sent = told(lambda: root.post(f"/admin/accounts/user/{person.pk}/password/", form))
    assert [to for to, _ in sent] == ["maya@example.org"]
    assert "An administrator did this" in mail.outbox[0].body and "203.0.113.8" not in mail.outbox[0].body


def test_an_app_that_is_set_up_and_turned_off(browser, person, told):
    confirm(browser)
    browser.get("/settings/security/app/")
    secret = browser.session["mfa.totp.secret"]
    sent = told(lambda: browser.post("/settings/security/app/", {"code": code(secret)}))
    assert [words for _, words in sent] == [
        "An authenticator app was set up for your account",
        "Recovery codes were made for your account",
    ]
    sent = told(lambda: browser.post("/settings/security/app/off/"))
    assert sent == [("maya@example.org", "The authenticator app of your account was turned off")]


def test_a_passkey_that_an_administrator_takes_off(person, make_person, told):
    theirs = Authenticator.objects.create(user=person, type="webauthn", data={"name": "x", "credential": {}})
    root = Client()
    root.force_login(make_person("root@example.org", is_staff=True, is_superuser=True))
    sent = told(lambda: root.post(f"/admin/mfa/authenticator/{theirs.pk}/delete/", {"post": "yes"}))
    assert sent == [("maya@example.org", "A passkey of your account was removed")]


def test_a_recovery_code_that_is_used(person, told):
    app, stranger = App(person), Client()
    enter_password(stranger)
    sent = told(lambda: enter_code(stranger, app.recovery_codes[0]))
    assert sent == [("maya@example.org", "A recovery code of your account was used, and 9 are left")]


def test_nothing_of_what_goes_with_an_account(person, told):
    App(person)
    assert told(lambda: people.delete(user=person)) == []


def test_what_was_changed_stands_where_no_mail_can_be_sent(browser, person, told, monkeypatch):
    def fail(**fields):
        raise QueueUnavailable

    monkeypatch.setattr(jobs, "queue_mail", fail)
    form = {"oldpassword": PASSWORD, "password1": WORDS, "password2": WORDS}
    assert told(lambda: browser.post("/accounts/password/change/", form)) == []
    person.refresh_from_db()
    assert person.check_password(WORDS)
