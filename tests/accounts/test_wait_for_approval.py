"""A new account waits until staff let it in: meanwhile nothing does."""

import pytest
from django.core import mail
from django.test import Client

from accounts import approvals, credentials, keys, tokens
from accounts.errors import UserInactive, UserWaiting
from accounts.models import AuditEntry, SignupRequest, User

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "new@example.org"


@pytest.fixture
def root(make_person) -> User:
    return make_person("root@example.org", is_staff=True, is_superuser=True)


@pytest.fixture(autouse=True)
def _approval(settings):
    settings.SIGNUP = "approval"


@pytest.fixture
def waiting(root, program) -> SignupRequest:
    answer = program.post("signup", {"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (202, "user_waiting")
    return SignupRequest.objects.get()


def sign_in(email: str = EMAIL):
    return Client().post("/accounts/login/", {"login": email, "password": PASSWORD})


def test_the_first_account_does_not_wait(program):
    assert program.post("signup", {"email": EMAIL, "password": PASSWORD}).status_code == 201
    assert User.objects.get().is_superuser and not SignupRequest.objects.exists()


def test_the_page_says_calmly_that_one_has_to_wait(root, client):
    assert b"looks at each new account" in client.get("/accounts/signup/").content
    answer = client.post("/accounts/signup/", {"email": EMAIL, "password1": PASSWORD})
    assert answer.status_code == 202 and b"Almost there" in answer.content
    assert client.get("/chat/").status_code == 302
    assert b"Almost there" in sign_in().content
    assert not AuditEntry.objects.filter(action="sign_in").exists()


def test_nothing_lets_them_in_while_they_wait(waiting, program):
    body = {"email": EMAIL, "password": PASSWORD}
    refused = program.post("login", body)
    assert (refused.status_code, refused.json()["code"]) == (401, "user_waiting")
    access = tokens.issue(user=waiting.user).access
    with pytest.raises(UserWaiting):
        credentials.user_of_token(access)
    with pytest.raises(UserInactive):
        keys.make(user=waiting.user, name="A script", scopes=["read"])
    browser = Client()
    browser.force_login(waiting.user)
    assert browser.get("/chat/").status_code == 302
    wrong = program.post("login", body | {"password": "something else"})
    assert wrong.json()["code"] == "wrong_credentials"


def test_whoever_is_approved_is_told_and_comes_in(waiting, root, program, django_capture_on_commit_callbacks):
    browser = Client()
    browser.force_login(root)
    assert b"1 new account waits" in browser.get("/admin/").content
    assert b"Let them in" in browser.get(f"/admin/accounts/signuprequest/{waiting.pk}/change/").content
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/admin/accounts/signuprequest/{waiting.pk}/decide/", {"do": "approve"})
    assert mail.outbox[-1].to == [EMAIL] and "you can sign in now" in mail.outbox[-1].body
    assert sign_in().status_code == 302
    entry = AuditEntry.objects.get(action="sign_up.approved")
    assert (entry.actor_id, entry.whom_id) == (root.pk, waiting.user_id)
    assert b"new account" not in browser.get("/admin/").content


def test_whoever_is_refused_reads_why_and_can_be_let_in_after_all(waiting, root, program):
    browser = Client()
    browser.force_login(root)
    place = f"/admin/accounts/signuprequest/{waiting.pk}/decide/"
    browser.post(place, {"do": "refuse", "reason": " "})
    waiting.refresh_from_db()
    assert waiting.state == "waiting"
    browser.post(place, {"do": "refuse", "reason": "Not of this school."})
    answer = sign_in()
    assert answer.status_code == 403 and b"Not of this school." in answer.content
    refused = program.post("login", {"email": EMAIL, "password": PASSWORD}).json()
    assert refused["code"] == "user_refused" and "Not of this school." in refused["detail"]
    assert AuditEntry.objects.get(action="sign_up.refused").facts["reason"] == "Not of this school."
    waiting.refresh_from_db()
    approvals.approve(request=waiting, by=root)
    assert sign_in().status_code == 302


def test_the_box_of_the_account_itself_lets_nobody_in_around_the_queue(waiting, root):
    browser = Client()
    browser.force_login(root)
    browser.post(f"/admin/accounts/user/{waiting.user_id}/change/", {"email": EMAIL, "is_active": "on"})
    assert not User.objects.get(email=EMAIL).is_active


def test_whoever_may_only_look_decides_nothing(waiting, make_person):
    from django.contrib.auth.models import Permission

    looker = make_person("looker@example.org", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_signuprequest"))
    browser = Client()
    browser.force_login(looker)
    assert b"Let them in" not in browser.get(f"/admin/accounts/signuprequest/{waiting.pk}/change/").content
    place = f"/admin/accounts/signuprequest/{waiting.pk}/decide/"
    assert browser.post(place, {"do": "approve"}).status_code == 403
    browser.post("/admin/accounts/signuprequest/", {"action": "approve", "_selected_action": str(waiting.pk)})
    waiting.refresh_from_db()
    assert waiting.state == "waiting"
