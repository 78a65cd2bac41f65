import time

import pytest
from django.test import Client

from accounts import throttles

from .conftest import PASSWORD, Program

pytestmark = pytest.mark.django_db

WINDOW_SECONDS = 4


def guess(program, email="maya@example.org", password="a wrong guess"):
    return program.post("login", {"email": email, "password": password})


def guess_on_the_page(client, email="maya@example.org", password="a wrong guess"):
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_the_eleventh_guess_on_an_account_is_429_with_the_time_to_wait(program, person):
    assert [guess(program).status_code for _ in range(10)] == [401] * 10
    answer = guess(program)
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_attempts"
    assert 0 < int(answer["Retry-After"]) <= 300


def test_the_right_password_is_not_looked_at_any_more_either(program, person):
    for _ in range(10):
        guess(program)
    assert guess(program, password=PASSWORD).status_code == 429


def test_pages_and_api_count_together(person):
    browser, program = Client(REMOTE_ADDR="198.51.100.7"), Program("198.51.100.7")
    for _ in range(5):
        assert guess_on_the_page(browser).status_code == 200
        assert guess(program).status_code == 401
    page = guess_on_the_page(browser)
    assert page.status_code == 429
    assert int(page["Retry-After"]) > 0
    assert b"Too many attempts" in page.content
    assert guess(program).status_code == 429


def test_the_case_of_the_address_makes_no_difference(program, person):
    for number in range(10):
        guess(program, email="maya@example.org" if number % 2 else "MAYA@example.org")
    assert guess(program, email="Maya@Example.org").status_code == 429


def test_the_account_stays_open_to_others(program, person):
    for _ in range(11):
        guess(program)
    assert guess(Program("203.0.113.5"), password=PASSWORD).status_code == 200


def test_signing_in_rightly_is_not_counted(program, person):
    assert [guess(program, password=PASSWORD).status_code for _ in range(15)] == [200] * 15


def test_signing_in_rightly_in_between_does_not_forgive_guesses(program, person):
    for number in range(10):
        guess(program)
        if number < 9:
            guess(program, password=PASSWORD)
    assert guess(program).status_code == 429


def test_one_guess_on_each_of_many_accounts_is_429_after_a_hundred(program, db):
    statuses = [guess(program, email=f"person{number}@example.org").status_code for number in range(105)]
    assert statuses == [401] * 100 + [429] * 5


def test_unknown_accounts_are_limited_like_known_ones(program, db):
    assert [guess(program, email="nobody@example.org").status_code for _ in range(11)] == [401] * 10 + [429]


def test_a_forged_x_forwarded_for_does_not_help(program, person):
    body = {"email": "maya@example.org", "password": "a wrong guess"}
    statuses = [program.post("login", body, x_forwarded_for=f"203.0.113.{number}").status_code for number in range(11)]
    assert statuses == [401] * 10 + [429]


def test_behind_a_proxy_each_client_counts_for_itself(person, settings):
    settings.PROXY_COUNT = 1
    proxy = Program("10.0.0.1")
    body = {"email": "maya@example.org", "password": "a wrong guess"}
    for _ in range(11):
        last = proxy.post("login", body, x_forwarded_for="6.6.6.6, 203.0.113.5")
    assert last.status_code == 429
    assert proxy.post("login", body, x_forwarded_for="6.6.6.6, 203.0.113.9").status_code == 401
    assert proxy.post("login", body, x_forwarded_for="7.7.7.7, 203.0.113.5").status_code == 429


def test_the_addresses_of_one_ipv6_network_count_together(person):
    statuses = [guess(Program(f"2001:db8:1:2::{number}")).status_code for number in range(1, 12)]
    assert statuses == [401] * 10 + [429]
    assert guess(Program("2001:db8:1:3::1")).status_code == 401


def test_the_admin_lets_nobody_guess_beside_the_page(client, person):
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    answer = client.get("/admin/login/?next=/admin/")
    assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    answer = client.post("/admin/login/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/api/auth/me/").status_code == 401


def test_guessing_refresh_tokens_is_limited(program, db):
    statuses = {program.post("refresh", {"refresh_token": f"guess{number}"}).status_code for number in range(100)}
    assert statuses == {401}
    assert program.post("refresh", {"refresh_token": "guess"}).status_code == 429


def test_making_accounts_is_limited_for_pages_and_api_together(program, db, monkeypatch):
    monkeypatch.setitem(throttles.RATES, "signup", (throttles.Rate(2, 3600, "network"),))
    for number in range(2):
        answer = program.post("signup", {"email": f"person{number}@example.org", "password": PASSWORD})
        assert answer.status_code == 201
    assert program.post("signup", {"email": "more@example.org", "password": PASSWORD}).status_code == 429
    page = program.client.post("/accounts/signup/", {"email": "more@example.org", "password1": PASSWORD})
    assert page.status_code == 429


def test_the_limit_ends_with_its_window(program, person, monkeypatch):
    # Really waited for, because Redis keeps its own time.
    monkeypatch.setitem(throttles.RATES, "login", (throttles.Rate(1, WINDOW_SECONDS, "account"),))
    assert guess(program).status_code == 401
    assert guess(program).status_code == 429
    time.sleep(WINDOW_SECONDS + 0.2)
    assert guess(program, password=PASSWORD).status_code == 200
