"""What every page tells browsers and caches: run nothing, load nothing, keep nothing that was not meant for you."""

import re

import pytest
from django.test import Client

from accounts.models import User
from tests.pages.conftest import browser_of
from tests.support.client import PASSWORD

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
PRIVATE = ["/chat/", "/chat/list/", "/chat/{conversation}/", "/chat/{conversation}/thread/"]
ERRORS = {
    400: "/chat/{conversation}/rename/",
    403: "/chat/{conversation}/",
    404: "/nothing/here/",
    405: "/chat/{conversation}/delete/",
    500: "/chat/list/",
}


def directives(answer) -> dict[str, list[str]]:
    """Return the content security policy of an answer."""
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";") if part.strip())
    return {name: values for name, *values in parts}


def visit(alice: User, talk, path: str):
    client = Client() if path in PUBLIC else browser_of(alice)
    return client.get(path.format(conversation=talk.conversation_id))


def failed(alice: User, talk, status: int, monkeypatch):
    """Return an answer of that status."""
    client = browser_of(alice)
    path = ERRORS[status].format(conversation=talk.conversation_id)
    match status:
        case 400:
            return client.post(path, {"title": ""})
        case 403:
            strict = Client(enforce_csrf_checks=True)
            strict.force_login(alice)
            return strict.post(path, {"text": "x"})
        case 500:
            monkeypatch.setattr("conversations.sidebar.chats.page", lambda **kwargs: 1 / 0)
    return client.get(path)


def assert_strict(answer) -> None:
    policy = directives(answer)
    assert policy["default-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert policy[name] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    for name, sources in policy.items():
        for source in sources:
            allowed = r"'(self|none|nonce-[A-Za-z0-9+/=_-]{16,})'" + (
                "|blob:|data:" if name in {"img-src", "media-src"} else ""
            )
            assert re.fullmatch(allowed, source), (name, source)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Permissions-Policy"].startswith("microphone=(self), camera=(), geolocation=(),")
    assert "Server" not in answer
    assert "X-Powered-By" not in answer


@pytest.mark.parametrize("path", [*PUBLIC, *PRIVATE])
def test_a_page_runs_nothing_that_is_not_ours(alice, talk, path):
    answer = visit(alice, talk, path)
    assert answer.status_code == 200
    assert_strict(answer)
    html = answer.content.decode()
    nonces = re.findall(r"'nonce-([^']+)'", answer["Content-Security-Policy"])
    for attributes in re.findall(r"<script([^>]*)>", html):
        assert 'src="/static/' in attributes or any(f'nonce="{nonce}"' in attributes for nonce in nonces)
    assert "<style" not in html
    assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)\s*=", html)
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:javascript:|data:|//)""", html)


@pytest.mark.parametrize("status", ERRORS)
def test_a_page_that_says_no_is_as_careful(alice, talk, status, monkeypatch):
    answer = failed(alice, talk, status, monkeypatch)
    assert answer.status_code == status
    assert_strict(answer)
    assert "Traceback" not in answer.content.decode()
    assert "ZeroDivisionError" not in answer.content.decode()


def test_a_nonce_is_used_once(alice, talk):
    policies = {visit(alice, talk, "/chat/")["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.parametrize("path", PRIVATE)
def test_what_somebody_wrote_is_kept_in_no_cache(alice, talk, path):
    answer = visit(alice, talk, path)
    kept = {word.strip() for word in answer["Cache-Control"].split(",")}
    assert {"no-store", "private"} <= kept
    assert "Cookie" in answer["Vary"]


def test_where_a_signed_in_person_is_sent_is_not_the_same_for_everybody(alice, client):
    assert "Cookie" in browser_of(alice).get("/")["Vary"]
    assert (
        "Cookie" in client.get("/chat/").headers.get("Vary", "") or "no-store" in client.get("/chat/")["Cache-Control"]
    )


@pytest.mark.parametrize("https", [False, True])
def test_the_cookies_cannot_be_read_by_scripts_nor_sent_by_other_sites(alice, settings, https):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = https
    alice.set_password(PASSWORD)
    alice.save()
    client = Client()
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD}, secure=https)
    client.get("/chat/", secure=https)
    session = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == client.cookies["csrftoken"]["samesite"] == "Lax"
    assert bool(session["secure"]) is bool(client.cookies["csrftoken"]["secure"]) is https
