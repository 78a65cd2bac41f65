"""Every address × everybody who may come by × every method: who is answered what, and that nothing changes hands."""

import copy
import json
import re
import uuid
from dataclasses import MISSING, fields

import pytest
from django.db import transaction
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from conversations import lifecycle
from conversations.models import Conversation
from tests.schema.conftest import Things, kept
from tests.schema.routes import ACCOUNT_PAGES, METHODS, NOWHERE, ROUTES, Route, found

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]

VISITORS = ["nobody", "stranger", "staff", "owner"]
# Alice's question, answer and key; a search tells its finds in pieces.
SECRETS = re.compile(rb"A secret|\"secret\"")
SAFE = {"GET", "HEAD", "OPTIONS"}


def names_in(name: str) -> set[str]:
    """Return the names of the ids that an address asks for."""
    return set(get_resolver().reverse_dict.getlist(name)[0][0][0][1])


def send(visitor: Client, name: str, method: str, things: Things):
    """Return the answer to a method at the address of a thing, with the body that its route has."""
    # Each time anew: signing out takes the cookie away.
    client = copy.deepcopy(visitor)
    path = reverse(name, kwargs=things.fill(names_in(name))) + ROUTES[name].query
    body = ROUTES[name].body(method)
    if method in SAFE:
        return client.generic(method, path)
    if path.startswith(("/api/", "/v1/")):
        return client.generic(method, path, json.dumps(body), content_type="application/json")
    if name == "switch":
        body = {"turn": things.turn_id}
    return client.post(path, body) if method == "POST" else client.generic(method, path)


def expected(name: str, route: Route, visitor: str, method: str) -> int:
    """Return the status that this visitor is answered."""
    status = route.status(method)
    if visitor == "nobody" and route.whose in {"theirs", "mine"}:
        program = name == "schema" or name.startswith(("api_", "v1_")) and name not in {"api_docs", "api_redoc"}
        return 401 if program else 302
    if route.whose == "newcomer's" and visitor != "nobody" and status == 200:
        return 302
    # What a call is, as OPTIONS tells it, is the same for everybody.
    if route.whose == "theirs" and visitor != "owner" and status != 405 and method != "OPTIONS":
        return 404
    return status


def content(answer) -> bytes:
    """Return the body of an answer; a stream is not read: whoever gets one has been let in already."""
    return b"" if isinstance(answer, StreamingHttpResponse) else answer.content


def test_every_address_has_its_line_and_every_line_its_address():
    assert {name for _, name in found()} == set(ROUTES) | ACCOUNT_PAGES | NOWHERE


@pytest.mark.parametrize("name", ROUTES)
def test_everybody_is_answered_as_the_table_says_and_nobody_gets_what_is_somebody_elses(name, visitors, things):
    route, before = ROUTES[name], kept()
    for visitor in VISITORS:
        answered = {}
        for method in METHODS:
            with transaction.atomic():
                answer = send(visitors[visitor], name, method, things)
                answered[method] = answer.status_code
                # Whoever it does not belong to changes nothing: nothing has to be taken back.
                if visitor == "owner" or route.whose != "theirs":
                    transaction.set_rollback(True)
            assert visitor == "owner" or not SECRETS.search(content(answer)), (visitor, method)
        assert answered == {method: expected(name, route, visitor, method) for method in METHODS}, visitor
    assert kept() == before


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.whose == "theirs"])
def test_what_a_call_is_does_not_tell_whether_its_thing_is_there(name, visitors, things):
    nothing = Things(*(str(uuid.uuid4()) for each in fields(Things) if each.default is MISSING))
    theirs, missing = (send(visitors["stranger"], name, "OPTIONS", each) for each in (things, nothing))
    assert (theirs.status_code, content(theirs)) == (missing.status_code, content(missing))


def test_what_was_deleted_is_found_at_no_address(visitors, things):
    lifecycle.delete(conversation=Conversation.objects.get())
    # Keys, tags, prompts and signed-in browsers are no part of a conversation, and what brings it back is found on
    # purpose.
    others = {"api_key", "account_key_revoke", "api_tag-detail", "tag", "api_conversation-restore"}
    others |= {"api_preset", "preset", "preset_delete", "settings_browser_end", "settings_sign_in_end"}
    of_the_file = {name for name in ROUTES if names_in(name) == {"attachment_id"}}
    for name in [name for name, route in ROUTES.items() if route.whose == "theirs" and name not in others]:
        for method in METHODS:
            if ROUTES[name].status(method) in {404, 405} or method == "OPTIONS":
                continue
            with transaction.atomic():
                status = send(visitors["owner"], name, method, things).status_code
                transaction.set_rollback(True)
            # Her file was not sent in it.
            assert (status == 404) is (name not in of_the_file), (name, method)
    for name in ("api_conversation-list", "api_search", "chats", "chat"):
        assert b"A secret question" not in content(send(visitors["owner"], name, "GET", things))


def test_the_owner_does_see_what_is_secret(visitors, things):
    seen = {name for name in ROUTES if SECRETS.search(content(send(visitors["owner"], name, "GET", things)))}
    readable = {"api_conversation-detail", "api_messages", "api_history", "conversation", "thread", "api_key"}
    assert seen >= readable | {
        "summary",
        "api_summary",
        "api_events",
        "api_attachment",
        "api_attachment_text",
        "api_search",
        "api_keys",
        "account_keys",
        "account_key_revoke",
    }
