"""Broken, huge and hostile forms, addresses and headers: an answer a person can use, and never a fault."""

import uuid
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from conversations import lifecycle, turns
from conversations.models import Conversation, Turn
from tests.pages.conftest import browser_of, everything

pytestmark = pytest.mark.django_db

MESSAGE_MAX_BYTES = 128 * 1024
HALF_A_LETTER = b"%ED%A0%80"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def page(alice: User) -> Client:
    """Alice's browser; a fault is an answer of 500 here, not an exception."""
    return browser_of(alice)


def told(page: Client, answer) -> str:
    """Return what a person reads after a form that could not be carried out."""
    assert answer.status_code == 302
    return page.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Write something first."),
        (" \n\t\u3000", "Write something first."),
        ("before\0after", "NUL character"),
        ("x" * 200_000, "128 KB at most"),
        ("é" * (MESSAGE_MAX_BYTES // 2) + "é", "128 KB at most"),
    ],
)
@pytest.mark.parametrize("form", ["new", "next", "edit"])
def test_a_text_that_cannot_be_kept_is_explained_and_nothing_is_stored(page, talk, text, words, form):
    before = everything()
    paths = {"new": "/chat/", "next": f"/chat/{talk.conversation_id}/", "edit": f"/turns/{talk.pk}/edit/"}
    answer = page.post(paths[form], {"text": text})
    assert words in told(page, answer)
    assert everything() == before
    # It is told once.
    assert words not in page.get(answer["Location"]).content.decode()


