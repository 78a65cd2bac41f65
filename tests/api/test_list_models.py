"""Listing the models that can be asked."""

import pytest

from conversations import models_offered
from llm.catalog import Listing
from llm.values import Model

pytestmark = pytest.mark.django_db


def test_each_model_tells_what_it_can_do(program, monkeypatch):
    vision = Model(
        id="ollama/eye",
        name="eye",
        provider="ollama",
        capabilities=frozenset({"vision", "tools"}),
        context_length=32_768,
        window=8192,
    )
    plain = Model(id="openai/plain", name="plain", provider="openai")
    listing = Listing(models=(vision, plain), default="ollama/eye")
    monkeypatch.setattr(models_offered, "listing", lambda: listing)
    assert program.get("chat/models/").json() == {
        "models": [
            {
                "id": "ollama/eye",
                "name": "eye",
                "provider": "ollama",
                "title": "",
                "capabilities": ["tools", "vision"],
                "context_length": 32_768,
                "window": 8192,
            },
            {
                "id": "openai/plain",
                "name": "plain",
                "provider": "openai",
                "title": "",
                "capabilities": [],
                "context_length": None,
                "window": None,
            },
        ],
        "default": "ollama/eye",
    }


def test_none_are_known_where_no_server_runs(program):
    assert program.get("chat/models/").json() == {"models": [], "default": None}


def test_they_are_for_people_who_are_signed_in(anonymous):
    assert anonymous.get("chat/models/").status_code == 401
