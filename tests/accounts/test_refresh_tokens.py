from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts import people, tokens
from accounts.models import SignIn

from .conftest import Program

pytestmark = pytest.mark.django_db


def refresh(program, token):
    return program.post("refresh", {"refresh_token": token})


def is_in(token: str) -> bool:
    program = Program()
    program.token = token
    return program.get("me").status_code == 200


def later(seconds: float) -> None:
    SignIn.objects.update(rotated_at=timezone.now() - timedelta(seconds=seconds))


def test_tokens_live_an_hour_and_a_day(program, person):
    pair = program.sign_in(person.email)
    access, refresh_token = AccessToken(pair["access_token"]), RefreshToken(pair["refresh_token"])
    assert access["exp"] - access["iat"] == 3600
    assert refresh_token["exp"] - refresh_token["iat"] == 24 * 3600


def test_refreshing_answers_a_new_pair_of_the_same_sign_in(program, person):
    pair = program.sign_in(person.email)
    answer = refresh(program, pair["refresh_token"])
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "refresh_token"}
    assert answer.json()["refresh_token"] != pair["refresh_token"]
    assert is_in(answer.json()["access_token"])
    assert SignIn.objects.count() == 1


def test_two_tabs_that_refresh_at_the_same_time_both_stay_signed_in(program, person):
    pair = program.sign_in(person.email)
    first, second = refresh(program, pair["refresh_token"]), refresh(program, pair["refresh_token"])
    assert (first.status_code, second.status_code) == (200, 200)
    assert is_in(first.json()["access_token"])
    assert is_in(second.json()["access_token"])
    assert refresh(program, first.json()["refresh_token"]).status_code == 200
    assert SignIn.objects.get().alive


def test_a_used_refresh_token_that_comes_back_ends_the_whole_sign_in(program, person, caplog):
    pair = program.sign_in(person.email)
    newer = refresh(program, pair["refresh_token"]).json()
    later(tokens.REUSE_SECONDS + 1)
    answer = refresh(program, pair["refresh_token"])
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert not is_in(newer["access_token"])
    assert refresh(program, newer["refresh_token"]).status_code == 401
    assert "used refresh token" in caplog.text


def test_a_refresh_token_of_two_rotations_ago_ends_the_sign_in_even_at_once(program, person):
    pair = program.sign_in(person.email)
    second = refresh(program, pair["refresh_token"]).json()
    third = refresh(program, second["refresh_token"]).json()
    assert refresh(program, pair["refresh_token"]).status_code == 401
    assert not is_in(third["access_token"])


def test_other_sign_ins_outlive_a_stolen_one(program, person):
    pair, other = program.sign_in(person.email), program.sign_in(person.email)
    refresh(program, pair["refresh_token"])
    later(tokens.REUSE_SECONDS + 1)
    refresh(program, pair["refresh_token"])
    assert is_in(other["access_token"])


def test_an_access_token_cannot_refresh_and_a_refresh_token_cannot_enter(program, person):
    pair = program.sign_in(person.email)
    assert refresh(program, pair["access_token"]).status_code == 401
    assert not is_in(pair["refresh_token"])


def test_the_refresh_token_of_a_deleted_person_is_401(program, person):
    pair = program.sign_in(person.email)
    person.delete()
    answer = refresh(program, pair["refresh_token"])
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"


def test_the_refresh_token_of_a_disabled_person_is_401(program, person):
    pair = program.sign_in(person.email)
    people.deactivate(user=person)
    answer = refresh(program, pair["refresh_token"])
    assert answer.status_code == 401
    assert answer.json()["code"] == "user_inactive"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\u202e", "e" * 5000, None, 5, ["a"], {"a": 1}])
def test_garbage_is_refused(program, person, token):
    assert refresh(program, token).status_code in {400, 401}
