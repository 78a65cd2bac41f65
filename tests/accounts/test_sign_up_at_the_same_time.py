"""Many at once, each in its own thread with its own connection, on whatever database the suite runs on."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Installation, User

from .conftest import PASSWORD, Program

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number: int, work) -> list:
    """Return what `work(0)` to `work(number - 1)` returned, all begun together."""
    ready = Barrier(number)

    def run(index: int):
        try:
            ready.wait(timeout=30)
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))


def sign_up(email: str) -> int:
    return Program().post("signup", {"email": email, "password": PASSWORD}).status_code


def test_of_fifty_first_accounts_exactly_one_is_the_administrator():
    assert at_once(50, lambda index: sign_up(f"person{index}@example.org")) == [201] * 50
    assert User.objects.count() == 50
    assert User.objects.filter(is_superuser=True).count() == 1
    assert User.objects.filter(is_staff=True).count() == 1
    assert Installation.objects.get().administrator == User.objects.get(is_superuser=True)


def test_the_same_address_twenty_times_makes_one_account():
    statuses = at_once(20, lambda index: sign_up("maya@example.org"))
    assert sorted(statuses) == [201] + [400] * 19
    assert User.objects.get().email == "maya@example.org"


def test_the_same_address_twenty_times_on_the_page_makes_one_account_and_nineteen_explanations():
    def send(index: int) -> int:
        form = {"email": "maya@example.org", "password1": PASSWORD, "name": ""}
        return Program().client.post("/accounts/signup/", form).status_code

    statuses = at_once(20, send)
    assert sorted(statuses) == [200] * 19 + [302]
    assert User.objects.count() == 1


def test_one_refresh_token_sent_twenty_times_at_once_signs_nobody_out():
    sign_up("maya@example.org")
    pair = Program().sign_in("maya@example.org")
    answers = at_once(20, lambda index: Program().post("refresh", {"refresh_token": pair["refresh_token"]}))
    assert [answer.status_code for answer in answers] == [200] * 20
    for answer in answers:
        program = Program()
        program.token = answer.json()["access_token"]
        assert program.get("me").status_code == 200


def test_guesses_sent_at_once_do_not_get_around_the_limit():
    sign_up("maya@example.org")
    guess = {"email": "maya@example.org", "password": "a wrong guess"}
    statuses = at_once(30, lambda index: Program().post("login", guess).status_code)
    assert statuses.count(429) >= 19
    assert set(statuses) == {401, 429}
