import base64
import json
import socket

import jwt
import pytest
from django.conf import settings
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from accounts import people, tokens
from accounts.models import SignIn

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def claims(person) -> dict:
    """The claims of a token that lets `person` in."""
    return AccessToken(tokens.issue(user=person).access).payload


def signed(claims: dict, key: str = settings.SECRET_KEY, algorithm: str = "HS256", headers: dict | None = None) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def code_of(program, token: str) -> tuple[int, str]:
    program.token = token
    answer = program.get("me")
    return answer.status_code, answer.json().get("code", "")


REFUSED = (401, "token_not_valid")


def test_a_token_lets_its_person_in(program, person, claims):
    program.token = signed(claims)
    assert program.get("me").json()["user"]["id"] == str(person.id)


def test_no_credential_is_401_and_says_how_to_come_in(program):
    answer = program.get("me")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_signed_with_another_key_is_refused(program, claims):
    assert code_of(program, signed(claims, key="another key that is long enough for this")) == REFUSED


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_by_another_algorithm_is_refused(program, claims, algorithm):
    assert code_of(program, signed(claims, algorithm=algorithm)) == REFUSED


def test_a_token_that_is_not_signed_is_refused(program, claims):
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert code_of(program, f"{header}.{body}.") == REFUSED


def test_a_changed_token_is_refused(program, claims):
    header, body, signature = signed(claims).split(".")
    changed = base64.urlsafe_b64encode(json.dumps(claims | {"jti": "x"}).encode()).rstrip(b"=").decode()
    assert code_of(program, f"{header}.{changed}.{signature}") == REFUSED


@pytest.mark.parametrize("header", ["kid", "jku", "x5u", "jwk"])
def test_a_token_that_points_to_a_key_elsewhere_makes_nobody_look_there(program, claims, header, monkeypatch):
    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address))
    token = signed(claims, key="x" * 40, headers={header: "https://attacker.example/key"})
    program.token = token
    assert program.get("me").status_code == 401
    assert asked == []


@pytest.mark.parametrize("user_id", [["x"], "maya", {}, None, 1, True, "0" * 40, "1" * 10_000, 1.5])
def test_a_signed_token_with_a_senseless_user_is_refused(program, claims, user_id):
    assert code_of(program, signed(claims | {"user_id": user_id})) == REFUSED


@pytest.mark.parametrize("name", ["user_id", "sid", "fpr", "exp", "token_type"])
@pytest.mark.parametrize("value", [[], {}, None, "x", "\ud83d", 2**70])
def test_a_signed_token_with_any_senseless_claim_is_refused(program, claims, name, value):
    assert code_of(program, signed(claims | {name: value})) == REFUSED


@pytest.mark.parametrize("name", ["user_id", "sid", "fpr", "jti", "exp", "token_type"])
def test_a_signed_token_without_a_claim_is_refused(program, claims, name):
    assert code_of(program, signed({key: value for key, value in claims.items() if key != name})) == REFUSED


def test_an_expired_token_is_refused(program, claims):
    assert code_of(program, signed(claims | {"exp": claims["iat"] - 1})) == REFUSED


def test_a_token_that_names_another_person_than_its_sign_in_is_refused(program, claims, make_person):
    assert code_of(program, signed(claims | {"user_id": str(make_person().id)})) == REFUSED


@pytest.mark.parametrize("token", ["x", "a.b.c", "...", "e30.e30.e30", "é", "x" * 100_000, "a b"])
def test_garbage_is_refused(program, token):
    assert code_of(program, token) == REFUSED


def test_a_deeply_nested_token_is_refused(program):
    nested = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 1400 + b"]" * 1400 + b"}").rstrip(b"=").decode()
    assert code_of(program, f"{nested}.e30.e30") == REFUSED


def test_the_word_bearer_alone_is_refused(program):
    assert program.get("me", authorization="Bearer ").json()["code"] == "token_not_valid"


def test_another_scheme_is_no_credential(program):
    assert program.get("me", authorization="Basic bWF5YTpwYXNz").json()["code"] == "not_authenticated"


def test_a_token_may_come_in_x_api_key(program, claims):
    assert program.get("me", x_api_key=signed(claims)).status_code == 200


def test_two_tokens_are_ambiguous(program, claims):
    program.token = signed(claims)
    answer = program.get("me", x_api_key=signed(claims))
    assert answer.status_code == 400
    assert answer.json()["code"] == "ambiguous_credentials"


@pytest.mark.parametrize("method", ["get", "post", "patch"])
def test_a_session_of_one_and_a_token_of_another_are_ambiguous(browser, make_person, method):
    token = tokens.issue(user=make_person()).access
    path = "/api/auth/logout/" if method == "post" else "/api/auth/me/"
    answer = getattr(browser, method)(path, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "ambiguous_credentials"
    assert SignIn.objects.get().alive


def test_a_disabled_person_is_told_so(program, person, claims):
    people.deactivate(user=person)
    assert code_of(program, signed(claims)) == (401, "user_inactive")


def test_the_token_of_a_deleted_person_is_refused(program, person, claims):
    token = signed(claims)
    person.delete()
    assert code_of(program, token) == REFUSED


def test_reading_with_a_session_needs_no_csrf_token_and_writing_does(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert client.get("/api/auth/me/").status_code == 200
    answer = client.patch("/api/auth/me/", data={"name": "M"}, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "csrf_failed"
    person.refresh_from_db()
    assert person.name == "Maya"


def test_writing_with_a_session_works_with_the_csrf_token(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    client.get("/accounts/password/change/")
    token = client.cookies["csrftoken"].value
    answer = client.patch(
        "/api/auth/me/", data={"name": "M"}, content_type="application/json", headers={"x-csrftoken": token}
    )
    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "M"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_json_under_another_name_is_415(program, person, content_type):
    body = json.dumps({"email": person.email, "password": PASSWORD})
    answer = program.client.post("/api/auth/login/", body, content_type=content_type)
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


def test_a_call_with_a_token_asks_the_database_once(program, claims, django_assert_num_queries):
    program.token = signed(claims)
    with django_assert_num_queries(1):
        program.get("me")
