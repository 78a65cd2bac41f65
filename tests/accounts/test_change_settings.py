"""The settings of an account: name, address, looks, where one is signed in, and the way out for good."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts import emails, people, suspension, tokens
from accounts.models import AuditEntry, BrowserSession, SignIn, User

from .conftest import PASSWORD
from .test_use_a_second_step import confirm, is_in

pytestmark = pytest.mark.django_db


def another_browser(person: User, **headers) -> Client:
    """Return another browser in which this person signed in through the page."""
    client = Client(REMOTE_ADDR="203.0.113.50", headers={"user-agent": "Netscape"} | headers)
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert is_in(client)
    return client


def new_password(*, user: User) -> None:
    people.change_password(user=user, password="another horse battery")


def link() -> str:
    """Return the path of the link in the last mail."""
    return re.search(r"https?://[^/]+(/accounts/email/confirm/\S+)", mail.outbox[-1].body)[1]


# -- Profile ----------------------------------------------------------------------------------------------------------


def test_the_name_is_changed_and_what_staff_see_is_said(browser, person):
    browser.post("/settings/", {"name": " Maya L. "})
    person.refresh_from_db()
    assert person.name == "Maya L."
    page = browser.get("/settings/").content.decode()
    assert "must give a reason" in page and "Maya L." in page
    bad = browser.post("/settings/", {"name": "a\u202eb"}).content.decode()
    assert "characters that cannot be seen" in bad


def test_looks_are_kept_and_shown(browser, person):
    browser.post("/settings/looks/", {"theme": "dark", "density": "compact"})
    assert '<html lang="en" data-theme="dark" data-density="compact">' in browser.get("/chat/").content.decode()
    assert browser.post("/settings/looks/", {"theme": "pink", "density": ""}).status_code == 200
    person.refresh_from_db()
    assert person.theme == "dark"


# -- The address ------------------------------------------------------------------------------------------------------


def test_another_address_needs_the_password_and_its_mail(browser, person, django_capture_on_commit_callbacks):
    assert browser.post("/settings/email/", {"email": "new@example.org"})["Location"].startswith("/accounts/reauth")
    confirm(browser)
    browser.post("/settings/email/", {"email": "New@Example.org"})
    person.refresh_from_db()
    assert person.email == "maya@example.org" and mail.outbox[-1].to == ["new@example.org"]
    assert "new@example.org" in browser.get("/settings/").content.decode()
    path = link()
    assert "new@example.org" in browser.get(path).content.decode()
    person.refresh_from_db()
    assert person.email == "maya@example.org"
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(path)
    person.refresh_from_db()
    assert person.email == "new@example.org"
    assert [(each.email, each.verified) for each in EmailAddress.objects.all()] == [("new@example.org", True)]
    assert mail.outbox[-1].to == ["maya@example.org"] and "new@example.org" in mail.outbox[-1].body
    assert AuditEntry.objects.filter(action="email.changed", whom_id=person.pk).count() == 1
    assert browser.post(path).status_code in {302, 404}


@pytest.mark.parametrize("email", ["", "x", "maya@example.org", "a" * 300 + "@example.org", "mäya@example.org"])
def test_what_is_no_other_address_is_refused(browser, person, email):
    confirm(browser)
    assert browser.post("/settings/email/", {"email": email}).status_code == 200
    assert mail.outbox == []


def test_nobody_learns_who_has_an_account(browser, person, make_person):
    other = make_person("taken@example.org")
    confirm(browser)
    answer = browser.post("/settings/email/", {"email": other.email})
    assert answer["Location"] == "/settings/" and mail.outbox == []


def test_an_address_that_somebody_took_meanwhile_stays_theirs(browser, person, make_person):
    confirm(browser)
    browser.post("/settings/email/", {"email": "wanted@example.org"})
    path = link()
    make_person("wanted@example.org")
    assert browser.post(path).status_code in {200, 302}
    person.refresh_from_db()
    assert person.email == "maya@example.org"


def test_an_address_that_was_given_up_has_no_link_any_more(browser, person):
    confirm(browser)
    browser.post("/settings/email/", {"email": "first@example.org"})
    path = link()
    browser.post("/settings/email/forget/")
    assert browser.post(path).status_code == 404
    assert User.objects.get().email == "maya@example.org"


def test_an_address_that_waits_lets_nobody_in(browser, person, make_person):
    make_person("taken@example.org")
    confirm(browser)
    for email in ("taken@example.org", "free@example.org"):
        browser.post("/settings/email/", {"email": email})
        stranger = Client()
        stranger.post("/accounts/login/", {"login": email, "password": PASSWORD})
        # The one who has it has the same password here, and is let in; the one who waits for it is not.
        found = stranger.get("/settings/").wsgi_request.user
        assert found.is_anonymous or found.email == email


def test_an_address_that_waits_costs_its_owner_nothing(browser, person, make_person, monkeypatch):
    other = make_person("taken@example.org")
    confirm(browser)
    browser.post("/settings/email/", {"email": other.email})
    looked_at = []
    check = User.check_password
    monkeypatch.setattr(User, "check_password", lambda self, raw: looked_at.append(self.email) or check(self, raw))
    Client().post("/accounts/login/", {"login": other.email, "password": "not the password"})
    assert looked_at == [other.email]


@pytest.mark.parametrize("end", [people.sign_out_everywhere, people.deactivate, suspension.suspend, new_password])
def test_an_address_that_waits_is_given_up_with_everything_that_lets_in(browser, person, end):
    confirm(browser)
    browser.post("/settings/email/", {"email": "thief@example.org"})
    path = link()
    end(user=person)
    assert Client().post(path).status_code == 404
    person.refresh_from_db()
    assert person.email == "maya@example.org"


def test_the_same_address_is_asked_for_twice_at_once(browser, person, monkeypatch):
    confirm(browser)

    def overtaken(*, user):
        EmailAddress.objects.create(user=user, email="new@example.org", primary=False, verified=False)

    monkeypatch.setattr(emails, "forget", overtaken)
    assert browser.post("/settings/email/", {"email": "new@example.org"})["Location"] == "/settings/"
    assert emails.waiting(user=person) == "new@example.org"


def test_mail_cannot_be_sent_without_end(browser, person):
    confirm(browser)
    for number in range(10):
        browser.post("/settings/email/", {"email": f"new{number}@example.org"})
    assert browser.post("/settings/email/", {"email": "one@example.org"}).status_code == 429
    assert len(mail.outbox) == 10


# -- Where one is signed in -------------------------------------------------------------------------------------------


def test_every_browser_and_program_is_listed(browser, person):
    another_browser(person)
    tokens.issue(user=person, client="curl/8")
    page = browser.get("/settings/security/").content.decode()
    assert "Netscape" in page and "203.0.113.50" in page and "curl/8" in page and "This browser" in page


def test_one_browser_is_signed_out(browser, person, revoked, django_capture_on_commit_callbacks):
    other = another_browser(person)
    row = BrowserSession.objects.get(client="Netscape")
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/settings/security/browsers/{row.pk}/end/")
    assert not is_in(other) and is_in(browser) and revoked[-1] == person.pk
    assert AuditEntry.objects.filter(action="sign_in.ended").count() == 1
    assert browser.post(f"/settings/security/browsers/{row.pk}/end/").status_code == 404


def test_one_program_is_signed_out(browser, person, program):
    program.sign_in(person.email)
    browser.post(f"/settings/security/programs/{SignIn.objects.get().pk}/end/")
    assert program.get("me").status_code == 401 and is_in(browser)


def test_everything_else_is_signed_out_and_this_browser_stays(browser, person, program):
    other = another_browser(person)
    program.sign_in(person.email)
    browser.post("/settings/security/others/end/")
    assert not is_in(other) and program.get("me").status_code == 401 and is_in(browser)
    page = browser.get("/settings/security/").content.decode()
    assert "This browser" in page and "Netscape" not in page


def test_a_change_of_the_password_takes_the_others_off_the_list(browser, person):
    another_browser(person)
    words = "another horse battery"
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": words, "password2": words})
    page = browser.get("/settings/security/").content.decode()
    assert "Netscape" not in page and page.count("This browser") == 1


def test_somebody_elses_browsers_are_not_there(browser, make_person):
    other = make_person()
    another_browser(other)
    theirs = BrowserSession.objects.get(user=other)
    assert browser.post(f"/settings/security/browsers/{theirs.pk}/end/").status_code == 404
    assert "Netscape" not in browser.get("/settings/security/").content.decode()


# -- The way out ------------------------------------------------------------------------------------------------------


def test_an_account_is_deleted_by_whoever_knows_its_password_and_means_it(browser, person, make_person):
    make_person("root@example.org", is_superuser=True)
    assert browser.post("/settings/delete/", {"email": person.email})["Location"].startswith("/accounts/reauth")
    confirm(browser)
    assert "exactly" in browser.post("/settings/delete/", {"email": "maya"}).content.decode()
    assert User.objects.filter(pk=person.pk).exists()
    browser.post("/settings/delete/", {"email": " Maya@example.org"})
    assert not User.objects.filter(pk=person.pk).exists() and not is_in(browser)
    assert AuditEntry.objects.filter(action="person.deleted", target_id=str(person.pk)).count() == 1


def test_the_only_administrator_stays(browser, person):
    person.is_superuser = True
    person.save()
    confirm(browser)
    answer = browser.post("/settings/delete/", {"email": person.email})
    assert (answer.status_code, "only administrator" in answer.content.decode()) == (409, True)
    assert is_in(browser)
