"""Somebody is kept out for a while: everything of theirs stays, and nothing lets them in."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts import credentials, keys, people, suspension, tokens
from accounts.errors import InvalidFields, UserSuspended
from accounts.models import AuditEntry, User
from conversations.models import Flag

pytestmark = pytest.mark.django_db
TOLD = "You wrote it three times."


@pytest.fixture
def person(db) -> User:
    return User.objects.create_user("person@example.org", "a long enough password")


def test_everything_that_let_them_in_is_refused_and_says_so(person):
    _, secret = keys.make(user=person, name="A script", scopes=["chat"])
    access = tokens.issue(user=person).access
    browser = Client()
    browser.force_login(person)
    held = [credentials.user_of_token(access), credentials.user_of_token(secret)]
    suspension.suspend(user=person, told=TOLD)
    assert credentials.still_valid(held) == set()
    for raw in (access, secret):
        with pytest.raises(UserSuspended) as refused:
            credentials.user_of_token(raw)
        assert refused.value.code == "user_suspended" and refused.value.detail.endswith(TOLD)
    answer = Client().get("/api/auth/me/", headers={"authorization": f"Bearer {access}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "user_suspended")
    assert browser.get("/chat/").status_code == 302
    entry = AuditEntry.objects.get(action="person.suspended")
    assert entry.whom_id == person.pk


def test_whoever_knows_the_password_is_told(person):
    suspension.suspend(user=person, told=TOLD)
    body = {"email": person.email, "password": "a long enough password"}
    answer = Client().post("/api/auth/login/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "user_suspended")
    page = (
        Client()
        .post("/accounts/login/", {"login": person.email, "password": "a long enough password"}, follow=True)
        .content.decode()
    )
    assert "suspended" in page and TOLD in page
    wrong = Client().post("/api/auth/login/", body | {"password": "wrong"}, content_type="application/json")
    assert wrong.json()["code"] == "wrong_credentials"


def test_when_it_is_lifted_keys_work_again_and_tokens_do_not(person):
    _, secret = keys.make(user=person, name="A script", scopes=["chat"])
    access = tokens.issue(user=person).access
    suspension.suspend(user=person)
    suspension.suspend(user=person, told="Again")
    assert AuditEntry.objects.filter(action="person.suspended").count() == 1
    suspension.lift(user=person)
    assert person.is_active and person.suspended_at is None
    assert credentials.user_of_token(secret).user == person
    with pytest.raises(Exception, match="not valid"):
        credentials.user_of_token(access)
    with pytest.raises(InvalidFields):
        suspension.lift(user=person)
    assert AuditEntry.objects.filter(action="person.let_in_again", whom_id=person.pk).count() == 1


def test_a_closed_account_is_not_opened_by_lifting(person):
    people.deactivate(user=person)
    with pytest.raises(InvalidFields):
        suspension.lift(user=person)
    suspension.suspend(user=person)
    person.refresh_from_db()
    assert not person.is_active and person.suspended_at is None


def test_an_account_that_is_closed_is_not_opened_by_lifting_its_suspension(person):
    suspension.suspend(user=person, told=TOLD)
    people.deactivate(user=person)
    with pytest.raises(InvalidFields):
        suspension.lift(user=person)
    person.refresh_from_db()
    assert (person.is_active, person.suspended_at, person.suspended_for) == (False, None, "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one lock for all")
def test_two_who_have_raised_a_flag_can_both_suspend(person):
    both = Barrier(2, timeout=20)

    def raised() -> None:
        try:
            with transaction.atomic():
                Flag.objects.create(user=person, severity="low", place="answer")
                both.wait()
                suspension.suspend(user=User.objects.get(pk=person.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(raised) for _ in range(2)]:
            each.result(timeout=30)
    assert AuditEntry.objects.filter(action="person.suspended").count() == 1
