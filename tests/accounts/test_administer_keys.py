"""What an administrator sees of API keys, and can do to them."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts import keys
from accounts.credentials import user_of_token
from accounts.errors import CredentialError
from accounts.models import ApiKey

LIST = "/admin/accounts/apikey/"


@pytest.fixture
def made(person):
    """A key of `person` and its secret."""
    return keys.make(user=person, name="Home dashboard", scopes=["read"])


@pytest.fixture
def administrator(make_person) -> Client:
    client = Client()
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def revoke(client: Client, key: ApiKey):
    return client.post(LIST, {"action": "revoke", "_selected_action": [str(key.pk)]}, follow=True)


def test_keys_are_listed_without_their_secrets(administrator, made, person):
    key, secret = made
    for path in (LIST, f"{LIST}{key.pk}/change/"):
        html = administrator.get(path).content.decode()
        assert "Home dashboard" in html
        assert person.email in html
        assert key.prefix in html
        assert secret[12:] not in html
        assert key.digest not in html


@pytest.mark.parametrize("q", ["Home", "maya@", "cs_"])
def test_keys_are_found_by_name_person_and_prefix(administrator, made, q):
    assert b"Home dashboard" in administrator.get(LIST, {"q": q}).content


def test_a_key_is_revoked_by_an_action(administrator, made):
    key, secret = made
    revoke(administrator, key)
    assert ApiKey.objects.get().state == "revoked"
    with pytest.raises(CredentialError):
        user_of_token(secret)


@pytest.mark.parametrize("path", ["add/", "{}/delete/"])
def test_keys_are_neither_made_nor_deleted_there(administrator, made, path):
    key, _ = made
    assert administrator.get(LIST + path.format(key.pk)).status_code == 403


def test_a_key_is_not_changed_there(administrator, made):
    key, _ = made
    assert administrator.post(f"{LIST}{key.pk}/change/", {"name": "x", "scope": "admin"}).status_code == 403
    key.refresh_from_db()
    assert (key.name, key.scope) == ("Home dashboard", "read")


def test_staff_without_the_right_see_and_revoke_nothing(make_person, made):
    key, _ = made
    client = Client()
    client.force_login(make_person(is_staff=True))
    assert client.get(LIST).status_code == 403
    assert revoke(client, key).status_code == 403
    assert ApiKey.objects.get().state == "active"


def test_staff_who_may_only_look_revoke_nothing(make_person, made):
    key, _ = made
    staff = make_person(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_apikey"))
    client = Client()
    client.force_login(staff)
    assert client.get(LIST).status_code == 200
    revoke(client, key)
    assert ApiKey.objects.get().state == "active"
