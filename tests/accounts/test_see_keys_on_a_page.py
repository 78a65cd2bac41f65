"""The page of API keys: see them, make one, revoke one."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.credentials import user_of_token
from accounts.models import ApiKey

pytestmark = pytest.mark.django_db

PAGE = "/accounts/keys/"
SECRET = re.compile(r"cs_[0-9a-f]{8}_[0-9A-Za-z]{43}")
KEY_ID = re.compile(r'name="key_id" value="([^"]+)"')


def form(browser, **fields) -> dict:
    """Return what the form of a fresh page sends."""
    key_id = KEY_ID.search(browser.get(PAGE).content.decode())[1]
    return {"key_id": key_id, "name": "Home dashboard", "scopes": ["read", "chat"], "days": "90", **fields}


def make(person, **more) -> ApiKey:
    return keys.make(user=person, **{"name": "Kitchen", "scopes": ["read"], **more})[0]


def test_it_is_for_people_who_are_signed_in(client, person):
    key = make(person)
    for path in (PAGE, f"{PAGE}{key.pk}/revoke/"):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/")
    assert ApiKey.objects.get().state == "active"


def test_a_new_key_is_shown_once(browser, person):
    answer = browser.post(PAGE, form(browser))
    (secret,) = set(SECRET.findall(answer.content.decode()))
    assert user_of_token(secret).user == person
    assert "no-store" in answer["Cache-Control"]
    after = browser.get(PAGE).content.decode()
    assert secret not in after
    assert secret[:11] in after


def test_the_page_that_shows_the_key_has_a_fresh_form(browser):
    sent = form(browser)
    html = browser.post(PAGE, sent).content.decode()
    assert KEY_ID.search(html)[1] != sent["key_id"]
    assert 'value="Home dashboard"' not in html


def test_reloading_that_page_makes_no_second_key_and_shows_nothing(browser):
    sent = form(browser)
    browser.post(PAGE, sent)
    again = browser.post(PAGE, sent, follow=True)
    assert ApiKey.objects.count() == 1
    html = again.content.decode()
    assert not SECRET.search(html)
    assert "This key was already made." in html


def test_the_secret_is_not_kept_in_the_session(browser):
    browser.post(PAGE, form(browser))
    assert "cs_" not in str(dict(browser.session))


@pytest.mark.parametrize(("days", "expected"), [("30", 30), ("365", 365), ("0", None)])
def test_it_expires_when_asked(browser, days, expected):
    browser.post(PAGE, form(browser, days=days))
    expires_at = ApiKey.objects.get().expires_at
    if expected is None:
        assert expires_at is None
    else:
        assert abs(expires_at - timezone.now() - timedelta(days=expected)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "This field is required"),
        ("name", "x" * 101, "at most 100"),
        ("name", "zero\u200bwidth", "cannot be seen"),
        ("scopes", [], "Choose at least one."),
        ("scopes", ["root"], "root"),
        ("days", "-1", "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(browser, field, value, words):
    answer = browser.post(PAGE, form(browser, **{field: value}))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert words in html
    assert f'id="id_{field}_error"' in html
    assert f'aria-describedby="{"id_name_helptext " if field == "name" else ""}id_{field}_error"' in html
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("key_id", ["", "x", "\0"])
def test_a_form_that_was_tampered_with_is_answered_with_the_form(browser, key_id):
    answer = browser.post(PAGE, form(browser, key_id=key_id))
    assert b"This form is broken." in answer.content
    assert not ApiKey.objects.exists()


def test_the_id_of_somebody_elses_key_makes_nothing_and_tells_nothing(browser, make_person):
    theirs = make(make_person(), name="Secret plans")
    answer = browser.post(PAGE, form(browser, key_id=str(theirs.pk)), follow=True)
    assert b"Secret plans" not in answer.content
    assert theirs.prefix.encode() not in answer.content
    assert ApiKey.objects.get() == theirs


def test_the_fifty_first_is_explained(browser, person):
    for _ in range(keys.LIVING_KEYS):
        make(person)
    assert b"You have 50 keys, which is as many as there can be." in browser.post(PAGE, form(browser)).content
    assert ApiKey.objects.count() == keys.LIVING_KEYS


def test_the_list_tells_all_that_is_known(browser, person):
    used = make(person, expires_at=timezone.now() + timedelta(days=400))
    ApiKey.objects.filter(pk=used.pk).update(last_used_at=timezone.now() - timedelta(hours=3))
    make(person, name="Old <b>laptop</b>")
    html = browser.get(PAGE).content.decode()
    assert f"{used.prefix}…" in html
    assert "last used 3\xa0hours ago" in html
    assert f"expires {(timezone.now() + timedelta(days=400)):%-d %b %Y}" in html
    assert "never used" in html
    assert "does not expire" in html
    assert "Old &lt;b&gt;laptop&lt;/b&gt;" in html


def test_dead_keys_are_kept_apart_and_cannot_be_revoked_again(browser, person):
    revoked, expired = make(person, name="Gone"), make(person, name="Over")
    keys.revoke(key=revoked)
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    html = browser.get(PAGE).content.decode()
    assert "You have no key in use." in html
    assert "Revoked and expired keys (2)" in html
    assert "/revoke/" not in html


def test_somebody_elses_keys_are_not_listed(browser, make_person):
    make(make_person(), name="Secret plans")
    assert b"Secret plans" not in browser.get(PAGE).content


def test_revoking_asks_first(browser, person):
    key = make(person)
    asked = browser.get(f"{PAGE}{key.pk}/revoke/").content.decode()
    assert "Kitchen" in asked
    assert ApiKey.objects.get().state == "active"
    done = browser.post(f"{PAGE}{key.pk}/revoke/", follow=True)
    assert "“Kitchen” was revoked." in done.content.decode()
    assert ApiKey.objects.get().state == "revoked"


@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_key_cannot_be_revoked(browser, make_person, method):
    key = make(make_person(), name="Secret plans")
    answer = getattr(browser, method)(f"{PAGE}{key.pk}/revoke/")
    assert answer.status_code == 404
    assert b"Secret plans" not in answer.content
    assert ApiKey.objects.get().state == "active"


def test_forms_need_their_csrf_token(person):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    key = make(person)
    assert strict.post(PAGE, {"name": "x", "scopes": ["admin"], "days": "0"}).status_code == 403
    assert strict.post(f"{PAGE}{key.pk}/revoke/").status_code == 403
    assert ApiKey.objects.get().state == "active"


def test_the_settings_and_the_password_page_lead_there(browser):
    for path in ("/settings/", "/accounts/password/change/"):
        assert f'href="{PAGE}"' in browser.get(path).content.decode()
