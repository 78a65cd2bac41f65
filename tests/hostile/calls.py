"""Every call of the API and of the protocols, with a body that it would take, and somebody who makes it."""

import json
import uuid
from dataclasses import dataclass, field, fields
from typing import Any

from django.test import Client
from django.urls import get_resolver, reverse

from tests.schema.conftest import Things
from tests.schema.routes import METHODS, ROUTES

# For these, the table of routes has no body, because there they are refused.
BODIES: dict[str, dict[str, Any]] = {
    "api_signup": {"email": "new@example.org", "password": "correct horse battery"},
    "api_login": {"email": "alice@example.org", "password": "correct horse battery"},
    "api_refresh": {"refresh_token": "x"},
    "api_password_reset": {"email": "alice@example.org"},
    "v1_completions": {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]},
    "v1_messages": {"model": "demo", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5},
    "v1_count_tokens": {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]},
}
# Ids of nothing.
NOTHING = Things(*(str(uuid.UUID(int=1)) for _ in fields(Things)))
UNSUPPORTED_TYPE = 415


@dataclass(frozen=True, slots=True)
class Call:
    """A method at an address."""

    name: str
    method: str
    body: dict[str, Any] = field(hash=False, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    @property
    def protocol(self) -> bool:
        """Whether it is one of OpenAI's or Anthropic's."""
        return self.name.startswith("v1_")

    @property
    def entrance(self) -> bool:
        """Whether it needs no credential, and looks at none."""
        return ROUTES[self.name].whose == "anybody"

    def path(self, things: Things) -> str:
        """Return where it is for these things."""
        names = set(get_resolver().reverse_dict.getlist(self.name)[0][0][0][1])
        return reverse(self.name, kwargs=things.fill(names)) + ROUTES[self.name].query


PAGES = {"api_docs", "api_redoc"}
CALLS = [
    Call(name, method, BODIES.get(name, route.body(method)))
    for name, route in ROUTES.items()
    if (name == "schema" or name.startswith(("api_", "v1_"))) and name not in PAGES
    for method in METHODS
    if method in route.answers
]
# Those that read JSON.
SENDING = [
    call
    for call in CALLS
    if call.method in {"POST", "PATCH"} and ROUTES[call.name].answers[call.method] != UNSUPPORTED_TYPE
]


def send(client: Client, call: Call, things: Things, body: Any = None, *, query: str = "", path: str = "", **headers):
    """Return the answer to a call: with its own body, or another one, bytes as they are."""
    kind = headers.pop("content_type", "application/json")
    raw = body if isinstance(body, bytes) else json.dumps(call.body if body is None else body).encode()
    where = (path or call.path(things)) + query
    if call.method in {"GET", "HEAD"}:
        return client.generic(call.method, where, headers=headers)
    return client.generic(call.method, where, raw, content_type=kind, headers=headers)


def code_of(answer) -> str:
    """Return the code of an error in whichever shape."""
    told = answer.json()
    error = told.get("error", told)
    return error.get("code") or error.get("details", {}).get("error_code")
