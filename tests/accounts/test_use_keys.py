"""Come in with an API key, and do with it what its scopes say."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.views import APIView

from accounts import credentials, keys, people, tokens
from accounts.credentials import still_valid, user_of_token
from accounts.errors import CredentialError, InsufficientScope, UserInactive
from accounts.models import ApiKey, User
from accounts.models.api_key import SCOPES
from accounts.permissions import ScopeAllows, require_scope, scope_needed

from .conftest import Program

pytestmark = pytest.mark.django_db

EVERYTHING = tuple(SCOPES)


@pytest.fixture
def make_key(person):
    """Make a key of `person`: `make_key("read", expires_at=...)`."""

    def make(*scopes: str, **more) -> tuple[ApiKey, str]:
        return keys.make(user=person, name="Test", scopes=scopes or EVERYTHING, **more)

    return make


@pytest.fixture
def key(make_key) -> ApiKey:
    """A key that may do everything, which `holder` holds."""
    return make_key()[0]


@pytest.fixture
def holder(make_key):
    """Return a program that holds a new key with these scopes: `holder("read")`."""

    def hold(*scopes: str) -> Program:
        program = Program()
        program.token = make_key(*scopes)[1]
        return program

    return hold


def refusal(secret: str) -> tuple[int, dict]:
    answer = Client().get("/api/auth/me/", headers={"authorization": f"Bearer {secret}"})
    return answer.status_code, {**answer.json(), "request_id": ""}


# -- Coming in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_a_key_comes_in_either_header(make_key, person, header):
    _, secret = make_key("read")
    sent = f"Bearer {secret}" if header == "authorization" else secret
    answer = Client().get("/api/auth/me/", headers={header: sent})
    assert answer.json()["user"]["id"] == str(person.id)


def test_a_key_in_both_headers_is_ambiguous(make_key):
    _, secret = make_key()
    answer = Client().get("/api/auth/me/", headers={"authorization": f"Bearer {secret}", "x-api-key": secret})
    assert (answer.status_code, answer.json()["code"]) == (400, "ambiguous_credentials")


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_a_key_beside_a_session_is_ambiguous(browser, make_key, header):
    _, secret = make_key()
    sent = f"Bearer {secret}" if header == "authorization" else secret
    answer = browser.get("/api/auth/me/", headers={header: sent})
    assert (answer.status_code, answer.json()["code"]) == (400, "ambiguous_credentials")


def test_unknown_revoked_expired_and_broken_keys_are_all_alike(make_key):
    revoked, revoked_secret = make_key()
    keys.revoke(key=revoked)
    expired, expired_secret = make_key()
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    _, living = make_key()
    unknown = living[:-1] + ("a" if living[-1] != "a" else "b")
    told = [refusal(secret) for secret in (revoked_secret, expired_secret, unknown, "cs_", "cs_x" + "y" * 5000)]
    assert told[0][0] == 401
    assert told[0][1]["code"] == "token_not_valid"
    assert all(other == told[0] for other in told)


@pytest.mark.parametrize(
    "change",
    [str.upper, str.lower, lambda secret: secret[:-1], lambda secret: secret + "a", lambda secret: secret + "\n"],
    ids=["upper", "lower", "shorter", "longer", "with a line end"],
)
def test_a_key_is_taken_to_the_letter(make_key, change):
    _, secret = make_key()
    with pytest.raises(CredentialError):
        user_of_token(change(secret))


@pytest.mark.parametrize("raw", ["cs_\x00", "cs_\ud83d", "cs_é", "cs_" + "é" * 52, "cs_' OR 1=1 --", "cs_%00"])
def test_garbage_that_begins_like_a_key_is_refused(raw):
    with pytest.raises(CredentialError):
        user_of_token(raw)


def test_the_digest_of_a_key_is_no_key(make_key):
    key, _ = make_key()
    assert refusal(f"{key.prefix}_{key.digest[:43]}")[0] == 401


def test_revoking_takes_effect_at_once(make_key):
    key, secret = make_key()
    assert refusal(secret)[0] == 200
    keys.revoke(key=key)
    assert refusal(secret)[0] == 401


def test_a_key_may_revoke_itself(make_key):
    key, secret = make_key("admin")
    program = Program()
    program.token = secret
    assert program.send("delete", f"keys/{key.id}").status_code == 204
    assert program.get("keys").status_code == 401


def test_a_key_works_until_it_expires(make_key):
    key, secret = make_key(expires_at=timezone.now() + timedelta(hours=1))
    assert refusal(secret)[0] == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(microseconds=1))
    assert refusal(secret)[0] == 401


@pytest.mark.parametrize(
    "change",
    [lambda person: people.deactivate(user=person), lambda person: User.objects.update(is_active=False)],
    ids=["disabled", "disabled by hand"],
)
def test_the_key_of_a_disabled_person_says_so(make_key, person, change):
    _, secret = make_key()
    change(person)
    status, body = refusal(secret)
    assert (status, body["code"]) == (401, "user_inactive")


def test_being_let_in_again_revives_no_key(make_key, person):
    _, secret = make_key()
    people.deactivate(user=person)
    User.objects.update(is_active=True)
    assert refusal(secret)[0] == 401


def test_a_disabled_person_makes_no_more_keys(make_key, person):
    people.deactivate(user=person)
    with pytest.raises(UserInactive):
        make_key()
    assert not ApiKey.objects.exists()


def test_the_key_of_a_deleted_person_is_gone(make_key, person):
    _, secret = make_key()
    person.delete()
    assert refusal(secret)[1]["code"] == "token_not_valid"


@pytest.mark.parametrize(
    "change",
    [
        lambda person: people.change_password(user=person, password="another long sentence"),
        lambda person: people.sign_out_everywhere(user=person),
        lambda person: tokens.revoke_all(user=person),
    ],
    ids=["password changed", "signed out everywhere", "tokens ended"],
)
def test_a_key_outlives_every_sign_in(make_key, person, change):
    _, secret = make_key()
    credential = user_of_token(secret)
    change(person)
    assert refusal(secret)[0] == 200
    assert still_valid([credential]) == {credential}


def test_the_last_use_is_noted_at_most_once_a_minute(make_key, django_assert_num_queries):
    key, secret = make_key()
    before = timezone.now()
    user_of_token(secret)
    first = ApiKey.objects.get().last_used_at
    assert before <= first <= timezone.now()
    with django_assert_num_queries(1):
        user_of_token(secret)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=keys.LAST_USED_SECONDS))
    user_of_token(secret)
    assert ApiKey.objects.get().last_used_at >= first


def test_a_refused_key_was_not_used(make_key):
    key, secret = make_key()
    keys.revoke(key=key)
    refusal(secret)
    assert ApiKey.objects.get().last_used_at is None


# -- Staying ----------------------------------------------------------------------------------------------------------


def test_an_open_connection_ends_with_its_key_and_not_with_another(make_key, person):
    (key, secret), (_, other_secret) = make_key(), make_key()
    credential, other = user_of_token(secret), user_of_token(other_secret)
    token = user_of_token(tokens.issue(user=person).access)
    assert (credential.kind, credential.key_id, credential.scopes) == ("key", key.id, frozenset(EVERYTHING))
    assert (token.key_id, token.scopes) == (None, None)
    keys.revoke(key=key)
    assert still_valid([credential, other, token]) == {other, token}


def test_an_open_connection_ends_when_its_key_expires(make_key):
    credential = user_of_token(make_key()[1])
    ApiKey.objects.update(expires_at=timezone.now())
    assert still_valid([credential]) == set()


def test_an_open_connection_ends_when_its_person_is_disabled(make_key):
    credential = user_of_token(make_key()[1])
    User.objects.update(is_active=False)
    assert still_valid([credential]) == set()


def test_every_kind_is_asked_for_in_four_queries(make_key, browser, person, django_assert_num_queries):
    asked = [user_of_token(make_key()[1]) for _ in range(5)]
    asked += [user_of_token(tokens.issue(user=person).access) for _ in range(5)]
    asked += [credentials.of_request_session(browser.session, person)]
    with django_assert_num_queries(4):
        assert still_valid(asked) == set(asked)


# -- Scopes -----------------------------------------------------------------------------------------------------------

KEY_ID = uuid.UUID(int=0)
CALLS = {
    ("get", "me"): "read",
    ("head", "me"): "read",
    ("options", "me"): "read",
    ("patch", "me"): "admin",
    ("post", "logout"): "admin",
    ("get", "keys"): "admin",
    ("head", "keys"): "admin",
    ("post", "keys"): "admin",
    ("get", f"keys/{KEY_ID}"): "admin",
    ("patch", f"keys/{KEY_ID}"): "admin",
    ("delete", f"keys/{KEY_ID}"): "admin",
}


@pytest.mark.parametrize(("call", "needed"), CALLS.items(), ids=map(" ".join, CALLS))
@pytest.mark.parametrize("scope", EVERYTHING)
def test_a_key_does_what_its_scope_says_and_nothing_else(holder, call, needed, scope):
    answer = holder(scope).send(*call)
    if scope == needed:
        assert answer.status_code in {200, 204, 400, 404}
        return
    assert answer.status_code == 403
    if call[0] != "head":
        assert answer.json()["code"] == "insufficient_scope"
        assert answer.json()["detail"] == f"This key may not do that: it needs the scope {needed}."


def test_a_refused_call_changes_nothing(holder, person):
    assert holder("read", "chat").send("patch", "me", {"name": "Somebody"}).status_code == 403
    person.refresh_from_db()
    assert person.name == "Maya"


class Plain(APIView):
    """A view that says nothing of scopes."""


@pytest.mark.parametrize(
    ("method", "needed"),
    [("GET", "read"), ("HEAD", "read"), ("OPTIONS", "read"), ("POST", "chat"), ("PATCH", "chat"), ("DELETE", "chat")],
)
def test_a_view_that_says_nothing_needs_read_to_read_and_chat_to_write(method, needed):
    assert scope_needed(Plain(), method) == needed


def test_a_view_names_one_scope_or_one_for_a_method():
    view = Plain()
    view.required_scope = "admin"
    assert scope_needed(view, "GET") == "admin"
    view.required_scope = {"GET": "admin"}
    assert [scope_needed(view, method) for method in ("GET", "HEAD", "POST")] == ["admin", "admin", "chat"]


def test_sessions_and_tokens_have_every_scope(browser, person):
    program = Program()
    program.token = tokens.issue(user=person).access
    for client in (program.client, browser):
        headers = {"authorization": f"Bearer {program.token}"} if client is program.client else {}
        assert client.get("/api/auth/keys/", headers=headers).status_code == 200


def test_a_scope_can_be_asked_for_outside_of_a_view(make_key):
    credential = user_of_token(make_key("read")[1])
    require_scope(credential, "read")
    with pytest.raises(InsufficientScope) as refused:
        require_scope(credential, "chat")
    assert (refused.value.status, refused.value.code) == (403, "insufficient_scope")


def test_a_key_makes_no_key_that_may_do_more_than_itself(holder):
    program = holder("admin", "read")
    answer = program.post("keys", {"name": "More", "scopes": ["read", "chat"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert ApiKey.objects.count() == 1
    assert program.post("keys", {"name": "Less", "scopes": ["read"]}).status_code == 201


def test_a_key_is_no_sign_in_that_could_be_ended(holder):
    program = holder()
    answer = program.post("logout")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_signed_in")
    assert program.get("me").status_code == 200


def test_a_key_opens_no_page(make_key):
    _, secret = make_key()
    for path in ("/accounts/keys/", "/chat/", "/admin/"):
        assert Client().get(path, headers={"authorization": f"Bearer {secret}"}).status_code == 302


def views(patterns=None) -> list[type[APIView]]:
    """Return every view class of the API that has an address."""
    found = []
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            found += views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and issubclass(view := getattr(pattern.callback, "cls", object), APIView):
            found.append(view)
    return found


def test_no_view_of_the_api_forgets_the_scopes():
    assert views()
    forgetful = [
        view.__name__
        for view in views()
        if view.authentication_classes and not any(issubclass(one, ScopeAllows) for one in view.permission_classes)
    ]
    assert forgetful == []
