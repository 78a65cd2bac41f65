import pytest
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import credentials, people, tokens
from accounts.credentials import of_request_session, still_valid, user_of_token
from accounts.errors import CredentialError
from accounts.models import SignIn, User

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(person):
    return user_of_token(tokens.issue(user=person).access)


@pytest.fixture
def session(browser, person):
    return of_request_session(browser.session, person)


def test_a_token_says_whose_it_is_and_of_which_sign_in(token, person):
    assert (token.user, token.kind, token.sign_in_id) == (person, "token", SignIn.objects.get().id)


def test_a_session_says_whose_it_is(session, browser, person):
    assert (session.user, session.kind, session.session_key) == (person, "session", browser.session.session_key)


def test_fresh_credentials_hold(token, session):
    assert still_valid([token, session]) == {token, session}


def test_nothing_asked_is_nothing_answered(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert still_valid([]) == set()


def test_after_a_sign_out_only_the_other_one_holds(token, session, browser):
    browser.post("/accounts/logout/")
    assert still_valid([token, session]) == {token}
    tokens.revoke(sign_in=SignIn.objects.get())
    assert still_valid([token, session]) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda person: people.deactivate(user=person),
        lambda person: people.change_password(user=person, password="another long sentence"),
        lambda person: people.sign_out_everywhere(user=person),
        lambda person: person.delete(),
        lambda person: User.objects.filter(id=person.id).update(is_active=False),
    ],
    ids=["disabled", "password changed", "signed out everywhere", "deleted", "disabled by hand"],
)
def test_after_a_change_none_holds(token, session, person, change):
    change(person)
    assert still_valid([token, session]) == set()


def test_an_open_connection_outlives_its_access_token_but_not_its_sign_in(token):
    assert still_valid([token]) == {token}
    SignIn.objects.update(expires_at=timezone.now())
    assert still_valid([token]) == set()


def test_a_session_holds_until_it_expires(session):
    Session.objects.update(expire_date=timezone.now())
    assert still_valid([session]) == set()


def test_being_let_in_again_does_not_revive_what_died(token, person):
    people.deactivate(user=person)
    User.objects.filter(id=person.id).update(is_active=True)
    assert still_valid([token]) == set()


def test_thousands_are_asked_in_three_queries(make_person, django_assert_max_num_queries):
    people_asked = User.objects.bulk_create(
        User(email=f"p{number}@example.org", password="x") for number in range(5000)
    )
    moment = timezone.now() + timezone.timedelta(days=1)
    sign_ins = SignIn.objects.bulk_create(
        SignIn(user=user, expires_at=moment, refresh_jti="x") for user in people_asked
    )
    asked = [
        credentials.Credential(user=user, kind="token", fingerprint=user.fingerprint, sign_in_id=sign_in.id)
        for user, sign_in in zip(people_asked, sign_ins, strict=True)
    ]
    asked += [
        credentials.Credential(user=user, kind="session", fingerprint=user.fingerprint, session_key=f"key{user.id.hex}")
        for user in people_asked
    ]
    with django_assert_max_num_queries(3):
        assert still_valid(asked) == set(asked[:5000])


def test_a_dead_token_says_why(person):
    access = tokens.issue(user=person).access
    people.deactivate(user=person)
    with pytest.raises(CredentialError) as refused:
        user_of_token(access)
    assert refused.value.code == "user_inactive"
    with pytest.raises(CredentialError) as refused:
        user_of_token("x")
    assert refused.value.code == "token_not_valid"


@pytest.mark.parametrize("change", [people.deactivate, people.sign_out_everywhere, tokens.revoke_all])
def test_a_death_is_announced_once_it_is_committed(person, revoked, change, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        change(user=person)
        assert revoked == []
    assert revoked == [person.id]


def test_requests_of_every_kind_lead_to_the_same_person(person):
    from django.contrib.auth.models import AnonymousUser

    from accounts.authentication import credential_of

    request = RequestFactory().get("/", headers={"authorization": f"Bearer {tokens.issue(user=person).access}"})
    request.user = AnonymousUser()
    assert credential_of(request).user == person
    browser = Client()
    browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    request = RequestFactory().get("/")
    request.user, request.session = person, browser.session
    assert still_valid([credential_of(request)])