def test_the_longest_text_is_kept_whole(page, new_id):
    text = "é" * (MESSAGE_MAX_BYTES // 2)
    assert page.post(f"/chat/{new_id}/", {"text": text})["Location"] == f"/chat/{new_id}/"
    assert Conversation.objects.get().turns.get().messages.first().text == text
    assert page.get(f"/chat/{new_id}/").status_code == 200


@pytest.mark.parametrize("raw", [HALF_A_LETTER, b"%FF%FE", b"%C0%AF", b"%F5%80%80%80", b"%", b"%zz", b"%u0041"])
@pytest.mark.parametrize("name", ["text", "model", "client_id", "conversation_id"])
def test_bytes_that_are_no_text_are_kept_readable_or_refused(page, name, raw):
    body = (b"" if name == "text" else b"text=Hello&") + name.encode() + b"=" + raw
    answer = page.post("/chat/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in {302, 404}
    assert page.get(answer["Location"] if answer.status_code == 302 else "/chat/").status_code == 200


@pytest.mark.parametrize("name", ["client_id", "model", "conversation_id", "csrfmiddlewaretoken"])
@pytest.mark.parametrize(
    "value", ["\0", "x" * 10_000, "' OR 1=1 --", "../../x", SCRIPT, "{{ 7 * 7 }}", "\u202e", "🙂" * 100]
)
def test_odd_values_of_other_fields_are_refused_or_harmless(page, name, value):
    answer = page.post("/chat/", {"text": "Hello", name: value})
    assert answer.status_code in {302, 404}
    shown = page.get(answer["Location"] if answer.status_code == 302 else "/chat/")
    assert shown.status_code == 200
    assert SCRIPT.encode() not in shown.content
    assert Conversation.objects.count() <= 1


@pytest.mark.parametrize(
    ("title", "code"),
    [("", "empty_title"), (" \t", "empty_title"), ("x" * 201, "title_too_long"), ("x" * 10_240, "title_too_long")],
)
def test_a_title_that_is_none_is_refused(page, talk, title, code):
    before = everything()
    for headers in ({}, {"HX-Request": "true"}):
        answer = page.post(f"/chat/{talk.conversation_id}/rename/", {"title": title}, headers=headers)
        assert answer.status_code == 400
        assert (b"at least one character" if code == "empty_title" else b"200 characters at most") in answer.content
    assert everything() == before


def test_a_title_with_a_nul_is_refused(page, talk):
    assert page.post(f"/chat/{talk.conversation_id}/rename/", {"title": "a\0b"}).status_code == 400


class Seen(HTMLParser):
    """What a browser makes of a page: its words, its scripts and the names of its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.attributes: set[str] = set()
        self._tag = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        (self.scripts if self._tag == "script" else self.words).append(data)


@pytest.mark.parametrize(
    "hostile",
    [SCRIPT, '"><svg onload=alert(1)>', "{{ 7 * 7 }} alert(1)", "{% debug %} alert(1)", "</title><b>alert(1)"],
)
def test_titles_models_and_mistakes_are_shown_as_plain_words(page, talk, hostile):
    page.post(f"/chat/{talk.conversation_id}/rename/", {"title": hostile})
    Turn.objects.filter(pk=talk.pk).update(
        status="failed", model=hostile, error_code="model_error", error_detail=hostile
    )
    for path in ("/chat/", "/chat/list/", f"/chat/{talk.conversation_id}/", f"/chat/{talk.conversation_id}/thread/"):
        seen = Seen(page.get(path).content.decode())
        assert any(hostile in words for words in seen.words)
        assert not [name for name in seen.attributes if name.startswith("on")]
        assert not [script for script in seen.scripts if "alert" in script]


@pytest.mark.parametrize(
    "path",
    [
        "/chat/x/",
        "/chat/7/",
        "/chat/%00/",
        "/chat/%ff%fe/",
        "/chat/../../etc/passwd",
        "/chat/{00000000-0000-4000-8000-000000000000}/",
        "/chat/00000000-0000-4000-8000-00000000000A/",
        "/chat/00000000-0000-4000-8000-000000000000/../",
        "/chat/00000000-0000-4000-8000-000000000000/thread",
        "/chat/" + "x" * 5000 + "/",
        "/chat/" + "%2e%2e%2f" * 20,
        "/turns/x/stop/",
        "/turns/00000000-0000-4000-8000-000000000000%0a/stop/",
        "/turns/%E2%80%AE/retry/",
        "/" + quote("<script>alert(1)</script>"),
    ],
)
def test_an_address_that_is_none_is_not_found(page, path):
    for answer in (page.get(path), page.post(path, {"text": "x"})):
        assert answer.status_code in {301, 404}
        assert b"<script>alert(1)" not in answer.content
        # A slash may be added, but never the name of another site.
        assert answer.status_code == 404 or not answer["Location"].startswith(("//", "http"))


@pytest.mark.parametrize("path", ["/chat/", "/chat/list/", "/", "/accounts/login/"])
def test_a_huge_query_is_no_trouble(client, page, path):
    for query in (
        "x=1&" * 1500,
        "before=" + "x" * 7000,
        "current=" + SCRIPT,
        "next=" + "%00" * 500,
        "%ff&" * 500,
        "a[]=1",
    ):
        for visitor in (client, page):
            answer = visitor.get(f"{path}?{query}")
            # Where more than a thousand fields are looked at, they are refused.
            assert answer.status_code in {200, 302, 400}
            assert SCRIPT.encode() not in answer.content


def test_a_form_of_a_thousand_fields_is_refused(page):
    before = everything()
    fields = {f"field{number}": "x" for number in range(1001)}
    for content_type in (None, "application/x-www-form-urlencoded"):
        if content_type is None:
            answer = page.post("/chat/", fields | {"text": "Hello"})
        else:
            body = "&".join(f"{name}=x" for name in fields) + "&text=Hello"
            answer = page.post("/chat/", body, content_type=content_type)
        assert answer.status_code == 400
    assert everything() == before


def test_a_form_of_three_megabytes_is_413(page):
    before = everything()
    answer = page.post("/chat/", b"text=" + b"x" * 3_000_000, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert b"This form is too large." in answer.content
    assert everything() == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"text=x"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nHello'),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x--"),
        ("multipart/form-data; boundary=\xff", b"--x--"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"text=Hello"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"text=Hello"),
        ("x", b"text=Hello"),
        ("application/json", b'{"text": "Hello"}'),
    ],
)
def test_a_body_of_another_kind_is_refused_or_empty(page, content_type, body):
    answer = page.generic("POST", "/chat/", body, content_type=content_type)
    assert answer.status_code in {302, 400}
    assert not Conversation.objects.exclude(title="Hello").exists()


def test_a_file_in_place_of_a_text_is_no_text(page, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("Hello")
    with path.open("rb") as file:
        assert "Write something first." in told(page, page.post("/chat/", {"text": file}))
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true", "HX-Current-URL": "http://["},
        {"HX-Request": "true", "HX-Current-URL": "%ff", "HX-Current-URL-URI-AutoEncoded": "true"},
        {"HX-Request": "true", "HX-Current-URL": "javascript:alert(1)", "HX-Target": SCRIPT, "HX-Trigger": "x" * 9000},
        {"HX-Request": "TRUE", "HX-Boosted": "x"},
        {"Accept-Language": "x-" * 2000},
        {"Accept-Language": "../../etc/passwd"},
        {"Accept-Encoding": "gzip;q=nonsense, *;q=-1"},
        {"Referer": "http://["},
        {"Origin": "http://["},
        {"Range": "bytes=0-,9999999999999-"},
        {"If-None-Match": '"' * 999},
        {"If-Modified-Since": "yesterday"},
        {"Cookie": "sessionid=" + "x" * 5000},
        {"X-Forwarded-For": "x" * 5000},
        {"X-Forwarded-Proto": "https"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"User-Agent": "\x7f" * 5000},
    ],
    ids=lambda headers: "+".join(headers),
)
def test_odd_headers_do_no_harm(alice, headers):
    client = browser_of(alice)
    found = turns.start(conversation_id=uuid.uuid4(), author=alice, text="Hello").turn
    for path in ("/", "/chat/", "/chat/list/", f"/chat/{found.conversation_id}/"):
        assert client.get(path, headers=headers).status_code in {200, 302}
    assert lifecycle.exists(conversation_id=found.conversation_id, user=alice)
    assert client.post(f"/chat/{found.conversation_id}/delete/", headers=headers).status_code in {200, 302}


@pytest.mark.parametrize("key", ["\0" * 32, "x" * 31 + "\0", "x", "é" * 40, "' OR 1=1 --", "x" * 4000])
def test_a_session_that_nobody_has_is_nobody(client, key):
    client.cookies["sessionid"] = key
    assert client.get("/chat/").status_code == 302
    assert client.get("/").status_code == 200


FUZZ = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
dates = st.datetimes().map(lambda moment: moment.isoformat())
cursors = st.text(max_size=60) | st.builds(
    "{}~{}".format, dates | st.text(max_size=20), st.uuids() | st.text(max_size=9)
)


@given(cursor=cursors)
@FUZZ
def test_any_cursor_gives_a_list(page, talk, cursor):
    assert page.get("/chat/list/", {"before": cursor}).status_code == 200


@given(before=st.text(max_size=60) | st.uuids())
@FUZZ
def test_any_place_in_a_thread_is_found_or_not(page, talk, before):
    answer = page.get(f"/chat/{talk.conversation_id}/thread/", {"before": before})
    assert answer.status_code == (200 if before == "" else 404)


@given(
    fields=st.dictionaries(
        st.sampled_from(["text", "model", "client_id", "conversation_id", "x"]), st.text(max_size=80)
    )
)
@FUZZ
def test_any_form_is_answered(page, fields):
    assert page.post("/chat/", fields).status_code in {302, 404}
    assert page.get("/chat/").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://attacker.example/", "//attacker.example", "/\\attacker.example", "javascript:alert(1)", "http://["],
)
def test_no_page_leads_to_another_site(client, alice, target):
    page = browser_of(alice)
    answers = [
        client.get("/accounts/login/", {"next": target}),
        client.get("/accounts/signup/", {"next": target}),
        page.get("/accounts/login/", {"next": target}),
        page.get("/accounts/signup/", {"next": target}),
        page.post("/accounts/logout/", {"next": target}),
    ]
    for answer in answers:
        assert answer.status_code in {200, 302}
        assert "attacker" not in answer.headers.get("Location", "")
        assert "javascript" not in answer.headers.get("Location", "")
        assert f'href="{target}' not in answer.content.decode()
