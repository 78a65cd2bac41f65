"""People, programs and browsers of the account tests."""

import json
from itertools import count

import pytest
from django.core.cache import cache
from django.test import Client
from huey.contrib.djhuey import HUEY

from accounts.hashing import BoundedArgon2PasswordHasher
from accounts.models import User
from accounts.signals import credentials_revoked

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def calm_surroundings(settings, monkeypatch):
    """Nothing counted yet, jobs run at once, mail kept, hashing cheap."""
    cache.clear()
    monkeypatch.setattr(HUEY, "immediate", True)
    monkeypatch.setattr(BoundedArgon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(BoundedArgon2PasswordHasher, "memory_cost", 1024)
    settings.SIGNUP = "open"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


class Program:
    """A program that speaks JSON with the API, from one address, with a token if it has one."""

    def __init__(self, address: str = "198.51.100.7"):
        self.client = Client(REMOTE_ADDR=address, raise_request_exception=False)
        self.token = ""

    def send(self, method: str, path: str, body=None, **headers):
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        raw = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        data = {} if method in {"get", "head"} else {"data": raw, "content_type": "application/json"}
        return getattr(self.client, method)(f"/api/auth/{path}/", headers=headers, **data)

    def post(self, path: str, body=None, **headers):
        return self.send("post", path, body, **headers)

    def get(self, path: str, **headers):
        return self.send("get", path, **headers)

    def sign_in(self, email: str, password: str = PASSWORD) -> dict:
        answer = self.post("login", {"email": email, "password": password})
        assert answer.status_code == 200, answer.content
        pair = answer.json()
        self.token = pair["access_token"]
        return pair


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def make_person(db):
    """Make accounts: `make_person(email=..., is_staff=...)`."""
    numbers = count(1)

    def make(email: str = "", password: str = PASSWORD, **fields) -> User:
        return User.objects.create_user(email or f"person{next(numbers)}@example.org", password, **fields)

    return make


@pytest.fixture
def person(make_person) -> User:
    return make_person("maya@example.org", name="Maya")


@pytest.fixture
def browser(person) -> Client:
    """A browser in which `person` is signed in."""
    client = Client(enforce_csrf_checks=False)
    client.force_login(person)
    return client


@pytest.fixture
def revoked():
    """The ids of the people whose credentials were announced as revoked."""
    heard = []

    def hear(user_id, **kwargs):
        heard.append(user_id)

    credentials_revoked.connect(hear)
    yield heard
    credentials_revoked.disconnect(hear)
