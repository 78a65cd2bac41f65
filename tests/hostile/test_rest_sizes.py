"""Calls that are larger, longer or more than anybody means: refused, or answered as quickly as small ones."""

import time
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import tokens
from conversations.models import Conversation, Turn

pytestmark = pytest.mark.django_db

VERSIONS = 1_000
SLOW_SECONDS = 1.0


@pytest.fixture
def program(alice) -> Client:
    """Alice's program."""
    token = tokens.issue(user=alice).access
    return Client(raise_request_exception=False, headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def versions(talk: Turn) -> Turn:
    """A question that was asked again and again, a thousand times."""
    names = [each.attname for each in Turn._meta.concrete_fields if each.name not in {"id", "client_id"}]
    fields = {name: getattr(talk, name) for name in names}
    Turn.objects.bulk_create([Turn(**fields) for _ in range(VERSIONS)])
    Conversation.objects.filter(pk=talk.conversation_id).update(leaf=talk)
    return talk


@pytest.mark.parametrize("path", ["conversations/{id}/", "conversations/{id}/messages/"])
def test_a_thousand_versions_of_a_question_are_read_as_quickly_as_one(program, talk, path, request):
    address = f"/api/{path.format(id=talk.conversation_id)}"
    with CaptureQueriesContext(
        connection,
    ) as few:
        program.get(address)
    request.getfixturevalue("versions")
    began = time.process_time()
    with CaptureQueriesContext(connection) as many:
        answer = program.get(address)
    assert time.process_time() - began < SLOW_SECONDS
    assert len(many) == len(few)
    assert len(answer.json()["messages"]) == 2


def test_the_page_of_a_thousand_versions_is_quick(alice, versions):
    browser = Client()
    browser.force_login(alice)
    browser.get("/chat/")
    began = time.process_time()
    assert browser.get(f"/chat/{versions.conversation_id}/").status_code == 200
    assert time.process_time() - began < SLOW_SECONDS


def test_a_turn_is_never_before_itself(program, talk):
    """However a program names parents, the tree has no circle: each turn is made after its parent."""
    again = program.post(f"/api/turns/{talk.pk}/edit/", {"text": "Otherwise"}, content_type="application/json").json()
    answer = program.post(
        f"/api/conversations/{talk.conversation_id}/turns/",
        {"text": "x", "parent": again["turn"]["id"]},
        content_type="application/json",
    )
    assert answer.status_code == 409
    for body in ({"parent": str(talk.pk)}, {"depth": 0}, {"turn": str(talk.pk)}):
        changed = program.patch(f"/api/conversations/{talk.conversation_id}/", body, content_type="application/json")
        assert changed.json()["code"] == "unknown_field"


@pytest.mark.parametrize("name", ["field{}", "message"])
def test_a_form_of_a_thousand_and_one_fields_is_not_read(program, name):
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name.format(number)}"\r\n\r\n1\r\n' for number in range(1_001)
    )
    answer = program.post(
        "/api/chat/stream/", f"{parts}--x--\r\n".encode(), content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "y" * 5000]
)
@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n", b"\xff" * 5000])
def test_a_form_that_is_none_is_not_read(program, kind, body):
    answer = program.post("/api/chat/stream/", body, content_type=kind)
    assert answer.status_code == 400, answer.content
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("number", ["0", "-1", "1e9", "1000000000", "9" * 400, "٣", "1.5", "0x10", " 5", "+5", "null"])
@pytest.mark.parametrize("path", ["conversations/", "conversations/{id}/messages/", "chat/history/{id}/", "search/"])
def test_every_list_has_a_hundred_at_most(program, talk, path, number):
    query = {"page_size": number, **({"q": "secret"} if path == "search/" else {})}
    answer = program.get(f"/api/{path.format(id=talk.conversation_id)}", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_pagination")


NOBODYS = uuid.UUID(int=7)


@pytest.mark.parametrize("cursor", ["", "x", "before-", f"after-{NOBODYS}", "9" * 400, "b2xkZXI=", "' OR 1=1--"])
@pytest.mark.parametrize("path", ["conversations/", "conversations/{id}/messages/", "chat/history/{id}/", "search/"])
def test_a_forged_cursor_leads_nowhere(program, talk, path, cursor):
    query = {"cursor": cursor, **({"q": "secret"} if path == "search/" else {})}
    answer = program.get(f"/api/{path.format(id=talk.conversation_id)}", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_pagination")
