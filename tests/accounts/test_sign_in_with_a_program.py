import pytest

from accounts import people
from accounts.models import SignIn

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_signing_in_answers_200_with_a_pair_and_the_user(program, person):
    answer = program.post("login", {"email": "maya@example.org", "password": PASSWORD})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "refresh_token", "user"}
    assert answer.json()["user"]["id"] == str(person.id)


def test_the_address_may_be_typed_in_any_case(program, person):
    assert program.post("login", {"email": " MAYA@Example.org ", "password": PASSWORD}).status_code == 200


def test_each_sign_in_is_listed_with_its_program(program, person):
    program.post("login", {"email": "maya@example.org", "password": PASSWORD}, user_agent="curl/8\r\n" + "x" * 500)
    sign_in = SignIn.objects.get()
    assert sign_in.user == person
    assert sign_in.client.startswith("curl/8x")
    assert len(sign_in.client) == 200


@pytest.mark.parametrize("email", ["maya@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_address_look_the_same(program, person, email):
    answer = program.post("login", {"email": email, "password": "something else"})
    assert answer.status_code == 401
    body = answer.json()
    assert body.pop("request_id")
    assert body == {"code": "wrong_credentials", "detail": "That e-mail and password do not match."}


def test_an_unknown_address_costs_a_hash_as_well(program, person, monkeypatch):
    hashed = []
    monkeypatch.setattr("accounts.hashing.slot", counted(hashed))
    program.post("login", {"email": "nobody@example.org", "password": "something else"})
    unknown = len(hashed)
    program.post("login", {"email": "maya@example.org", "password": "something else"})
    assert unknown == len(hashed) - unknown > 0


def counted(calls: list):
    from contextlib import contextmanager

    @contextmanager
    def slot():
        calls.append(1)
        yield

    return slot


def test_a_disabled_account_is_told_so_only_with_the_right_password(program, person):
    people.deactivate(user=person)
    assert program.post("login", {"email": person.email, "password": "something else"}).status_code == 401
    answer = program.post("login", {"email": person.email, "password": PASSWORD})
    assert answer.status_code == 401
    assert answer.json()["code"] == "user_inactive"


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 10_240, "\u202e", "\u200b"])
@pytest.mark.parametrize("field", ["email", "password"])
def test_hidden_or_endless_text_is_refused(program, person, field, text):
    answer = program.post("login", {"email": person.email, "password": PASSWORD} | {field: f"maya{text}@example.org"})
    assert answer.status_code == 400
    assert answer.json()["code"] in {"invalid", "bad_json", "invalid_character"}


def test_a_stale_session_cookie_does_not_keep_a_program_out(program, person):
    program.client.cookies["sessionid"] = "gone"
    assert program.post("login", {"email": person.email, "password": PASSWORD}).status_code == 200
