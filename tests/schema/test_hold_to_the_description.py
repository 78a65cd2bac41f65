"""Every call of the description, sent all kinds of things: no fault of ours, and each answer is one that it names."""

import copy
import os
import random
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from chatsite.reference import document
from tests.durability.site import wait_for_models
from tests.fake_model import spawn
from tests.support.client import sign_up
from tests.support.server import Server

pytestmark = pytest.mark.process

# More for a long look: see docs/development.md.
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "6"))
MODEL = "ollama/fast"
# So often what is asked for does exist; without it hardly a call would come further than 404.
KNOWN_SHARE = 0.8
CONFIG = {
    # A stream of a conversation never ends by itself.
    "max-stream-events": 1,
    "request-timeout": 20,
    # Who asks is said by the test.
    "generation": {"with-security-parameters": False, "deterministic": True},
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
LIMITS = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


described = schemathesis.openapi.from_dict(copy.deepcopy(document()), config=schemathesis.Config.from_dict(CONFIG))


class House:
    """A running site, somebody with a key, and things of theirs; made anew when a call has taken them away."""

    def __init__(self, server: Server):
        self.url = server.url
        token = sign_up(server.url)
        self.client = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self.credential = {"Authorization": f"Bearer {self.make_key()['key']}"}
        self.dice = random.Random(1)
        self.things: dict[str, str] = {}

    def make_key(self) -> dict:
        """Return a new key that may do everything."""
        fields = {"name": "A script", "scopes": ["read", "chat", "admin"]}
        return self.client.post("/api/auth/keys/", json=fields).raise_for_status().json()

    def known(self, name: str) -> str:
        """Return what there is for a part of an address; it is made when it is first asked for."""
        if name == "model_id":
            return MODEL
        if name not in self.things:
            if name == "key_id":
                self.things[name] = self.make_key()["id"]
            elif name == "attachment_id":
                file = {"file": ("note.txt", b"The lease ends in May.", "text/plain")}
                self.things[name] = self.client.post("/api/attachments/", files=file).raise_for_status().json()["id"]
            elif name == "tag_id":
                made = self.client.post("/api/tags/", json={"name": f"Tag {uuid.uuid4()}"})
                self.things[name] = made.raise_for_status().json()["id"]
            elif name == "preset_id":
                made = self.client.post(
                    "/api/presets/", json={"name": f"Prompt {uuid.uuid4()}", "text": "Say {{what}}"}
                )
                self.things[name] = made.raise_for_status().json()["id"]
            elif name == "link_id":
                shared = f"/api/conversations/{self.known('conversation_id')}/shares/"
                # An answer has to be whole before it is shared.
                while (made := self.client.post(shared, json={})).status_code == 409:
                    time.sleep(0.1)
                self.things[name] = made.raise_for_status().json()["id"]
            else:
                asked = self.client.post(f"/api/conversations/{uuid.uuid4()}/turns/", json={"text": "Hello tokens=3"})
                said = asked.raise_for_status().json()
                turn = said["turn"]
                self.things |= {"turn_id": turn["id"], "conversation_id": turn["conversation"]}
                self.things["message_id"] = said["answer"]["id"]
        return self.things[name]

    def make_real(self, case: schemathesis.Case) -> None:
        """Put what exists in the place of what does not, most of the time."""
        if self.dice.random() > KNOWN_SHARE:
            return
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self.known(name)
        named = case.body.get("model") if isinstance(case.body, dict) else None
        # What cannot be a model at all is to be refused.
        if isinstance(named, str) and 0 < len(named) <= 200:
            case.body["model"] = MODEL


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    """A real server on SQLite with a fake model."""
    with spawn() as url:
        server = Server(folder=tmp_path_factory.mktemp("schema"), OLLAMA_BASE_URL=url, LOG_LEVEL="ERROR")
        try:
            server.start("--no-jobs")
            wait_for_models(server)
            yield House(server)
            assert "Traceback" not in server.log.read_text()
        finally:
            server.close()


@described.parametrize()
@LIMITS
def test_whoever_has_a_key_is_answered_as_described(case, house: House):
    house.make_real(case)
    answer = case.call_and_validate(base_url=house.url, headers=house.credential, checks=CHECKS)
    if case.method == "DELETE" and answer.status_code == 204:
        house.things.clear()


@given(data=st.data())
@settings(LIMITS, max_examples=3)
def test_nobody_is_answered_as_described(data, house: House):
    for each in described.get_all_operations():
        case = data.draw(each.ok().as_strategy())
        for name in case.path_parameters or {}:
            case.path_parameters[name] = house.known(name)
        answer = case.call_and_validate(base_url=house.url, checks=CHECKS)
        if {} not in case.operation.definition.raw["security"]:
            assert answer.status_code == 401
