"""What was condensed and how tokens are counted is looked at in the admin: figures, and no words of people."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from conversations.models import Calibration, ContextDigest, Conversation, Turn
from tests.pages.conftest import browser_of, plain_static_files, talk  # noqa: F401

pytestmark = pytest.mark.django_db

DIGESTS = "/admin/conversations/contextdigest/"
CALIBRATIONS = "/admin/conversations/calibration/"


@pytest.fixture
def admin() -> Client:
    return browser_of(User.objects.create_user("root@example.org", is_staff=True, is_superuser=True))


@pytest.fixture
def digest(talk: Turn) -> ContextDigest:  # noqa: F811
    Conversation.objects.update(title="A secret title")
    return condensed(talk)


def condensed(turn: Turn, version: int = 1) -> ContextDigest:
    return ContextDigest.objects.create(
        conversation_id=turn.conversation_id,
        through=turn,
        version=version,
        text="Person: a secret name.",
        facts=[[4, "user", "A secret fact."]],
        turns=3,
        messages=6,
        tokens=345,
        by="model",
        model="ollama/fast",
    )


@pytest.fixture
def calibration() -> Calibration:
    return Calibration.objects.create(model="ollama/fast", ratio=1.25, samples=7)


def test_a_digest_is_seen_without_what_it_says(admin, digest):
    for address in (DIGESTS, f"{DIGESTS}{digest.pk}/change/"):
        html = admin.get(address).content.decode()
        for figure in (str(digest.conversation_id), str(digest.through_id), "ollama/fast", "345"):
            assert figure in html
        assert "secret" not in html.lower()
    assert "0 context digests" in admin.get(f"{DIGESTS}?by__exact=extract").content.decode()


def test_as_many_queries_list_many_digests_as_one(admin, digest):
    counts = []
    for versions in ((), range(2, 12)):
        for version in versions:
            condensed(digest.through, version)
        with CaptureQueriesContext(connection) as captured:
            admin.get(DIGESTS)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_calibration_is_seen(admin, calibration):
    for address in (f"{CALIBRATIONS}?q=fast", f"{CALIBRATIONS}{calibration.pk}/change/"):
        html = admin.get(address).content.decode()
        assert "ollama/fast" in html
        assert "1.25" in html
    assert "0 calibrations" in admin.get(f"{CALIBRATIONS}?q=other").content.decode()


def test_neither_is_made_changed_or_deleted_there(admin, digest, calibration):
    for address, row in ((DIGESTS, digest), (CALIBRATIONS, calibration)):
        before = type(row).objects.values().get()
        changes = {"model": "other", "ratio": 3, "samples": 1, "tokens": 1, "version": 2, "by": "extract"}
        assert admin.get(f"{address}add/").status_code == 403
        assert admin.post(f"{address}add/", changes).status_code == 403
        assert admin.post(f"{address}{row.pk}/change/", changes).status_code == 403
        assert admin.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        admin.post(address, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
        assert type(row).objects.values().get() == before


def test_staff_see_what_they_were_given_to_see(digest, calibration):
    viewer = User.objects.create_user("viewer@example.org", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_calibration"))
    client = browser_of(viewer)
    assert client.get(CALIBRATIONS).status_code == 200
    assert client.get(DIGESTS).status_code == 403
