"""People with browsers, and a conversation that one of them has had."""

import uuid

import pytest
from django.core import serializers
from django.test import Client

from accounts.models import User
from conversations import turns
from conversations.models import Conversation, Message, Turn


@pytest.fixture(autouse=True)
def plain_static_files(settings, tmp_path):
    """Pages name their style sheets without a build."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def talk(alice: User) -> Turn:
    """A finished turn in a conversation of Alice's."""
    turn = turns.start(conversation_id=uuid.uuid4(), author=alice, text="A secret question").turn
    turn.messages.filter(role="assistant").update(text="A secret answer", status="complete")
    Turn.objects.filter(pk=turn.pk).update(status="completed")
    turn.refresh_from_db()
    return turn


def browser_of(person: User) -> Client:
    """Return a browser in which this person is signed in; a fault is an answer of 500 in it, not an exception."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def everything() -> str:
    """Return all that is kept, to the letter."""
    rows = [*Conversation.objects.order_by("pk"), *Turn.objects.order_by("pk"), *Message.objects.order_by("pk")]
    return serializers.serialize("json", rows)
