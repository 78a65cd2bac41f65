"""Every page of the chat, asked for by its owner, by somebody else and by nobody."""

import re
import uuid

import pytest
from django.test import Client

from accounts import people
from accounts.models import User
from conversations import turns
from conversations.models import Conversation, Turn
from tests.pages.conftest import browser_of, everything

pytestmark = pytest.mark.django_db

FORMS = {
    "ask": ("/chat/{conversation}/", {"text": "And then?"}),
    "rename": ("/chat/{conversation}/rename/", {"title": "Other"}),
    "delete": ("/chat/{conversation}/delete/", {}),
    "switch": ("/chat/{conversation}/switch/", {"turn": "{turn}"}),
    "stop": ("/turns/{turn}/stop/", {}),
    "retry": ("/turns/{turn}/retry/", {}),
    "edit": ("/turns/{turn}/edit/", {"text": "Otherwise"}),
    "ask from an empty chat": ("/chat/", {"conversation_id": "{conversation}", "text": "And then?"}),
}
READ = {
    "conversation": "/chat/{conversation}/",
    "thread": "/chat/{conversation}/thread/",
    "thread before": "/chat/{conversation}/thread/?before={turn}",
}
# Every visit gets its own.
NONCES = re.compile(rb'nonce="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def nowhere() -> Turn:
    """A turn and a conversation that do not exist."""
    return Turn(id=uuid.uuid4(), conversation_id=uuid.uuid4())


def filled(value, turn: Turn):
    """Return an address or the fields of a form with the ids in their places."""
    if isinstance(value, dict):
        return {name: filled(inner, turn) for name, inner in value.items()}
    return value.format(conversation=turn.conversation_id, turn=turn.pk)


def send(client: Client, form: str, turn: Turn, **headers):
    path, fields = FORMS[form]
    return client.post(filled(path, turn), filled(fields, turn), headers=headers)


@pytest.mark.parametrize("page", READ)
def test_the_owner_reads_every_page(alice, talk, page):
    answer = browser_of(alice).get(filled(READ[page], talk))
    assert answer.status_code == 200
    assert b"A secret answer" in answer.content


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("htmx", [False, True])
def test_the_owner_may_send_every_form(alice, talk, form, htmx):
    headers = {"HX-Request": "true"} if htmx else {}
    assert send(browser_of(alice), form, talk, **headers).status_code in {200, 302}


@pytest.mark.parametrize("page", [*READ, "chat", "list"])
@pytest.mark.parametrize("missing", [False, True])
def test_nobody_is_sent_to_the_sign_in_page_whether_it_exists_or_not(client, talk, nowhere, page, missing):
    path = {"chat": "/chat/", "list": "/chat/list/"} | READ
    path = filled(path[page], nowhere if missing else talk)
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/chat/")
    assert b"secret" not in answer.content


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("missing", [False, True])
def test_nobody_changes_anything(client, talk, nowhere, form, missing):
    before = everything()
    answer = send(client, form, nowhere if missing else talk)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/")
    assert everything() == before


@pytest.mark.parametrize("page", READ)
def test_a_stranger_reads_the_same_page_as_where_there_is_nothing(bob, talk, nowhere, page):
    client = browser_of(bob)
    theirs, nothing = (client.get(filled(READ[page], turn)) for turn in (talk, nowhere))
    assert theirs.status_code == nothing.status_code == 404
    assert NONCES.sub(b"", theirs.content) == NONCES.sub(b"", nothing.content)
    assert b"secret" not in theirs.content


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_stranger_changes_nothing(bob, talk, form, htmx):
    before = everything()
    answer = send(browser_of(bob), form, talk, **({"HX-Request": "true"} if htmx else {}))
    assert answer.status_code == 404
    assert b"secret" not in answer.content
    assert everything() == before


def test_a_strangers_list_is_empty(bob, talk):
    client = browser_of(bob)
    for path in ("/chat/", "/chat/list/", f"/chat/list/?current={talk.conversation_id}"):
        assert b"secret" not in client.get(path).content


def test_an_administrator_is_a_stranger_on_the_pages(talk):
    administrator = User.objects.create_superuser("root@example.org")
    assert browser_of(administrator).get(filled(READ["conversation"], talk)).status_code == 404


@pytest.mark.parametrize("form", ["switch", "thread"])
def test_a_turn_of_somebody_else_cannot_be_shown_in_a_conversation_of_ones_own(bob, talk, form):
    own = turns.start(conversation_id=uuid.uuid4(), author=bob, text="My own").turn
    Turn.objects.filter(pk=own.pk).update(status="completed")
    client, path = browser_of(bob), f"/chat/{own.conversation_id}/"
    before = everything()
    for turn in (talk.pk, uuid.uuid4(), "x", ""):
        if form == "switch":
            answer = client.post(f"{path}switch/", {"turn": turn})
        else:
            answer = client.get(f"{path}thread/?before={turn or 'x'}")
        assert answer.status_code == 404
        assert b"secret" not in answer.content
    assert everything() == before


def test_a_turn_of_another_conversation_of_ones_own_is_not_shown_in_this_one(alice, talk):
    other = turns.start(conversation_id=uuid.uuid4(), author=alice, text="Another").turn
    Turn.objects.filter(pk=other.pk).update(status="completed")
    client, path = browser_of(alice), f"/chat/{talk.conversation_id}/"
    assert client.get(f"{path}thread/?before={other.pk}").status_code == 404
    assert client.post(f"{path}switch/", {"turn": other.pk}).status_code == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/list/", *READ.values()])
def test_pages_know_no_other_methods(alice, talk, method, path):
    before = everything()
    answer = browser_of(alice).generic(method.upper(), filled(path, talk))
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert everything() == before


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("form", ["rename", "delete", "switch", "stop", "retry", "edit"])
def test_what_changes_something_is_done_by_post_only(alice, talk, form, method):
    before = everything()
    path, fields = FORMS[form]
    answer = browser_of(alice).generic(method.upper(), filled(path, talk), filled(fields, talk))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert everything() == before


@pytest.mark.parametrize("path", ["/", "/chat/list/", *READ.values()])
def test_a_page_may_be_asked_for_its_head(alice, talk, path):
    client = Client() if path == "/" else browser_of(alice)
    answer = client.head(filled(path, talk))
    assert answer.status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize("form", FORMS)
def test_a_form_without_its_token_changes_nothing(alice, talk, form):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = everything()
    answer = send(client, form, talk)
    assert answer.status_code == 403
    assert everything() == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b'{"text": "Forged"}'),
        ("application/json", b'{"text": "Forged"}'),
        ("application/x-www-form-urlencoded", b"text=Forged&csrfmiddlewaretoken=" + b"x" * 64),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
        ("", b"text=Forged"),
    ],
)
def test_a_form_of_another_site_changes_nothing(alice, talk, content_type, body):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = everything()
    answer = client.post(filled("/chat/{conversation}/", talk), body, content_type=content_type)
    assert answer.status_code == 403
    assert everything() == before


