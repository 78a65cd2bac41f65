import pytest
from django.contrib.auth.hashers import identify_hasher

from accounts.models import Installation, User

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


def sign_up(program, **fields):
    return program.post("signup", {"email": "maya@example.org", "password": PASSWORD} | fields)


def test_signing_up_answers_201_with_a_pair_and_the_user(program):
    answer = sign_up(program, name="Maya")
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "user"}
    assert body["user"]["email"] == "maya@example.org"
    assert body["user"]["name"] == "Maya"
    assert "password" not in answer.content.decode()


def test_the_pair_of_a_sign_up_works_at_once(program):
    program.token = sign_up(program).json()["access_token"]
    assert program.get("me").json()["user"]["email"] == "maya@example.org"


def test_the_first_account_is_the_administrator_and_the_second_is_not(program):
    assert sign_up(program).json()["user"]["is_staff"] is True
    assert sign_up(program, email="second@example.org").json()["user"]["is_staff"] is False
    assert User.objects.get(email="maya@example.org").is_superuser
    assert Installation.objects.get().administrator.email == "maya@example.org"


def test_nobody_becomes_administrator_by_signing_up_when_there_is_one_already(program):
    User.objects.create_superuser("root@example.org", PASSWORD)
    assert sign_up(program).json()["user"]["is_staff"] is False


def test_nobody_becomes_administrator_after_the_first_was_deleted(program):
    sign_up(program)
    User.objects.all().delete()
    assert sign_up(program, email="second@example.org").json()["user"]["is_staff"] is False


def test_passwords_are_hashed_with_argon2(program):
    sign_up(program)
    assert identify_hasher(User.objects.get().password).algorithm == "argon2"


def test_the_address_is_kept_in_lower_case_and_taken_in_any(program):
    assert sign_up(program, email="Maya@Example.org").json()["user"]["email"] == "maya@example.org"
    answer = sign_up(program, email="MAYA@example.ORG")
    assert answer.status_code == 400
    assert answer.json()["code"] == "email_taken"
    assert "email" in answer.json()["fields"]
    assert User.objects.count() == 1


def test_signing_up_is_refused_when_it_is_closed(program, settings):
    settings.SIGNUP = "closed"
    answer = sign_up(program)
    assert answer.status_code == 403
    assert answer.json()["code"] == "signup_closed"
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "password1234", "2348723984723984", "maya@example.org"])
def test_weak_passwords_are_refused_with_a_sentence(program, password):
    answer = sign_up(program, password=password)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert answer.json()["fields"]["password"]


HOSTILE = {
    "NUL": "ma\0ya",
    "lone surrogate": "ma\ud800ya",
    "10 KB": "m" * 10_240,
    "right-to-left override": "ma\u202eya",
    "zero-width space": "ma\u200bya",
    "byte order mark": "\ufeffmaya",
    "tag character": "maya\U000e0041",
    "newline": "ma\nya",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("field", ["email", "name", "password"])
def test_hidden_or_endless_text_is_refused(program, field, text):
    value = f"{text}@example.org" if field == "email" else f"{text} and some more words"
    answer = sign_up(program, **{field: value})
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] in {"invalid", "bad_json", "invalid_character"}
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["mаya@example.org", "maya@exаmple.org", "\u212aaya@example.org"])
def test_an_address_that_only_looks_like_another_is_refused(program, email):
    assert not email.isascii()
    answer = sign_up(program, email=email)
    assert answer.status_code == 400
    assert answer.json()["fields"]["email"]


@pytest.mark.parametrize("email", ["", "maya", "maya@", "@example.org", "maya@localhost@example.org", 7, None, [], {}])
def test_what_is_no_address_is_refused(program, email):
    answer = sign_up(program, email=email)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert "email" in answer.json()["fields"]


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "id", "credentials_version", "role", "date_joined"])
def test_fields_that_are_not_for_the_sender_to_set_are_named_and_refused(program, field):
    answer = sign_up(program, **{field: 1})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    assert field in answer.json()["detail"]
    assert not User.objects.exists()


def test_answers_with_tokens_are_never_cached(program):
    assert "no-store" in sign_up(program)["Cache-Control"]
