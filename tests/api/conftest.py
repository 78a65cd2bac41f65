"""Programs of people, and conversations that they have had."""

import json
import uuid

import pytest
from django.test import Client

from accounts import tokens
from accounts.models import User
from conversations import turns
from conversations.models import Turn


class Program:
    """A program with the token of a person, or without any; an answer of 500 is an answer, not an exception."""

    def __init__(self, person: User | None = None):
        self.client = Client(raise_request_exception=False)
        self.headers = {}
        if person is not None:
            self.headers["authorization"] = f"Bearer {tokens.issue(user=person, client='test').access}"

    def get(self, path: str, query: dict | None = None, **headers):
        return self.client.get(f"/api/{path}", query, headers={**self.headers, **headers})

    def send(self, method: str, path: str, body=None, **headers):
        """Send a body as JSON, None as no body at all, bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        kind = headers.pop("content_type", "application/json")
        call = getattr(self.client, method)
        return call(f"/api/{path}", data=raw, content_type=kind, headers={**self.headers, **headers})

    def post(self, path: str, body=None, **headers):
        return self.send("post", path, body, **headers)

    def patch(self, path: str, body=None, **headers):
        return self.send("patch", path, body, **headers)

    def delete(self, path: str, **headers):
        return self.send("delete", path, **headers)


@pytest.fixture
def program(alice: User) -> Program:
    """Alice's program."""
    return Program(alice)


@pytest.fixture
def stranger(bob: User) -> Program:
    """Bob's program."""
    return Program(bob)


@pytest.fixture
def anonymous(db) -> Program:
    """A program without a token."""
    return Program()


def ask(author: User, conversation_id=None, text: str = "What is a tide?", **fields) -> Turn:
    """Return the open turn of a question."""
    return turns.start(conversation_id=conversation_id or uuid.uuid4(), author=author, text=text, **fields).turn


def finish(turn: Turn, text: str = "An answer.") -> Turn:
    """Return the turn, answered."""
    turn.messages.filter(role="assistant").update(text=text, status="complete")
    Turn.objects.filter(pk=turn.pk).update(
        status="completed", prompt_tokens=7, completion_tokens=3, usage_exact=True, first_token_ms=5, total_ms=50
    )
    turn.refresh_from_db()
    return turn


@pytest.fixture
def talk(alice: User) -> Turn:
    """A finished turn in a conversation of Alice's."""
    return finish(ask(alice))