def test_even_with_its_token_a_form_from_another_origin_changes_nothing(alice, talk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get("/chat/")
    fields = {"text": "Forged", "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    path, before = filled("/chat/{conversation}/", talk), everything()
    for origin in ("https://attacker.example", "null", "http://[", "http://testserver.attacker.example"):
        assert client.post(path, fields, headers={"Origin": origin}).status_code == 403
    assert everything() == before
    assert client.post(path, fields, headers={"Origin": "http://testserver"}).status_code == 302


@pytest.mark.parametrize("verb", ["deactivate", "sign_out_everywhere"])
def test_whoever_is_turned_out_is_so_at_their_next_step(alice, talk, verb):
    client = browser_of(alice)
    assert client.get("/chat/").status_code == 200
    getattr(people, verb)(user=alice)
    before = everything()
    assert client.get("/chat/").status_code == 302
    assert send(client, "ask", talk)["Location"].startswith("/accounts/login/")
    assert everything() == before


def test_a_token_does_not_open_a_page(client, alice, talk):
    answer = client.get(filled(READ["conversation"], talk), headers={"Authorization": "Bearer x", "X-Api-Key": "x"})
    assert answer.status_code == 302


def test_fields_that_a_form_does_not_have_set_nothing(alice, bob):
    new_id = uuid.uuid4()
    forged = {
        "owner": bob.pk,
        "owner_id": bob.pk,
        "author": bob.pk,
        "status": "completed",
        "id": uuid.uuid4(),
        "created_at": "1999-01-01",
        "role": "system",
        "instructions": "Be evil",
        "pinned": "on",
        "worker": "mine",
        "is_staff": "on",
    }
    asked = browser_of(alice).post("/chat/", {"conversation_id": new_id, "text": "Honest"} | forged)
    assert asked["Location"] == f"/chat/{new_id}/"
    conversation = Conversation.objects.get()
    turn = conversation.turns.get()
    assert (conversation.pk, conversation.owner, conversation.status) == (new_id, alice, "active")
    assert (conversation.instructions, conversation.pinned, conversation.created_at.year > 2000) == ("", False, True)
    assert (turn.author, turn.status, turn.worker) == (alice, "queued", "")
    assert [message.role for message in turn.messages.all()] == ["user", "assistant"]
    alice.refresh_from_db()
    assert not alice.is_staff
