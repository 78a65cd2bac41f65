"""People, and the things that one of them has."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from accounts import keys, tokens
from accounts.models import BrowserSession, User
from conversations import presets, shares, tags
from conversations.models import Summary
from conversations.summaries import measure
from tests.pages.conftest import browser_of, plain_static_files, talk  # noqa: F401
from tests.support.files import attach

# What everybody leaves behind by coming and going, and what is the same in every installation.
UNCOUNTED = {"sessions.Session", "contenttypes.ContentType", "auth.Permission"}


@dataclass(frozen=True, slots=True)
class Things:
    """The ids of what Alice has, by the names that addresses have for them."""

    conversation_id: str
    turn_id: str
    message_id: str
    key_id: str
    attachment_id: str
    tag_id: str
    link_id: str
    preset_id: str
    browser_id: str
    sign_in_id: str
    token: str = "a-link-that-nobody-has"
    model_id: str = "demo"

    def fill(self, names: set[str]) -> dict[str, str]:
        """Return those that an address asks for."""
        return {name: getattr(self, name) for name in names}


@pytest.fixture
def things(alice: User, talk, kept_files) -> Things:  # noqa: F811
    """What Alice has."""
    key, _ = keys.make(user=alice, name="A secret key", scopes=["read"])
    attachment = attach(alice, text="A secret passage", name="A secret name.txt")
    Summary.objects.create(
        conversation_id=talk.conversation_id,
        number=1,
        text="A secret summary",
        metrics=measure(talk.conversation).figures,
        state="ready",
        start_time=talk.created_at,
        end_time=talk.created_at,
        written_at=talk.created_at,
    )
    return Things(
        conversation_id=str(talk.conversation_id),
        turn_id=str(talk.pk),
        message_id=str(talk.messages.get(role="assistant").pk),
        key_id=str(key.pk),
        attachment_id=str(attachment.pk),
        tag_id=str(tags.make(owner=alice, name="A secret tag").pk),
        preset_id=str(presets.make(owner=alice, name="A secret prompt", text="A secret {{topic}}").pk),
        browser_id=str(signed_in_elsewhere(alice).pk),
        sign_in_id=str(tokens.read(raw=tokens.issue(user=alice).access, kind=AccessToken).sign_in_id),
        link_id=str(shares.make(conversation=talk.conversation, owner=alice)[0].pk),
    )


def signed_in_elsewhere(person: User) -> BrowserSession:
    """Return another browser in which somebody is signed in."""
    session = Session.objects.create(
        session_key=uuid.uuid4().hex, session_data="", expire_date=timezone.now() + timedelta(days=1)
    )
    return BrowserSession.objects.create(
        user=person, session_key=session.session_key, fingerprint=person.fingerprint, client="A secret browser"
    )


@pytest.fixture
def visitors(alice: User, bob: User) -> dict[str, Client]:
    """A browser for everybody who may come by."""
    staff = User.objects.create_user("staff@example.org", is_staff=True)
    return {
        "nobody": Client(raise_request_exception=False),
        "stranger": browser_of(bob),
        "staff": browser_of(staff),
        "owner": browser_of(alice),
    }


@pytest.fixture
def one_connection(monkeypatch):
    """Async calls ask the database as this test does, which has rows that nobody else sees yet."""

    async def in_database(function, *arguments, **options):
        return await sync_to_async(function, thread_sensitive=True)(*arguments, **options)

    monkeypatch.setattr("chatsite.async_api.in_database", in_database)


def kept() -> dict[str, list]:
    """Return every row of every table."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.label not in UNCOUNTED]
    return {model._meta.label: sorted(map(str, model._base_manager.values_list())) for model in models}
